"""Tests of commands.kernel; kernels that run are in tests/integration/kernels."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import Result, Table
from jupyter_containers.kernels import kernelspecs
from jupyter_containers.kernels.container_plan import ContainerPlan
from tests.support.front_double import SessionOn


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))


def said(line: str, client: object = None) -> Result | None:
    command = table.find("kernel", "magic")
    options = parse(command, line.split(), surface="magic", prog="%container")
    return command.action(SessionOn(client), options)


@pytest.mark.parametrize("line", ["install", "install a b", "rm", "ls --memory 64m", "rm a --net none", ""])
def test_words_that_do_not_belong_together_are_refused(line: str) -> None:
    with pytest.raises(UsageError):
        said(line)


def test_a_daemon_elsewhere_has_no_kernels_here() -> None:
    far = SimpleNamespace(address=SimpleNamespace(path=None, ssh=""))
    with pytest.raises(UsageError, match="is on another machine"):
        said("install host", far)


def test_kernels_are_listed_and_removed() -> None:
    plan = ContainerPlan("image", memory_bytes=64 << 20, cpus=0.5, pids_limit=9, network="bridge")
    kernelspecs.install("boxed", plan, display_name="x", python=("python3",))
    labels = {"jupyter-containers.kernel.name": "boxed"}
    client = SimpleNamespace(
        containers=SimpleNamespace(list=lambda **_: [SimpleNamespace(labels=labels), SimpleNamespace(labels=labels)])
    )
    result = said("list", client)
    assert isinstance(result, Table)
    assert result.rows == (("boxed", "image", "64 MiB, 0.5 cpus, 9 processes", "bridge", "2", ""),)
    removed = said("remove boxed")
    assert removed is not None
    assert removed.text() == "removed kernel boxed; one that runs goes on"
    empty = said("ls")
    assert isinstance(empty, Table)
    assert len(empty) == 0
