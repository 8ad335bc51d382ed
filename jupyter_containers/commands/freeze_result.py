"""What a freeze has to show: the Dockerfile, what it cannot have, and whether the notebook is the same in the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from jupyter_containers.commands.results import Json, Result, aligned, visible
from jupyter_containers.freezing.comparison import DIFFERS, FAILED, NOT_RUN, SAME, CellCheck
from jupyter_containers.freezing.packages import LeftOut, Package


class FreezeResult(Result):
    """A session as a Dockerfile. True unless a check has found a cell that failed or has other outputs.

    `dockerfile` is its text, `packages` what it installs, `left_out` what it cannot have; `image` is "" until it was
    built. `checks` are the notebook's cells as they did in the image, `how` they were run there (nbclient or script),
    `python` is the Python in it.
    """

    kind: ClassVar[str] = "freeze"

    def __init__(self, dockerfile: str, packages: Sequence[Package], left_out: Sequence[LeftOut]) -> None:
        self.dockerfile = dockerfile
        self.packages = tuple(packages)
        self.left_out = tuple(left_out)
        self.image = ""
        self.checks: list[CellCheck] = []
        self.how = ""
        self.python = ""

    def __bool__(self) -> bool:
        return not any(check.state in (DIFFERS, FAILED) for check in self.checks)

    def text(self) -> str:
        parts = [self.dockerfile.rstrip("\n")]
        parts += [self.missing()] if self.left_out else []
        parts += [f"[built {self.image}]"] if self.image else []
        if self.checks:
            rows = [(f"cell {check.number}", check.state, check.note) for check in self.checks]
            parts += ["\n".join(aligned(rows)), f"[{self.verdict()}]"]
        return "\n\n".join(parts)

    def missing(self) -> str:
        """Return what cannot be frozen, a line each."""
        return "\n".join(visible(f"not in it: {one.name}, as {one.reason}; {one.remedy}") for one in self.left_out)

    def verdict(self) -> str:
        """Return in a line how the check ended."""
        counts = [f"{n} {state}" for state in (SAME, DIFFERS, FAILED, NOT_RUN) if (n := self.count(state))]
        how = "by nbclient" if self.how == "nbclient" else "as a script: only text is compared"
        cells = f"{len(self.checks)} cell{'s' if len(self.checks) != 1 else ''}"
        return f"{cells}: {', '.join(counts)}; run {how}, by Python {visible(self.python)}"

    def count(self, state: str) -> int:
        return sum(check.state == state for check in self.checks)

    def summary(self) -> str:
        count = len(self.packages)
        return self.verdict() if self.checks else f"{count} package{'s' if count != 1 else ''}"

    def data(self) -> Json:
        return {
            "dockerfile": self.dockerfile,
            "packages": [str(package) for package in self.packages],
            "leftOut": [[one.name, one.reason, one.remedy] for one in self.left_out],
            "image": self.image,
            "checks": [[check.number, check.state, check.note] for check in self.checks],
            "how": self.how,
            "python": self.python,
        }
