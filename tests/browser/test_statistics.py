"""stats in a real browser: it goes on, second after second, until its Stop button is pressed, and leaves a picture."""

from __future__ import annotations

import pytest

from tests.support.api_client import Api
from tests.support.lab import Lab

LOAD = "%load_ext jupyter_containers"
SHOWN = "document.querySelector('.jc-view .jc-body').textContent"


@pytest.mark.usefixtures("tidy")
def test_statistics_go_on_until_they_are_stopped(lab: Lab, api: Api) -> None:
    api.run("sh", "-c", "while :; do :; done", name="web")
    with lab.open(LOAD, "%container stats", "print('too far')") as notebook:
        page = notebook.page
        notebook.begin()
        page.wait_for_selector(".jc-view .jc-body:has-text('web')")
        first = page.evaluate(f"() => {SHOWN}")
        page.wait_for_function(f"first => {SHOWN} !== first", arg=first)
        for theme in ("Light", "Dark"):
            notebook.theme(theme)
            assert notebook.axe(".jc-view") == []
        page.click(".jc-stop")
        notebook.wait_idle()
        assert notebook.errors[0].startswith("Interrupted: the statistics were stopped")
        assert [output for output in notebook.outputs() if output.get("text") == "too far\n"] == []
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(".jp-OutputArea-output:has-text('web')")
            assert "model not found" not in again.page.inner_text(".jp-Notebook")
