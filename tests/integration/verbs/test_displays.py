"""Results of the Python API where our magics are not loaded: a kernel, nbclient, a terminal IPython."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.daemon import Daemon
from tests.support.notebook_kernel import running_kernel

ROOT = Path(__file__).parents[3]
CONNECT = "from jupyter_containers import connect\ncontainers = connect()\n"
RUN = "containers.run('busybox', 'echo', '<b>hi</b>')"
MIME = "application/vnd.jupyter-containers.{}+json"


def test_a_kernel_shows_results_as_pictures(daemon: Daemon, tmp_path: Path) -> None:
    with running_kernel(tmp_path, DOCKER_HOST=daemon.host) as kernel:
        assert kernel.run(CONNECT).error is None
        for cell, kind in ((RUN, "run"), ("containers.images()", "images"), ("containers.network.ls()", "networks")):
            (output,) = kernel.run(cell).outputs
            assert output["kind"] == "execute_result"
            assert MIME.format(kind) in output
            assert output["text/html"]
        assert "&lt;b&gt;hi&lt;/b&gt;" in kernel.run(RUN).outputs[0]["text/html"]
        failed = kernel.run("containers.run('busybox', body='exit 3')")
        assert failed.error is not None
        assert failed.error["ename"] == "CommandFailed"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::ResourceWarning")
def test_nbclient_keeps_the_settled_picture(daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    cells = ("%load_ext jupyter_containers", "%%container run busybox\necho hi\n", f"{CONNECT}{RUN}")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    kinds = [[sorted(output.get("data", {}))[0] for output in cell.outputs] for cell in book.cells]
    assert kinds == [[], [MIME.format("run")], [MIME.format("run")]]
    assert book.cells[1].outputs[0]["data"]["text/plain"] == "hi"


def test_a_terminal_prints_text(daemon: Daemon, tmp_path: Path) -> None:
    environment = {**os.environ, "DOCKER_HOST": daemon.host, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path)}
    lines = f"{CONNECT}{RUN}\n%load_ext jupyter_containers\n%container run busybox echo again\n%container network ls\n"
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor"]
    run = subprocess.run(command, input=lines, env=environment, capture_output=True, text=True, check=True)
    assert "Out[3]: <b>hi</b>" in run.stdout
    assert run.stdout.count("again") == 1
    assert "NETWORK ID" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
