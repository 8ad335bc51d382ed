"""Several results that are shown together, such as the parts of a page of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jupyter_containers.commands.results import Json, Result


@dataclass(eq=False, repr=False)
class Page(Result):
    """Results, one below the other."""

    kind: ClassVar[str] = "page"

    results: tuple[Result, ...]

    def text(self) -> str:
        return "\n\n".join(result.text() for result in self.results)

    def gist(self) -> object:
        """See Result: that of all; one that has none makes it none."""
        found = [result.gist() for result in self.results]
        return None if None in found else found

    def summary(self) -> str:
        return "; ".join(result.summary() for result in self.results)

    def data(self) -> Json:
        return {"results": [{"kind": result.kind, **result.data()} for result in self.results]}
