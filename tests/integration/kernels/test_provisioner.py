"""Kernels in containers, started as Jupyter starts them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import parse
from jupyter_containers.commands.results import Result
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import InvalidParameter
from tests.support.api_client import Api
from tests.support.daemon import Daemon, running_daemon
from tests.support.eventually import eventually
from tests.support.front_double import RememberingFront
from tests.support.notebook_kernel import SECONDS


@pytest.fixture(autouse=True)
def surroundings(daemon: Daemon, tidy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kernelspecs, connection files and sockets in folders of the test's, and a notebook's folder to work in."""
    for name in ("data", "runtime", "work", "t"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    monkeypatch.setenv("SERVER_SECRET", "hidden")
    before = set(Path(tempfile.gettempdir()).glob("jck-*"))
    yield
    assert set(Path(tempfile.gettempdir()).glob("jck-*")) == before


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def container(line: str, body: str = "") -> Result:
    """Say a line of %container."""
    session = Session(RememberingFront(), surface="magic")
    session.body = body
    words = line.split()
    command = table.find(words[0], "magic")
    try:
        result = command.action(session, parse(command, words[1:], surface="magic", prog="%container"))
        assert result is not None
        return result
    finally:
        session.close()


def built(dockerfile: str, name: str) -> None:
    container(f"build -t {name}", dockerfile)


@contextmanager
def running(name: str, work: Path) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager, client = start_new_kernel(kernel_name=name, cwd=str(work), startup_timeout=SECONDS)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
        manager.context.destroy(linger=0) if manager.context is not None else None


def said(client: BlockingKernelClient, code: str) -> str:
    """Run code; return what it printed, or the name of its error."""
    pieces: list[str] = []

    def take(message: dict[str, Any]) -> None:
        content = message["content"]
        pieces.append(content.get("text") or content.get("ename") or "")

    client.execute_interactive(code, timeout=SECONDS, output_hook=take)
    return "".join(pieces)


def kernels(api: Api) -> list[dict[str, Any]]:
    return list(api.get("/containers/json", all=1, filters='{"label": ["jupyter-containers.kernel"]}').json)


def test_a_kernel_runs_inside_and_leaves_nothing(api: Api, work: Path, tmp_path: Path) -> None:
    (work / "data.txt").write_text("seen\n")
    installed = container("kernel install host --name boxed --memory 512m")
    assert "installed kernel boxed" in installed.text()
    with running("boxed", work) as (manager, client):
        assert said(client, "print(open('data.txt').read())") == "seen\n\n"
        assert said(client, "import os; print(os.environ.get('SERVER_SECRET'), os.getcwd())") == f"None {work}\n"
        assert said(client, "print(os.listdir('/sys/class/net'))") == "['lo']\n"
        said(client, "import shutil; shutil.rmtree('/usr/share'); os.remove('data.txt')")
        assert (work / "data.txt").exists()
        assert len(kernels(api)) == 1
        assert container("kernel list").text().splitlines()[1].split()[:5] == ["boxed", "host", "512", "MiB", "none"]
        sockets = Path(manager.ip).parent
        assert len(list(sockets.glob("k-*"))) == 5
    assert kernels(api) == []
    assert not sockets.exists()
    assert list((tmp_path / "runtime").iterdir()) == []


def test_an_interrupt_ends_the_cell_and_not_the_kernel(work: Path) -> None:
    container("kernel install host --name boxed")
    with running("boxed", work) as (manager, client):
        said(client, "x = 1")
        request = client.execute("print('begun', flush=True)\nimport time\ntime.sleep(100)")
        # Its line may come in two pieces.
        while not client.get_iopub_msg(timeout=SECONDS)["content"].get("text", "").startswith("begun"):
            pass
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=SECONDS)
        while reply["parent_header"].get("msg_id") != request:
            reply = client.get_shell_msg(timeout=SECONDS)
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        # For a moment after an error ipykernel refuses what comes, which then says nothing.
        assert eventually(lambda: said(client, "print(x)")) == "1\n"


def test_a_restart_is_a_new_container_at_the_same_addresses(api: Api, work: Path) -> None:
    container("kernel install host --name boxed")
    with running("boxed", work) as (manager, client):
        said(client, "x = 1; open('left', 'w')")
        (before,) = kernels(api)
        manager.restart_kernel()
        client.wait_for_ready(timeout=SECONDS)
        assert said(client, "x") == "NameError"
        assert said(client, "import os; print(os.listdir())") == "[]\n"
        (after,) = kernels(api)
        assert before["Id"] != after["Id"]


def test_a_daemon_that_is_started_again_finds_the_kernel_running(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_daemon(tmp_path / "d") as daemon:
        monkeypatch.setenv("DOCKER_HOST", daemon.host)
        api = Api(os.fspath(daemon.socket))
        container("kernel install host --name boxed")
        with running("boxed", work) as (manager, client):
            said(client, "x = 1")
            daemon.kill()
            try:
                assert manager.is_alive()
                assert said(client, "print(x)") == "1\n"
            finally:
                daemon.start()
            assert manager.is_alive()
            manager.restart_kernel()
            client.wait_for_ready(timeout=SECONDS)
            assert said(client, "x") == "NameError"
            assert len(kernels(api)) == 1
        assert kernels(api) == []


def test_a_memory_hog_dies_and_the_reason_is_told(api: Api, work: Path) -> None:
    container("kernel install host --name small --memory 100m --memory-swap 100m")
    with running("small", work) as (manager, client):
        client.execute("x = bytearray(400 << 20)")
        assert eventually(lambda: not manager.is_alive(), within_seconds=SECONDS)
        assert manager.provisioner.death_reason == "killed at its memory limit (100 MiB)"  # type: ignore[union-attr]
    assert "killed at its memory limit (100 MiB)" in container("kernel list").text()
    assert kernels(api) == []


def test_the_next_kernel_says_once_why_there_is_one(work: Path) -> None:
    container("kernel install host --name small --memory 100m --memory-swap 100m")
    with running("small", work) as (manager, client):
        client.execute("x = bytearray(400 << 20)")
        assert eventually(lambda: not manager.is_alive(), within_seconds=SECONDS)
        manager.restart_kernel(now=True)  # as the server does by itself
        client.wait_for_ready(timeout=SECONDS)
        told = "The kernel was started again, and its variables are gone: the one before was killed at its memory limit"
        assert said(client, "print('on')") == f"{told} (100 MiB)\non\n"
        assert said(client, "print('on')") == "on\n"


def test_the_folder_can_be_mounted_and_a_network_be_given(work: Path) -> None:
    container("kernel install host --name mounted --net bridge -v .:/mine -w /mine")
    with running("mounted", work) as (_, client):
        assert said(client, "open('made', 'w').write('x'); import os; print(sorted(os.listdir('/sys/class/net')))") == (
            "['eth0', 'lo']\n"
        )
    assert (work / "made").read_text() == "x"


def test_what_a_dead_server_has_left_is_removed_by_the_next(api: Api, work: Path) -> None:
    container("kernel install host --name boxed")
    with running("boxed", work) as (_, client):
        said(client, "1")
        (mine,) = kernels(api)
        owner = mine["Labels"]["jupyter-containers.kernel.owner"]
        pid, _, rest = owner.partition(":")
        stale = f"{pid}:{int(rest.split(':')[0]) - 1}:{rest.partition(':')[2]}"
        labels = {"jupyter-containers.kernel": "x", "jupyter-containers.kernel.owner": stale}
        orphan = api.create("sleep", "100", Labels=labels)
        with running("boxed", work):
            ids = [found["Id"] for found in kernels(api)]
            assert mine["Id"] in ids
            assert orphan not in ids


def test_an_image_that_cannot_be_one_says_why(work: Path) -> None:
    with pytest.raises(InvalidParameter, match="image busybox has no Python"):
        container("kernel install busybox")


def test_an_image_without_ipykernel_says_what_to_do(work: Path) -> None:
    remove = "import ipykernel, os, shutil; shutil.rmtree(os.path.dirname(ipykernel.__file__))"
    built(f'FROM host\nRUN python3 -c "{remove}"\n', "lacking")
    with pytest.raises(InvalidParameter, match=r"no ipykernel \(ModuleNotFoundError: .*FROM lacking, RUN pip install"):
        container("kernel install lacking")


def test_an_image_of_another_user_with_an_entrypoint(work: Path) -> None:
    built('FROM host\nRUN chmod a+rx /root\nUSER 1234\nENV HOME=/tmp\nENTRYPOINT ["false"]\n', "other/user:1")
    assert "installed kernel other-user-1" in container("kernel install other/user:1").text()
    with running("other-user-1", work) as (_, client):
        assert said(client, "import os; print(os.getuid())") == "1234\n"
