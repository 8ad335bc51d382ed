"""Which packages an image has, read from the files in which package managers keep it: dpkg, apk, and Python's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

# …/site-packages/NAME-VERSION.dist-info/METADATA
_DISTRIBUTION = re.compile(r"(?:.*/)?([^/]+?)-([^/-]+)\.dist-info/METADATA")


class Package(NamedTuple):
    """A package by who manages it (deb, apk, pip) and its name."""

    manager: str
    name: str


def packages(kept: Mapping[str, bytes], paths: Iterable[str]) -> dict[Package, str]:
    """Return packages and their versions, out of the files that tell of them and the paths of all files."""
    found: dict[Package, str] = {}
    for path, content in kept.items():
        text = content.decode("utf-8", "replace")
        found.update(_apk(text) if path.endswith("apk/db/installed") else _dpkg(text))
    for path in paths:
        if match := _DISTRIBUTION.fullmatch(path):
            found[Package("pip", re.sub("[-_.]+", "-", match[1]).lower())] = match[2]
    return found


def _dpkg(text: str) -> Iterator[tuple[Package, str]]:
    for paragraph in text.split("\n\n"):
        fields = _fields(paragraph, ": ")
        status = fields.get("Status", "install ok installed")
        if "Package" in fields and status.endswith(" installed"):
            yield Package("deb", fields["Package"]), fields.get("Version", "")


def _apk(text: str) -> Iterator[tuple[Package, str]]:
    for paragraph in text.split("\n\n"):
        fields = _fields(paragraph, ":")
        if "P" in fields:
            yield Package("apk", fields["P"]), fields.get("V", "")


def _fields(paragraph: str, separator: str) -> dict[str, str]:
    """Return the fields of a paragraph; the first of each name, and not the lines that go on."""
    fields: dict[str, str] = {}
    for line in paragraph.split("\n"):
        name, found, value = line.partition(separator)
        if found and not line.startswith((" ", "\t")):
            fields.setdefault(name, value.strip())
    return fields
