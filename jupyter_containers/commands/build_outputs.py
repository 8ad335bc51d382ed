"""The options of build that say where its result goes, named as buildx's."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from jupyter_containers.client import build_outputs
from jupyter_containers.client.build_outputs import STDOUT, Output, replacing
from jupyter_containers.client.build_reader import ImageBuilt
from jupyter_containers.commands.command import Argument, Takes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import InvalidParameter

_ANNOTATED = frozenset({"image", "registry", "docker", "oci"})
_ANNOTATION = re.compile(r"(?:(manifest|index|manifest-descriptor|index-descriptor)(\[[^\]]*\])?:)?([^=]+)=(.*)", re.S)

OUTPUTS = (
    Argument(("-o", "--output"), "where the result goes: a folder; - for a tar; or type=local, tar, oci, docker, "
             "image or registry, with dest=PATH, name=NAME … (repeatable)", Takes.EACH, "DEST"),
    Argument(("--push",), "push the image by its names, as type=registry", Takes.NOTHING),
    Argument(("--load",), "keep the image with the daemon, also beside other outputs", Takes.NOTHING),
    Argument(("--annotation",), "annotate the image's manifest", Takes.EACH, "NAME=VALUE"),
    Argument(("--iidfile",), "write the image's id to a file", metavar="FILE"),
    Argument(("--metadata-file",), "write what was built to a file, as JSON", metavar="FILE"),
    Argument(("--provenance",), "only false: there are no attestations", metavar="false"),
    Argument(("--sbom",), "only false: there are no attestations", metavar="false"),
)  # fmt: skip


def outputs(session: Session, options: Namespace) -> tuple[Output, ...]:
    """Return where the result goes. Raises UsageError, InvalidParameter."""
    for name in ("provenance", "sbom"):
        if getattr(options, name) not in (None, "false", "0"):
            raise UsageError(f"build: attestations are not supported; leave --{name} out or say --{name}=false")
    found = [build_outputs.parse(text).below(session.folder) for text in options.output]
    build_outputs.check(found)
    if session.is_magic and any(output.destination == STDOUT for output in found):
        raise UsageError("build: a cell has no standard output for a tar; give a file, as in -o type=tar,dest=FILE")
    if options.push:
        found = _pushed(found)
    if options.load and not any(output.kind in ("image", "registry") for output in found):
        found.append(Output("image"))
    return tuple(_annotated(found, options.annotation))


def _pushed(found: list[Output]) -> list[Output]:
    if not found:
        return [Output("registry")]
    if not any(output.kind in ("image", "registry") for output in found):
        raise UsageError("build: --push and these outputs cannot be used together; add -o type=registry")
    return [
        replace(output, attributes={**output.attributes, "push": "true"}) if output.kind == "image" else output
        for output in found
    ]


def _annotated(found: list[Output], texts: list[str]) -> list[Output]:
    if not texts:
        return found
    added = dict(map(_annotation, texts))
    found = found or [Output("image")]
    if not any(output.kind in _ANNOTATED for output in found):
        raise UsageError("build: annotations belong to an image, and no output is one; add -o type=image")
    return [
        replace(output, attributes={**output.attributes, **added}) if output.kind in _ANNOTATED else output
        for output in found
    ]


def _annotation(text: str) -> tuple[str, str]:
    """Return the attribute that stands for `NAME=VALUE` or `manifest:NAME=VALUE`. Source: buildx, --annotation."""
    match = _ANNOTATION.fullmatch(text)
    if match is None:
        raise UsageError(f"build: invalid annotation {text!r}: expected NAME=VALUE")
    kind, platform, name, value = match.groups()
    if kind not in (None, "manifest") or platform:
        raise UsageError(f"build: annotation {text!r}: only the manifest can be annotated; write NAME=VALUE")
    return f"annotation.{name}", value


def write_files(session: Session, options: Namespace, built: ImageBuilt) -> None:
    """Write --iidfile and --metadata-file, if they were asked for. Raises ContainersError."""
    if options.iidfile:
        _write(session.folder / options.iidfile, built.image_id)
    if options.metadata_file:
        _write(session.folder / options.metadata_file, json.dumps(metadata(built), indent=2) + "\n")


_INDEXES = frozenset({"application/vnd.oci.image.index.v1+json"})


def metadata(built: ImageBuilt) -> dict[str, object]:
    """Return what was built under buildx's keys."""
    told: dict[str, object] = {}
    if built.descriptor.get("mediaType") not in _INDEXES:
        told["containerimage.config.digest"] = built.image_id
    if built.descriptor:
        told["containerimage.descriptor"] = built.descriptor
        told["containerimage.digest"] = built.descriptor.get("digest", "")
    if built.names:
        told["image.name"] = ",".join(built.names)
    return told


def _write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode())


def check_files(session: Session, options: Namespace) -> None:
    """Refuse files that could not be written after a long build. Raises InvalidParameter."""
    for name in ("iidfile", "metadata_file"):
        path = getattr(options, name)
        if path and not (session.folder / path).parent.is_dir():
            raise InvalidParameter(f"--{name.replace('_', '-')} {path}: there is no such folder")
