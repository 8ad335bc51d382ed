"""Notebook 7 in a real browser: it has JupyterLab's documents in a page of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon
from tests.support.lab import NOTEBOOK, Lab, chromium, running_lab

LOAD = "%load_ext jupyter_containers"
OUTPUT = ".jp-OutputArea-output"
STAGES = """%%container build -t staged
FROM busybox AS one
RUN sleep 2; echo 1 > /one
FROM busybox
COPY --from=one /one /
RUN cat /one
"""

pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture(scope="module")
def lab(daemon: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if chromium() is None:
        pytest.skip("needs a browser: no chromium on PATH; install Debian's package chromium")
    with running_lab(tmp_path_factory.mktemp("notebook7"), NOTEBOOK, DOCKER_HOST=daemon.host) as lab:
        yield lab


def test_it_is_notebook_7_and_a_run_shows_its_output(lab: Lab) -> None:
    with lab.open(LOAD, "%%container run busybox\necho '<b>hi</b>'\n") as notebook:
        assert notebook.page.evaluate("() => window.jupyterapp.name") == "Jupyter Notebook"
        notebook.run_all()
        assert notebook.errors == []
        notebook.page.wait_for_selector(f"{OUTPUT} pre:has-text('<b>hi</b>')")
        assert notebook.problems == []


def test_a_build_grows_and_settles_into_its_graph(lab: Lab) -> None:
    with lab.open(LOAD, STAGES) as notebook:
        notebook.begin()
        notebook.page.wait_for_selector(".jc-view td:has-text('● running')")
        notebook.wait_idle()
        assert notebook.errors == []
        picture = notebook.page.wait_for_selector(f"{OUTPUT} img")
        assert picture is not None
        assert picture.evaluate("image => image.complete && image.naturalWidth") > 300
        assert notebook.problems == []
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(f"{OUTPUT} img")
            assert "model not found" not in again.page.inner_text(".jp-Notebook")
            for theme in ("Light", "Dark"):
                again.theme(theme)
                assert again.axe(OUTPUT) == []


def test_stop_ends_a_run_and_later_cells_do_not_run(lab: Lab, api: Api) -> None:
    with lab.open(LOAD, "%%container run busybox\necho ready; exec sleep 100", "print('too far')") as notebook:
        notebook.begin()
        notebook.page.click(".jc-stop")
        notebook.wait_idle()
        assert notebook.errors[0].startswith("Interrupted: SIGINT was sent to the process")
        assert len(notebook.outputs()) == 2
        assert notebook.page.locator(".jc-view").count() == 0
        assert notebook.problems == []
        assert api.get("/containers/json", all=1).json == []


def test_the_dashboard_opens_and_closes_into_a_picture(lab: Lab, api: Api) -> None:
    api.run("sleep", "600", name="web")
    with lab.open(LOAD, "%container dashboard") as notebook:
        notebook.run_all()
        assert notebook.errors == []
        page = notebook.page
        page.click(".jc-name:has-text('web')")
        page.wait_for_selector(".jc-closeup .jc-tab:has-text('Usage')")
        for theme in ("Light", "Dark"):
            notebook.theme(theme)
            assert notebook.axe(".jc-view") == []
        page.click(".jc-close")
        page.wait_for_selector(".jc-view", state="detached")
        page.wait_for_selector(f"{OUTPUT} table:has-text('web')")
        assert notebook.problems == []
