"""Notebooks saved while something is shown live, whose kernel is then killed: a reader sees the last picture."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.api_client import Api
from tests.support.lab import Lab, NotebookPage

LOAD = "%load_ext jupyter_containers"
# Where the process of the kernel is read from, by a test that kills it.
TOLD = "import os\nopen('kernel', 'w').write(str(os.getpid()))"
# What is saved, and not what is put beside it while its kernel lives.
OUTPUT = ".jp-OutputArea-output:not(.jc-mount)"
BUILD = """%%container build -t slow
FROM busybox
RUN for i in $(seq 1000); do echo line $i; sleep 0.1; done
"""
RUN = "%%container run busybox\ni=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done"
BOX = """
from ipywidgets import VBox
from jupyter_containers.widgets import ContainerTable, UsageChart
VBox([ContainerTable(), UsageChart('web')])
"""


pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture
def web(api: Api) -> str:
    return api.run("sleep", "1000", name="web")


def kill_kernel(lab: Lab) -> None:
    os.kill(int(Path(lab.root, "kernel").read_text()), signal.SIGKILL)


def seen_again(lab: Lab, notebook: NotebookPage, selector: str) -> str:
    """Save, kill the kernel, and return what a reader sees of the part with something of `selector` in it."""
    saved = notebook.save()
    forms = [set(output.get("data", ())) for cell in saved["cells"] for output in cell.get("outputs", ())]
    assert not any("application/vnd.jupyter.widget-view+json" in form for form in forms)
    kill_kernel(lab)
    with lab.reopen(notebook) as again:
        again.page.wait_for_selector(selector)
        text: str = again.page.inner_text(".jp-Notebook")
        assert "model not found" not in text
        assert "Loading widget" not in text
        return text


@pytest.mark.parametrize("cell", [BUILD, RUN], ids=["build", "run"])
def test_what_a_cell_does_is_read_as_it_was_last(lab: Lab, cell: str) -> None:
    with lab.open(LOAD, TOLD, cell) as notebook:
        notebook.begin()
        notebook.page.wait_for_selector(".jc-stop")
        notebook.page.wait_for_selector(".jc-view pre:has-text('line 30')")
        # What is kept is not far behind.
        notebook.page.wait_for_selector(f"{OUTPUT} pre:has-text('line 25')", state="attached")
        text = seen_again(lab, notebook, f"{OUTPUT} pre:has-text('line 25')")
        assert "line 25" in text


def test_a_dashboard_is_read_as_it_was_last(lab: Lab, web: str, api: Api) -> None:
    with lab.open(LOAD, TOLD, "%container dashboard") as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".jc-view tr:has-text('web')")
        api.post("/containers/web/pause")
        notebook.page.wait_for_selector(f"{OUTPUT} tr:has-text('Paused')", state="attached")
        assert "Paused" in seen_again(lab, notebook, f"{OUTPUT} tr:has-text('Paused')")


def test_a_box_of_parts_is_read_as_it_was_last(lab: Lab, web: str) -> None:
    with lab.open(LOAD, TOLD, BOX) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".jc-view tr:has-text('web')")
        notebook.page.wait_for_selector(".jc-view svg")
        assert "Up " in seen_again(lab, notebook, f"{OUTPUT} tr:has-text('web')")


def test_a_page_that_is_loaded_again_has_its_dashboard_again_and_closes_it_there(lab: Lab, web: str) -> None:
    with lab.open(LOAD, TOLD, "%container dashboard") as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".jc-view tr:has-text('web')")
        notebook.save()
        notebook.page.reload()
        notebook.page.wait_for_selector(".jc-view tr:has-text('web')")
        notebook.page.click(".jc-close")
        notebook.page.wait_for_selector(f"{OUTPUT} tr:has-text('web')")
        assert notebook.page.locator(".jc-view").count() == 0
