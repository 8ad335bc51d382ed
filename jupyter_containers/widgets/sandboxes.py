"""The buttons below a sandbox's cell: keep, discard, save as image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from traitlets import Int, List, Unicode

from jupyter_containers.commands.sandbox_result import SandboxFiles, outcome_lines, shown_path
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.sandboxes.changes import is_below
from jupyter_containers.widgets.static import module, sheet
from jupyter_containers.widgets.view import Action, Json, View

# More rows than this choose nobody by hand.
MOST_FILES = 200


class SandboxView(View):
    """The files of a sandbox to choose from, as [letter, path, kind, size, whether it is in the folder]."""

    _esm = module("sandbox.js")
    _css = sheet()
    name = Unicode().tag(sync=True)
    folder = Unicode().tag(sync=True)
    files = List().tag(sync=True)
    more = Int().tag(sync=True)

    def __init__(self, panel: SandboxFiles) -> None:
        sandbox, folder = panel.sandbox, panel.sandbox.folder
        rows = [
            [c.letter, shown_path(c.path, folder), c.kind.value, c.size, is_below(c.path, [str(folder)])]
            for c in sandbox.files[:MOST_FILES]
        ]
        super().__init__(
            label=sandbox.name, name=sandbox.name, folder=shown_path(str(folder), folder), files=rows,
            more=max(0, len(sandbox.files) - MOST_FILES),
        )  # fmt: skip
        self._panel = panel

    def actions(self) -> Mapping[str, Action]:
        return {"ask": self._ask, "keep": self._keep, "discard": self._discard, "save": self._save}

    def _ask(self, given: Json) -> Json:
        choice = self._panel.sandbox.choose(self._paths(given))
        return {"count": len(choice.taken), "refused": "\n".join(outcome_lines((), choice.refused, self._folder))}

    def _keep(self, given: Json) -> str:
        with self.lock:
            lines = self._panel.keep(*self._paths(given), yes=True).lines
            self._panel.said += lines
        return "\n".join(lines)

    def _discard(self, _: Json) -> None:
        with self.lock:
            self._panel.said += self._panel.discard().lines
        self.settle()

    def _save(self, given: Json) -> str:
        with self.lock:
            lines = self._panel.save(str(given.get("name", ""))).lines
            self._panel.said += lines
        return lines[0]

    @property
    def _folder(self) -> Path:
        return self._panel.sandbox.folder

    def _paths(self, given: Json) -> list[str]:
        """Return the paths of rows; names of files do not travel, as not all of them would survive it."""
        files, rows = self._panel.files[:MOST_FILES], given.get("files")
        # Without any, `keep` would take all that is in the folder.
        if not isinstance(rows, list) or not rows or not all(isinstance(r, int) and 0 <= r < len(files) for r in rows):
            raise InvalidParameter(f"these are no rows of the list: {rows!r}")
        return [files[row].path for row in rows]


def view(panel: SandboxFiles) -> SandboxView:
    return SandboxView(panel)
