"""Outputs of a build as people write them (`-o`), and how their bytes come to where they were wanted."""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from jupyter_containers.client.extraction import extract
from jupyter_containers.errors import ContainersError, InvalidParameter

STDOUT = "-"
_FOLDERS = frozenset({"local"})
_FILES = frozenset({"tar", "oci", "docker"})
_IN_STORE = frozenset({"image", "registry"})


@dataclass(frozen=True, slots=True)
class Output:
    """`kind` is BuildKit's word: image, registry, docker, oci, local or tar. `attributes` are for the daemon.

    `destination` is a path of this machine, `-` for standard output; "" for what stays with the daemon. `is_folder`:
    what comes is unpacked there.
    """

    kind: str
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    destination: str = ""
    is_folder: bool = False

    @property
    def is_fetched(self) -> bool:
        """Whether bytes come to this machine."""
        return bool(self.destination)

    @property
    def form(self) -> str:
        """The form in which the daemon hands it out."""
        return "tar" if self.kind == "local" else self.kind

    def to_wire(self) -> dict[str, object]:
        return {"Type": self.kind, "Attrs": dict(self.attributes)}

    def below(self, folder: Path) -> Output:
        """Return this with a relative destination taken from a folder."""
        if self.destination in ("", STDOUT):
            return self
        return replace(self, destination=os.path.normpath(folder / os.path.expanduser(self.destination)))


# What every daemon does with an image.
STORED = Output("image")


def parse(text: str) -> Output:
    """Read `type=local,dest=out`, or a folder alone, or `-` for a tar on standard output. Raises InvalidParameter.

    Source: buildx, util/buildflags/export.go.
    """
    fields = next(csv.reader([text]), [])
    if fields == [text] and not text.startswith("type="):
        return Output("tar", destination=STDOUT) if text == STDOUT else Output("local", {}, _given(text), True)
    attributes: dict[str, str] = {}
    for entry in fields:
        name, equals, value = entry.partition("=")
        if not equals:
            raise InvalidParameter(f"invalid output {text!r}: {entry!r} is not NAME=VALUE")
        attributes[name.strip().lower() if not name.startswith("annotation") else name] = value
    kind = attributes.pop("type", "")
    if not kind:
        raise InvalidParameter(f"invalid output {text!r}: type is required for output")
    return _placed(kind, attributes, text)


def _placed(kind: str, attributes: dict[str, str], text: str) -> Output:
    destination, as_tar = attributes.pop("dest", ""), attributes.pop("tar", "true").lower()
    if as_tar not in ("true", "false") or (as_tar == "false" and kind != "oci"):
        raise InvalidParameter(f"invalid output {text!r}: tar=false is for type=oci, to have a folder")
    if kind in _IN_STORE or (kind == "docker" and not destination):
        if destination:
            raise InvalidParameter(f"invalid output {text!r}: type={kind} has no dest, it stays with the daemon")
        return Output("image" if kind == "docker" else kind, attributes)
    is_folder = kind in _FOLDERS or as_tar == "false"
    if kind not in _FOLDERS | _FILES:
        raise InvalidParameter(f"output type {kind!r} is not known; use image, registry, docker, oci, local or tar")
    if is_folder and destination in ("", STDOUT):
        raise InvalidParameter(f"invalid output {text!r}: dest is required, and must be a folder")
    return Output(kind, attributes, destination or STDOUT, is_folder)


def _given(text: str) -> str:
    if not text.strip():
        raise InvalidParameter("invalid output: it is empty; name a folder, a type, or - for a tar on standard output")
    return text


def check(outputs: Iterable[Output]) -> None:
    """Raise InvalidParameter if two outputs want standard output."""
    if sum(output.destination == STDOUT for output in outputs) > 1:
        raise InvalidParameter("only one output can go to standard output; give the others a dest")


def deliver(output: Output, chunks: Iterable[bytes], stdout: BinaryIO) -> list[str]:
    """Put what the daemon hands out where the output wants it; a file is there whole or not at all.

    Returns the names of what was left out of a folder (device files). Raises what extract raises.
    """
    if output.is_folder:
        return extract(chunks, Path(output.destination))
    if output.destination == STDOUT:
        for chunk in chunks:
            stdout.write(chunk)
        stdout.flush()
        return []
    with replacing(Path(output.destination)) as file:
        for chunk in chunks:
            file.write(chunk)
    return []


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file beside `path`, which takes its place at the end of the block; after an error it is gone."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(part, "xb") as file:
            yield file
        os.replace(part, path)
    except OSError as error:
        # What could not be made, as where its folder is a file, cannot be taken away either.
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise ContainersError(f"cannot write {path}: {error.strerror}") from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
