"""Which packages make a root: some, and all that they need, and nothing that cannot stand beside another.

As debootstrap does, and unlike apt, it looks at no alternatives once it has chosen: the essential part of a release is
made so that the first choice is right. A choice among several waits until all that must be is known. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from enum import Enum

from jupyter_containers.bootstrap.packages import Index, Package
from jupyter_containers.bootstrap.relations import Alternatives
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound

# The root is made with merged /usr, so what asks for that, or for a package that merges it, gets the first.
_PREFERRED = "usr-is-merged"


class Variant(Enum):
    """How much: what is essential, or with all of priority required and apt, as debootstrap's minbase."""

    ESSENTIAL = "essential"
    MINBASE = "minbase"

    @classmethod
    def named(cls, text: str) -> Variant:
        """Return the variant called so. Raises InvalidParameter."""
        try:
            return cls(text)
        except ValueError:
            raise InvalidParameter(
                f"no variant is called {text!r}; there are {', '.join(one.value for one in cls)}"
            ) from None


class Unresolvable(ContainersError):
    """The packages that are there make no whole."""


def choose(index: Index, variant: Variant, include: Sequence[str] = ()) -> list[Package]:
    """Return the packages of a root, in alphabetical order. Raises NotFound for an unknown one, Unresolvable."""
    basic = [package for package in index.basic() if package.is_essential or variant is Variant.MINBASE]
    if not any(package.is_essential for package in basic):
        raise Unresolvable("the indexes have no essential package: they are not those of a whole release")
    wanted = [*include, *(("apt",) if variant is Variant.MINBASE else ())]
    chosen = _Choice(index)
    chosen.take_all([*basic, *(_named(index, name) for name in wanted)])
    chosen.check()
    return sorted(chosen.packages.values(), key=lambda package: package.name)


def _named(index: Index, name: str) -> Package:
    package = index.latest(name)
    if package is None:
        raise NotFound(f"there is no package {name} in this suite and these components")
    return package


class _Choice:
    """Packages chosen so far, by name."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.packages: dict[str, Package] = {}
        self._open: deque[tuple[Package, Alternatives]] = deque()

    def take_all(self, packages: Iterable[Package]) -> None:
        for package in packages:
            self._take(package)
        # What can be satisfied in one way only comes first; what is then still open takes its first alternative.
        while self._open:
            package, group = self._next()
            if not self._is_satisfied(group):
                self._take(self._first(package, group))

    def _take(self, package: Package) -> None:
        if self.packages.setdefault(package.name, package) is package:
            self._open.extend((package, group) for group in package.needs)

    def _next(self) -> tuple[Package, Alternatives]:
        for place, (_, group) in enumerate(self._open):
            if len(group) == 1:
                found = self._open[place]
                del self._open[place]
                return found
        return self._open.popleft()

    def _is_satisfied(self, group: Alternatives) -> bool:
        for relation in group:
            known = self.packages.get(relation.name)
            if known is not None and known.satisfies(relation):
                return True
            if any(package.satisfies(relation) for package in self.packages.values()):
                return True
        return False

    def _first(self, needing: Package, group: Alternatives) -> Package:
        for relation in sorted(group, key=lambda relation: relation.name != _PREFERRED):
            for package in self._index.candidates(relation.name):
                if package.satisfies(relation) and package.name not in self.packages:
                    return package
            for package in self._index.providers(relation.name):
                if package.satisfies(relation) and package.name not in self.packages:
                    return package
        raise Unresolvable(f"{needing.name} needs {' or '.join(map(str, group))}, which there is not")

    def check(self) -> None:
        """Raise Unresolvable if two of the packages cannot be installed together."""
        for package in self.packages.values():
            for group in package.rejects:
                for other in self.packages.values():
                    if other is not package and other.satisfies(group[0]):
                        raise Unresolvable(f"{package.name} and {other.name} cannot be installed together")
