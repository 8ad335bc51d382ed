"""Every notebook, executed in a real kernel beside a real registry, twice in a row on the same daemon."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.daemon import Daemon, running_daemon
from tools.demo_registry import registry_with_busybox

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAY_RAISE = "raises-exception"

# What is to be read below a cell that has this text in it: a notebook that teaches must show what it promises.
EXPECTED = {
    "%container doctor": ["containers can run here"],
    "%%container build -t hello": ['RUN echo "made in a cell" > /greeting', "built ", "as hello"],
    "%%container run hello\ncat /greeting": ["made in a cell", "No such file or directory"],
    "os.listdir": ["True"],
    "--hostname island": ["this is island, with network", "\n1: jc: init -- sh -c", "\n2: sh -c"],
    "tail /dev/zero": ["killed at the memory limit", "(137, True, True)"],
    "ls /nowhere": ["[exit 2 after ", "CommandFailed"],
    "-t broken": ["^^^^^", "RUN cp /nowhere /somewhere   failed", "BuildFailed"],
    "%container pull": ["127.0.0.1:5000/busybox:latest"],
    "a whole system in one file": ["/bin/busybox"],
    "run -d --name island": ["started island", "sleep 1000"],
    "%container ps -a": ["Up ", "waiting"],
    "-i words -o ordered": ["in: words (.jsonl", "out: ordered (.jsonl"],
    "lengths = {word": ["{'apple': 5, 'fig': 3, 'pear': 4}", "out: lengths (.json"],
    "run --safe": ["Read-only file system", "no writing", "ok  capabilities: CapEff 0000000000000000"],
    "%%container sandbox": ["A made-in-the-sandbox.txt"],
    "sandbox = _": ["(False, ['", "made-in-the-sandbox.txt'])"],
    "sandbox.discard()": ["discarded sandbox-"],
    "run --trace": ["docker run --rm --init -m 64m host true", "/containers/create", "pivot_root"],
    "result.trace.records": ["67108864", "the container may use 64 MiB of memory"],
    "compose up -d --wait": ["store     tour-store-1   running (healthy)", "page      tour-page-1    running"],
    "%container dashboard": ["tour-page-1", "tour-store-1"],
    "compose -p tour down": ["remove container tour-store-1", "remove network tour_default"],
    "%container freeze": ["FROM host"],
    "%container rm -f island": ["removed island", "removed hello, 127.0.0.1:5000/busybox"],
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("d")
    with registry_with_busybox("127.0.0.1:5000"), running_daemon(folder) as daemon:
        yield daemon
    shutil.rmtree(folder)


def executed(path: Path, daemon: Daemon) -> nbformat.NotebookNode:
    """Return the notebook with its outputs. A cell that raises and may not ends the test."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    client.execute(env={**os.environ, "DOCKER_HOST": daemon.host, "PYTHONPATH": paths})
    return notebook


def text_below(cell: nbformat.NotebookNode) -> str:
    return "\n".join(_text(output) for output in cell.outputs)


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return str(output.data.get("text/plain", ""))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_notebook_can_be_executed(path: Path, time: str, daemon: Daemon) -> None:
    notebook = executed(path, daemon)
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        text = text_below(cell)
        raised = any(output.output_type == "error" for output in cell.outputs)
        assert raised == (MAY_RAISE in cell.metadata.get("tags", ())), cell.source
        for part in (part for source, parts in EXPECTED.items() if source in cell.source for part in parts):
            assert part in text, f"{part!r} is not below\n{cell.source}\n\n{text}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        assert (cell.outputs, cell.execution_count) == ([], None)


def test_every_expectation_belongs_to_a_cell() -> None:
    sources = [cell.source for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells]
    assert not [text for text in EXPECTED if not any(text in source for source in sources)]


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
