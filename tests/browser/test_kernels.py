"""A notebook in JupyterLab whose kernel runs in a container without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import parse
from jupyter_containers.commands.session import Session
from tests.support.api_client import Api
from tests.support.daemon import Daemon
from tests.support.front_double import RememberingFront
from tests.support.lab import Lab, chromium, running_lab

LABEL = '{"label": ["jupyter-containers.kernel"]}'
WIDGET = """
import ipywidgets, os
button = ipywidgets.Button(description="press")
button.on_click(lambda _: setattr(button, "description", f"only {os.listdir('/sys/class/net')}"))
button
"""


@pytest.fixture
def boxed_lab(daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A JupyterLab in whose launcher is a kernel of ours."""
    if chromium() is None:
        pytest.skip("needs a browser: no chromium on PATH; install Debian's package chromium")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    command, session = table.find("kernel", "magic"), Session(RememberingFront(), surface="magic", host=daemon.host)
    words = ["install", "host", "--name", "boxed", "--display-name", "Python in a box"]
    command.action(session, parse(command, words, surface="magic", prog="x"))
    session.close()
    with running_lab(tmp_path / "lab", DOCKER_HOST=daemon.host) as lab:
        yield lab


def test_widgets_work_without_a_network(boxed_lab: Lab, api: Api, tidy: None) -> None:
    with boxed_lab.open(WIDGET, "open('made', 'w')", kernel_name="boxed") as notebook:
        notebook.run_all()
        assert notebook.errors == []
        assert len(api.get("/containers/json", filters=LABEL).json) == 1
        assert "Python in a box" in notebook.page.inner_text(".jp-NotebookPanel-toolbar")
        notebook.page.click(".jp-OutputArea-output button:has-text('press')")
        notebook.page.wait_for_selector("button:has-text(\"only ['lo']\")")
        assert not (boxed_lab.root / "made").exists()
    assert api.get("/containers/json", all=1, filters=LABEL).json == []
