"""Relations between packages: what one depends on, provides or cannot stand beside. Pure.

Source: Debian policy, 7.1; deb-control(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from jupyter_containers.bootstrap.versions import Version
from jupyter_containers.errors import InvalidParameter

_RELATION = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9+.-]*)(?::(?P<arch>[a-z0-9-]+))?"
    r"(?:\s*\(\s*(?P<operator><<|<=|=|>=|>>|<|>)\s*(?P<version>[^\s()]+)\s*\))?"
)
# Written so, they have always meant these. Source: Debian policy, 7.1.
_OLD_OPERATORS = {"<": "<=", ">": ">="}


@dataclass(frozen=True, slots=True)
class Relation:
    """One package, or one of several versions of it; without an operator any version. `arch` as in `perl:any`."""

    name: str
    operator: str = ""
    version: Version | None = None
    arch: str = ""

    def accepts(self, version: Version | None) -> bool:
        """Tell whether a version will do; None is one that is not known, of a package provided without a number."""
        if self.version is None:
            return True
        return version is not None and version.satisfies(self.operator, self.version)

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {_text(self.version)})" if self.version else self.name


# One of these will do.
Alternatives: TypeAlias = tuple[Relation, ...]


def parse(value: str, what: str) -> tuple[Alternatives, ...]:
    """Read a field such as `a (>= 1), b | c`. Raises InvalidParameter; `what` names the field and its package."""
    groups = (group.strip() for group in value.replace("\n", " ").split(","))
    return tuple(tuple(_relation(one.strip(), what) for one in group.split("|")) for group in groups if group)


def _relation(text: str, what: str) -> Relation:
    found = _RELATION.fullmatch(text)
    if found is None:
        raise InvalidParameter(f"{what} is not a list of packages: {text!r:.80}")
    operator = found["operator"] or ""
    version = Version.parse(found["version"]) if operator else None
    return Relation(found["name"], _OLD_OPERATORS.get(operator, operator), version, found["arch"] or "")


def _text(version: Version) -> str:
    epoch = f"{version.epoch}:" if version.epoch else ""
    revision = f"-{version.revision}" if version.revision else ""
    return f"{epoch}{version.upstream}{revision}"
