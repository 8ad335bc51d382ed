"""Indexes: which packages there are. Tens of thousands of paragraphs, of which only those asked for are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from jupyter_containers.bootstrap import deb822, relations
from jupyter_containers.bootstrap.deb822 import Paragraph
from jupyter_containers.bootstrap.relations import Alternatives, Relation
from jupyter_containers.bootstrap.versions import Version
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.digest import Digest

_NAME = re.compile(rb"^Package:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_PROVIDES = re.compile(rb"^Provides:(.*(?:\n[ \t].*)*)", re.MULTILINE | re.IGNORECASE)
_BASIC = re.compile(rb"^(?:Essential:[ \t]*yes|Priority:[ \t]*required)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_PROPER_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*")


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a package. `archive` is the URL that `filename` is relative to; `size` in bytes."""

    name: str
    version: Version
    version_text: str
    architecture: str
    archive: str
    filename: str
    size: int
    digest: Digest
    is_essential: bool
    is_required: bool
    needs: tuple[Alternatives, ...]
    provides: tuple[Relation, ...]
    rejects: tuple[Alternatives, ...] = field(default=())

    @classmethod
    def of(cls, fields: Paragraph, archive: str) -> Self:
        """Read one paragraph of an index. Raises InvalidParameter."""
        name = fields.get("package", "")
        what = f"package {name:.80}"
        if not _PROPER_NAME.fullmatch(name):
            raise InvalidParameter(f"an index of {archive} has a package with an impossible name: {name!r:.80}")

        def relation(key: str) -> tuple[Alternatives, ...]:
            return relations.parse(fields.get(key, ""), f"{key} of {what}")

        return cls(
            name=name,
            version=Version.parse(fields.get("version", "")),
            version_text=fields.get("version", ""),
            architecture=fields.get("architecture", ""),
            archive=archive,
            filename=_relative(fields.get("filename", ""), what),
            size=_size(fields.get("size", ""), what),
            digest=Digest.parse(f"sha256:{fields.get('sha256', '')}"),
            is_essential=fields.get("essential", "").lower() == "yes",
            is_required=fields.get("priority", "").lower() == "required",
            needs=relation("pre-depends") + relation("depends"),
            provides=tuple(one for group in relation("provides") for one in group),
            rejects=relation("conflicts") + relation("breaks"),
        )

    @property
    def url(self) -> str:
        return f"{self.archive}/{self.filename}"

    def satisfies(self, relation: Relation) -> bool:
        """Tell whether this package is, or provides, what a relation asks for."""
        if relation.name == self.name and relation.accepts(self.version):
            return True
        return any(one.name == relation.name and relation.accepts(one.version) for one in self.provides)


def _relative(filename: str, what: str) -> str:
    """Return the name of a file below its archive. Raises InvalidParameter for one that leads elsewhere."""
    if not filename or filename.startswith("/") or ".." in filename.split("/") or not filename.isprintable():
        raise InvalidParameter(f"{what} has a file that is not below its archive: {filename!r:.100}")
    return filename.removeprefix("./")


def _size(value: str, what: str) -> int:
    if not value.isdecimal() or len(value) > 15:
        raise InvalidParameter(f"{what} has no size in bytes: {value!r:.80}")
    return int(value)


class Index:
    """The packages of several archives together, for one architecture.

    The texts are kept as they came, once, with the places of their paragraphs: a release has some 45 MB of them, and
    needs a hundred paragraphs to be read.
    """

    def __init__(self, architecture: str) -> None:
        self._architecture = architecture
        self._contents: list[tuple[bytes | bytearray, str]] = []
        # By name: which of the contents, and from where to where.
        self._places: dict[str, list[tuple[int, int, int]]] = {}
        self._providers: dict[str, set[str]] = {}
        self._basic: set[str] = set()
        self._read: dict[str, tuple[Package, ...]] = {}

    def add(self, content: bytes | bytearray, archive: str) -> None:
        """Take in one index; `archive` is the URL that its files are relative to. `content` must not change after.

        Raises InvalidParameter for a paragraph without a package.
        """
        number = len(self._contents)
        self._contents.append((content, archive))
        for start, end in deb822.places(content):
            found = _NAME.search(content, start, end)
            if found is None:
                text = bytes(content[start : min(end, start + 80)]).decode("utf-8", "replace")
                raise InvalidParameter(f"an index of {archive} has a paragraph without a package: {text}")
            name = found[1].decode("utf-8", "replace")
            self._places.setdefault(name, []).append((number, start, end))
            if _BASIC.search(content, start, end):
                self._basic.add(name)
            if provided := _PROVIDES.search(content, start, end):
                for relation in _names(provided[1].decode("utf-8", "replace")):
                    self._providers.setdefault(relation, set()).add(name)
        self._read.clear()

    def candidates(self, name: str) -> tuple[Package, ...]:
        """Return the versions of a package that suit the architecture, the latest first."""
        if name not in self._read:
            self._read[name] = self._candidates(name)
        return self._read[name]

    def _candidates(self, name: str) -> tuple[Package, ...]:
        found = []
        for number, start, end in self._places.get(name, ()):
            content, archive = self._contents[number]
            text = content[start:end].decode("utf-8", "replace")
            found.append(Package.of(deb822.single(text, f"the index entry of {name}"), archive))
        suited = [package for package in found if package.architecture in (self._architecture, "all")]
        # Of equal versions the one of the archive that was named first; sorting keeps that order, reversed or not.
        return tuple(sorted(suited, key=lambda package: package.version, reverse=True))

    def latest(self, name: str) -> Package | None:
        """Return the latest version of a package, None if there is none."""
        return next(iter(self.candidates(name)), None)

    def providers(self, name: str) -> Iterator[Package]:
        """Yield the latest versions of packages that provide `name` without being called so, in alphabetical order."""
        for provider in sorted(self._providers.get(name, ())):
            package = self.latest(provider)
            if package is not None and provider != name:
                yield package

    def basic(self) -> Iterable[Package]:
        """Return the packages that are essential or of priority required, in alphabetical order."""
        found = (self.latest(name) for name in sorted(self._basic))
        return [package for package in found if package and (package.is_essential or package.is_required)]


def _names(value: str) -> Iterator[str]:
    for part in value.split(","):
        if words := part.split("(")[0].split():
            yield words[0].partition(":")[0]
