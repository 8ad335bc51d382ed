"""The maker: what it leaves to the shim, and what it takes along when it fails or dies."""

from __future__ import annotations

import os
import signal
import socket
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.cgroups.manager import choose
from jupyter_containers.errors import NotFound
from jupyter_containers.runtime import state as states
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.create import let_go
from jupyter_containers.runtime.newborn import NAMESPACES
from jupyter_containers.runtime.state import Status
from jupyter_containers.shim import maker, protocol
from tests.support.children import exit_of
from tests.support.containers import overlay, spec_for
from tests.support.eventually import eventually

pytestmark = pytest.mark.needs("root", "namespaces", "overlay")

# With all its namespaces of its own it is born ahead, where the host's cgroups allow that.
WAYS = pytest.mark.parametrize("namespaces", [sorted(NAMESPACES), []], ids=["born ahead", "made to order"])


@pytest.fixture
def bundle(tmp_path: Path, rootfs: Path) -> Bundle:
    identifier = uuid.uuid4().hex * 2
    spec = spec_for(
        rootfs, "sh", "-c", "echo out; echo err >&2; exit 4", rootfs=(overlay(rootfs, tmp_path),),
        cgroups_path=f"jupyter-containers/{identifier}",
    )  # fmt: skip
    return Bundle.create(tmp_path / identifier, spec)


class Shim:
    """The shim's place, in a process whose children are reaped there and nowhere else; and the daemon's."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.daemon, self._control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.daemon.settimeout(10)
        self.from_maker = maker.fork(self._control, choose())
        self.from_maker.settimeout(10)

    def create(self, namespaces: list[str], **more: Any) -> None:
        self.place = {"container": "c", "bundle": self.bundle.place, "socket": "/nowhere"}
        request = {"stdin_open": False, "stdin_once": False, "terminal": False, "log": None, "namespaces": namespaces}
        protocol.send(self.daemon, {"id": 2, "op": "create", "place": self.place, **request, **more})

    def network(self) -> str:
        message, (netns_fd, netlink_fd) = protocol.receive(self.daemon)
        assert message == {"event": "network"}
        name = os.readlink(f"/proc/self/fd/{netns_fd}")
        os.close(netns_fd)
        os.close(netlink_fd)
        return name

    def created(self) -> int:
        message, _ = protocol.receive(self.daemon)
        assert message is not None
        assert message["id"] == 2
        return int(message["ok"]["pid"])

    def control_has(self, message: dict[str, Any]) -> bool:
        return protocol.receive(self._control)[0] == message

    def handed_over(self) -> tuple[dict[str, Any] | None, list[int]]:
        """What comes after whose it is, if that comes."""
        message, fds = protocol.receive(self.from_maker)
        return (
            protocol.receive(self.from_maker) if message == {"adopt": getattr(self, "place", None)} else (message, fds)
        )


def in_a_shim(work: Any) -> None:
    assert exit_of(work) == 0
    choose().tidy("jupyter-containers")


def children() -> list[int]:
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return [int(pid) for pid in text.split()]


def living() -> Iterator[int]:
    for pid in children():
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            yield pid


def group_is_gone(bundle: Bundle) -> bool:
    try:
        choose().open(f"jupyter-containers/{bundle.path.name}")
    except NotFound:
        return True
    return False


@WAYS
def test_the_container_is_the_shim_s_child_and_the_maker_is_gone(bundle: Bundle, namespaces: list[str]) -> None:
    def work() -> None:
        shim = Shim(bundle)
        shim.create(namespaces)
        network, pid = shim.network(), shim.created()
        protocol.send(shim.daemon, {"id": 3, "op": "pause"})
        message, (go_fd, out_fd, err_fd) = shim.handed_over()
        assert message is not None
        assert message["create"]["id"] == 2
        assert message["made"]["pid"] == pid
        assert not message["made"]["terminal"]
        assert message["made"]["cgroup"] == f"jupyter-containers/{bundle.path.name}"
        assert message["state"] == states.read(bundle).to_json()
        assert (message["state"]["status"], message["state"]["shim_pid"]) == ("created", os.getpid())
        assert os.readlink(f"/proc/{pid}/ns/net") == network
        eventually(lambda: list(living()) == [pid])
        assert shim.control_has({"id": 3, "op": "pause"}), "what comes next is the shim's to hear"
        let_go(pid, go_fd)
        assert os.read(out_fd, 100) == b"out\n"
        assert os.read(err_fd, 100) == b"err\n"
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
        choose().open(message["made"]["cgroup"]).remove()

    in_a_shim(work)


@WAYS
def test_a_container_that_is_started_at_once_is_handed_over_running(bundle: Bundle, namespaces: list[str]) -> None:
    def work() -> None:
        shim = Shim(bundle)
        shim.create(namespaces)
        shim.network()
        pid = shim.created()
        protocol.send(shim.daemon, {"id": 3, "op": "start"})
        assert protocol.receive(shim.daemon)[0] == {"id": 3, "ok": {}}
        message, (out_fd, _err_fd) = shim.handed_over()
        assert message is not None
        assert message["state"]["status"] == "running"
        assert message["failed"] is None
        assert os.read(out_fd, 100) == b"out\n"
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
        choose().open(message["made"]["cgroup"]).remove()

    in_a_shim(work)


@WAYS
def test_create_and_start_can_be_one_request(bundle: Bundle, namespaces: list[str]) -> None:
    def work() -> None:
        shim = Shim(bundle)
        shim.create(namespaces, starts=True)
        pid = shim.created()
        assert states.read(bundle).status is Status.RUNNING
        message, (out_fd, _err_fd) = shim.handed_over()
        assert message is not None
        assert message["state"] == states.read(bundle).to_json()
        assert message["failed"] is None
        assert os.read(out_fd, 100) == b"out\n"
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
        choose().open(message["made"]["cgroup"]).remove()

    in_a_shim(work)


@WAYS
def test_one_request_whose_start_fails_is_the_shim_s_to_answer(bundle: Bundle, namespaces: list[str]) -> None:
    spec = bundle.load_spec()
    Bundle.create(bundle.path, replace(spec, process=replace(spec.process, args=("/nowhere",))))

    def work() -> None:
        shim = Shim(bundle)
        shim.create(namespaces, starts=True)
        message, _fds = shim.handed_over()
        assert message is not None
        assert message["failed"]["id"] == 2
        assert message["failed"]["error"]["details"]["exit_code"] == 127
        os.waitpid(message["made"]["pid"], 0)
        choose().open(message["made"]["cgroup"]).remove()

    in_a_shim(work)


@WAYS
def test_a_log_that_cannot_be_written_leaves_no_container(bundle: Bundle, namespaces: list[str]) -> None:
    def work() -> None:
        shim = Shim(bundle)
        log = {"path": f"{bundle.place}/config.json/log", "max_bytes": 0, "max_files": 1, "driver": "json-file"}
        shim.create(namespaces, starts=True, log=log)
        message, fds = shim.handed_over()
        assert message is not None
        assert "config.json" in message["error"]["message"]
        assert fds == []
        eventually(lambda: list(living()) == [])
        assert group_is_gone(bundle)

    in_a_shim(work)


@WAYS
def test_a_start_that_fails_is_the_shim_s_to_answer(bundle: Bundle, namespaces: list[str]) -> None:
    spec = bundle.load_spec()
    Bundle.create(bundle.path, replace(spec, process=replace(spec.process, args=("/nowhere",))))

    def work() -> None:
        shim = Shim(bundle)
        shim.create(namespaces)
        shim.network()
        pid = shim.created()
        protocol.send(shim.daemon, {"id": 3, "op": "start"})
        message, _fds = shim.handed_over()
        assert message is not None
        assert message["failed"]["id"] == 3
        assert message["failed"]["error"]["details"]["exit_code"] == 127
        assert message["state"]["status"] == "running"
        os.waitpid(pid, 0)
        choose().open(message["made"]["cgroup"]).remove()

    in_a_shim(work)


@WAYS
def test_a_maker_that_is_killed_half_way_leaves_nothing_that_runs(bundle: Bundle, namespaces: list[str]) -> None:
    def work() -> None:
        shim = Shim(bundle)
        (pid, *_) = children()
        os.kill(pid, signal.SIGSTOP)
        shim.create(namespaces)
        os.kill(pid, signal.SIGKILL)
        assert shim.handed_over() == (None, [])
        eventually(lambda: not list(living()))

    in_a_shim(work)


@WAYS
def test_a_failure_arrives_with_its_words_and_details(bundle: Bundle, namespaces: list[str]) -> None:
    os.unlink(bundle.config_path)

    def work() -> None:
        shim = Shim(bundle)
        shim.create(namespaces)
        if namespaces:
            shim.network()
        message, fds = shim.handed_over()
        assert message is not None
        assert message["error"]["kind"] == "not_found"
        assert str(bundle.path) in message["error"]["message"]
        assert fds == []
        eventually(lambda: not list(living()))
        assert group_is_gone(bundle)

    in_a_shim(work)


def test_what_else_is_asked_for_is_the_shim_s_to_answer(bundle: Bundle) -> None:
    def work() -> None:
        shim = Shim(bundle)
        protocol.send(shim.daemon, {"id": 4, "op": "pause"})
        answer, _ = protocol.receive(shim.daemon)
        assert answer is not None
        assert (answer["id"], answer["error"]["kind"]) == (4, "conflict")
        protocol.send(shim.daemon, {"id": 5, "op": "describe"}, [shim.daemon.fileno()])
        message, fds = shim.handed_over()
        assert message == {"asked": {"id": 5, "op": "describe"}}
        assert len(fds) == 1
        eventually(lambda: not list(living()))

    in_a_shim(work)


def test_it_goes_with_the_daemon_and_so_does_what_was_born_ahead(bundle: Bundle) -> None:
    def work() -> None:
        shim = Shim(bundle)
        shim.daemon.close()
        assert shim.handed_over() == (None, [])
        eventually(lambda: not list(living()))

    in_a_shim(work)
