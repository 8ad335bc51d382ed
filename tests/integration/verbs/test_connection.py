"""Tests of verbs.connection on a daemon of our own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_containers import Connection, connect
from jupyter_containers.commands import settings_files
from jupyter_containers.commands.run_result import CommandFailed
from jupyter_containers.errors import NotFound, Unavailable
from tests.support.daemon import Daemon

ROOT = Path(__file__).parents[3]


def test_a_container_runs_and_brings_its_result(containers: Connection) -> None:
    result = containers.run("busybox", "sort", body="b\na\n", env={"A": "1"}, memory="64m")
    assert (result.exit_code, result.stdout) == (0, "a\nb\n")
    assert "text/html" in result._repr_mimebundle_()


def test_another_code_than_zero_is_an_error_unless_it_is_wanted(containers: Connection) -> None:
    with pytest.raises(CommandFailed, match="exit code 3") as raised:
        containers.run("busybox", body="exit 3")
    assert raised.value.result.exit_code == 3
    assert not containers.run("busybox", body="exit 3", no_raise_error=True)


def test_what_a_container_used_is_known_when_it_is_gone(containers: Connection) -> None:
    hog = "dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2>/dev/null; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
    result = containers.run("busybox", "sh", "-c", hog)
    assert result.statistics is not None
    assert result.statistics.cpu_seconds > 0.05
    assert result.statistics.memory_peak_bytes > 40 << 20
    small = containers.run("busybox", "true").statistics
    assert small.memory_peak_bytes < 40 << 20
    assert small.cpu_seconds < result.statistics.cpu_seconds
    containers.run("busybox", "sleep", "100", name="box", detach=True)
    assert containers.exec("box", "true").statistics is None


def test_values_go_in_and_come_out(containers: Connection) -> None:
    script = 'sort -n "$VARIABLES/in/x.jsonl" > "$VARIABLES/out/y.jsonl"'
    result = containers.run("busybox", body=script, inputs={"x": [3, 1, 2]}, outputs=["y"])
    assert result.values == {"y": [1, 2, 3]}


def test_a_life_in_calls(containers: Connection) -> None:
    containers.run("busybox", "sleep", "100", detach=True, name="box", label={"a": "b"})
    assert [one.name for one in containers.ps(filter={"label": "a=b"})] == ["box"]
    assert containers.exec("box", "echo", "hi").stdout == "hi\n"
    assert containers.inspect("box")["State"]["Running"]
    containers.network.create("called", internal=True)
    containers.network.connect("called", "box")
    assert "called" in containers.inspect("box")["NetworkSettings"]["Networks"]
    containers.rm("box", force=True)
    containers.network.rm("called")
    with pytest.raises(NotFound, match="box"):
        containers.start("box")


def test_an_image_is_built_from_text(containers: Connection, tmp_path: Path) -> None:
    built = containers.build(str(tmp_path), body="FROM busybox\nRUN echo x > /x", tag="called")
    assert built
    assert containers.run("called", "cat", "/x").stdout == "x\n"
    assert "called:latest" in [name for image in containers.images() for name in image.names]
    assert containers.rmi("called").items == ("called",)


def test_the_client_is_below(containers: Connection, daemon: Daemon) -> None:
    assert containers.client.system.ping() >= (1, 41)
    assert repr(containers) == f"Connection('{daemon.host}')"


def test_settings_are_those_of_the_files(daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    settings_files.keep("host", daemon.host)
    with connect() as containers:
        assert containers.host == daemon.host
        assert containers.config("host").items == (daemon.host,)
        containers.config("image", "busybox")
        assert containers.config("image").items == ("busybox",)


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        connect(f"unix://{tmp_path}/nobody")


def test_a_plain_script_needs_no_ipython(daemon: Daemon, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom jupyter_containers import connect\n"
        f"with connect({daemon.host!r}) as containers:\n"
        "    print(containers.run('busybox', 'echo', 'hi').stdout, end='')\n"
        "print(sorted({'IPython', 'ipywidgets', 'asyncio'} & {*sys.modules}))\n"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    run = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("hi\n[]\n", "")
