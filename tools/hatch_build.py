"""Hatch's door to tools/xterm.py: run at each build, also of an editable install."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class XtermHook(BuildHookInterface[Any]):
    """Brings xterm.js where npm is; says what the package is built without where it is not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the files before they are looked for."""
        fetch = runpy.run_path(str(Path(self.root) / "tools" / "xterm.py"))["fetch"]
        if problem := fetch(Path(self.root)):
            self.app.display_warning(problem)
