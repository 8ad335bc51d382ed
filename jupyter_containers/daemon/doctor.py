"""The doctor: what this host allows, what each lack costs, and how to mend it. Needs no daemon."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from jupyter_containers.linux.features import Feature, probe

# Without one of these no container starts; what else is lacking only takes something away.
ESSENTIAL = frozenset({"root", "namespaces", "overlay", "openat2", "open_tree", "pidfd"})


def main(arguments: Sequence[str]) -> int:
    """Print the findings; return 0 when containers can run here, 1 when something essential is lacking."""
    parser = argparse.ArgumentParser(prog="jupyter-containers doctor", description=__doc__)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default text)")
    options = parser.parse_args(arguments)
    features = probe()
    print(json.dumps(as_json(features), indent=2) if options.format == "json" else as_text(features))
    return 1 if lacking(features) else 0


def lacking(features: Sequence[Feature]) -> list[Feature]:
    """Return the essential features that are not there."""
    return [feature for feature in features if feature.name in ESSENTIAL and not feature.available]


def as_json(features: Sequence[Feature]) -> dict[str, object]:
    """Return the findings as JSON values: the form that notebooks draw."""
    return {
        "canRun": not lacking(features),
        "features": [asdict(feature) | {"essential": feature.name in ESSENTIAL} for feature in features],
    }


def as_text(features: Sequence[Feature]) -> str:
    """Return the findings as lines: a mark and a name, and below it what is wrong and what to do."""
    width = max(len(feature.name) for feature in features)
    lines = []
    for feature in features:
        if feature.available:
            lines.append(f"yes  {feature.name}")
            continue
        mark = "NO  " if feature.name in ESSENTIAL else "no  "
        lines.append(f"{mark} {feature.name:<{width}}  {feature.reason}")
        for word, text in (("cost", feature.cost), ("mend", feature.remedy)):
            lines += textwrap.wrap(f"{word}: {text}", 110, initial_indent=" " * 9, subsequent_indent=" " * 15)
    missing = ", ".join(feature.name for feature in lacking(features))
    lines.append(f"Containers cannot run here: lacking {missing}." if missing else "Containers can run here.")
    return "\n".join(lines)
