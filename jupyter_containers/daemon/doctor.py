"""The doctor: what this host allows, what each lack costs, and how to mend it. Needs no daemon."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from jupyter_containers.daemon.configuration import data_root
from jupyter_containers.errors import ContainersError
from jupyter_containers.linux.features import Feature, probe

# Without one of these no container starts; what else is lacking only takes something away.
ESSENTIAL = frozenset({"root", "namespaces", "overlay", "openat2", "open_tree", "pidfd"})


def main(arguments: Sequence[str]) -> int:
    """Print the findings; return 0 when containers can run here, 1 when something essential is lacking."""
    parser = argparse.ArgumentParser(prog="jupyter-containers doctor", description=__doc__)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default text)")
    add = parser.add_argument
    add("--storage", action="store_true", help="look for damage in the store of images, containers and volumes")
    add("--repair", action="store_true", help="mend what --storage finds; without it nothing is changed")
    add("--deep", action="store_true", help="let --storage compare each unpacked layer with its blob, too")
    add("--data-root", type=Path, metavar="PATH", help="which store (default: that of this user's daemon)")
    options = parser.parse_args(arguments)
    if options.storage:
        return _examine_storage(options)
    if options.repair or options.deep or options.data_root:
        parser.error("--repair, --deep and --data-root go together with --storage")
    features = probe()
    print(json.dumps(as_json(features), indent=2) if options.format == "json" else as_text(features))
    return 1 if lacking(features) else 0


def _examine_storage(options: argparse.Namespace) -> int:
    """Print what is wrong with a store; return 0 when nothing is any more, 1 else."""
    # Its rooms are large, and the other examination needs none of them.
    from jupyter_containers.daemon.storage import doctor as storage

    try:
        data = options.data_root.absolute() if options.data_root else data_root()
        outcomes = storage.examine(data, repair=options.repair, deep=options.deep)
    except ContainersError as error:
        if options.format == "json":
            print(json.dumps({"error": error.message}))
        print(f"jupyter-containers doctor: {error.message}", file=sys.stderr)
        return 1
    if options.format == "json":
        print(json.dumps(storage.as_json(data, outcomes), indent=2))
    else:
        print(storage.as_text(data, outcomes, repair=options.repair))
    return 0 if storage.is_sound(outcomes) else 1


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
