"""Tests of freezing.inside, run as in a container: in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from jupyter_containers.freezing import packages

SCRIPT = Path(packages.__file__).with_name("inside.py")


def run(folder: Path, *sources: str) -> dict[str, Any]:
    """Run cells with a Python that has no packages."""
    (folder / "out").mkdir()
    (folder / "cells.json").write_text(json.dumps(sources))
    environment = {"VARIABLES": str(folder), "PATH": "/bin:/usr/bin"}
    subprocess.run([sys.executable, "-S", SCRIPT], env=environment, check=True, cwd=folder)
    report: dict[str, Any] = json.loads((folder / "out/report.json").read_text())
    return report


def test_cells_share_their_names_and_show_their_last_value(tmp_path: Path) -> None:
    report = run(tmp_path, "x = 2\nprint('said')\nx + 1", "x;", "%container ps", "!ls", "None", "y", "x")
    assert (report["how"], report["python"][:2]) == ("script", "3.")
    stream = {"output_type": "stream", "name": "stdout", "text": "said\n"}
    assert report["cells"] == [
        {"outputs": [stream, {"output_type": "execute_result", "data": {"text/plain": "3"}}]},
        {"outputs": []},
        {"skipped": "it works with containers, which are not to be had inside"},
        {"skipped": "it has magics, and there is no IPython in the image"},
        {"outputs": []},
        {"outputs": [{"output_type": "error", "ename": "NameError", "evalue": "name 'y' is not defined"}]},
    ]
