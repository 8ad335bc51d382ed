"""The buttons below a sandbox's cell, clicked in a real JupyterLab."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.lab import Lab

LOAD = "%load_ext jupyter_containers"
CELL = """%%container sandbox
import os
open("made.txt", "w").write("made in a sandbox\\n")
open("<img src=x onerror=alert(1)>", "w").write("x")
open("/etc/made.conf", "w").write("x")
"""


@pytest.fixture
def folder(lab: Lab) -> Path:
    """A folder for the notebook of a test, which it makes its own."""
    shutil.rmtree(lab.root / "work", ignore_errors=True)
    (lab.root / "work").mkdir()
    return lab.root / "work"


def opening(folder: Path) -> tuple[str, str, str]:
    return LOAD, f"import os; os.chdir({str(folder)!r})", CELL


def test_chosen_files_are_kept_and_the_rest_discarded(lab: Lab, tidy: None, folder: Path) -> None:
    with lab.open(*opening(folder)) as notebook:
        notebook.run_all()
        page = notebook.page
        assert notebook.errors == []
        assert [box.is_checked() for box in page.query_selector_all(".jc-view input[type=checkbox]")] == [
            True, True, False,
        ]  # fmt: skip
        assert not (folder / "made.txt").exists()
        page.uncheck(".jc-view label:has-text('<img') input")
        page.click(".jc-sandbox-keep")
        page.click(".jc-confirm button:has-text('Cancel')")
        page.wait_for_selector(".jc-sentence:has-text('nothing has been changed here')")
        page.click(".jc-sandbox-keep")
        page.click(".jc-confirm button:has-text('Keep')")
        page.wait_for_selector(".jc-sandbox-said:has-text('added made.txt')")
        assert [path.name for path in folder.iterdir()] == ["made.txt"]
        for theme in ("Light", "Dark"):
            notebook.theme(theme)
            assert notebook.axe(".jc-view") == []
        page.click(".jc-sandbox-discard")
        page.click(".jc-confirm button:has-text('Discard')")
        page.wait_for_selector(".jp-OutputArea-output:has-text('discarded sandbox-1')")
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(".jp-OutputArea-output:has-text('added made.txt')")
            assert "model not found" not in again.page.inner_text(".jp-Notebook")


def test_what_cannot_be_kept_is_told_and_an_image_is_saved(lab: Lab, tidy: None, folder: Path) -> None:
    with lab.open(*opening(folder)) as notebook:
        notebook.run_all()
        page = notebook.page
        for name in ("made.txt", "<img"):
            page.uncheck(f".jc-view label:has-text('{name}') input")
        page.check(".jc-view label:has-text('/etc/made.conf') input")
        page.click(".jc-sandbox-keep")
        page.wait_for_selector(".jc-sandbox-said:has-text('left out /etc/made.conf: it belongs to the system')")
        page.fill(".jc-view input[type=text]", "from-a-sandbox")
        page.click(".jc-sandbox-save")
        page.wait_for_selector(".jc-sentence:has-text('made from-a-sandbox of sandbox-1')")
        assert not Path("/etc/made.conf").exists()
