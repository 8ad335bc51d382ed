"""The daemon's side of the conversation; the other side is written out by hand in each test."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import Conflict, ContainersError, InvalidParameter, Unavailable
from jupyter_containers.oci.runtime_spec import Process, Resources
from jupyter_containers.shim import protocol
from jupyter_containers.shim.protocol import Exit, LogOptions
from jupyter_containers.supervisor.connection import Shim, ShimLost

IDENTIFIER = "c" * 64
ENDED = {"exit_code": 3, "at_ns": 7, "oom_killed": False, "reason": ""}


class Peer:
    """The shim's end of the socket."""

    def __init__(self, end: socket.socket) -> None:
        self.end = protocol.roomy(end)
        self.end.setblocking(False)
        self.fds: list[int] = []

    async def hear(self) -> dict[str, Any]:
        while True:
            try:
                message, self.fds = protocol.receive(self.end)
            except BlockingIOError:
                await asyncio.sleep(0)
                continue
            assert message is not None
            return message

    def say(self, message: dict[str, Any], *fds: int) -> None:
        protocol.send(self.end, message, fds)

    async def answer(self, **body: Any) -> dict[str, Any]:
        """Hear a request, answer it, and return it."""
        request = await self.hear()
        self.say({"id": request["id"], **(body or {"ok": {}})})
        return request


def talk(work: Callable[[Shim, Peer], Awaitable[None]]) -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shim, peer = Shim(IDENTIFIER, ours), Peer(theirs)
        try:
            await work(shim, peer)
        finally:
            shim.close()
            theirs.close()

    asyncio.run(asyncio.wait_for(main(), 10))


def test_each_answer_finds_its_question() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        first, second = asyncio.create_task(shim.usage()), asyncio.create_task(shim.processes())
        asked = [await peer.hear(), await peer.hear()]
        assert [request["op"] for request in asked] == ["usage", "pids"]
        peer.say({"id": asked[1]["id"], "ok": {"pids": [4, 5]}})
        peer.say({"id": asked[0]["id"], "ok": {"usage": {"pids": 2}}})
        assert await first == {"pids": 2}
        assert await second == [4, 5]

    talk(work)


def test_an_error_arrives_as_its_kind_with_details() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        data = {"kind": "conflict", "message": "no", "details": {"exit_code": 126}}
        _, outcome = await asyncio.gather(peer.answer(error=data), shim.start(), return_exceptions=True)
        assert isinstance(outcome, Conflict)
        assert outcome.details["exit_code"] == 126

    talk(work)


def test_the_words_of_the_protocol_carry_what_was_asked() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        for call, expected in (
            (shim.kill(15, "e", everyone=True), {"op": "kill", "signal": 15, "target": "e", "everyone": True}),
            (shim.resize(24, 80), {"op": "resize", "height": 24, "width": 80, "target": ""}),
            (shim.pause(), {"op": "pause"}),
            (shim.resume(), {"op": "resume"}),
            (
                shim.update(Resources(pids_limit=5)),
                {"op": "update", "resources": {"devices": [], "pids": {"limit": 5}}},
            ),
        ):
            request, _ = await asyncio.gather(peer.answer(), call)
            assert request | expected == request

    talk(work)


def test_create_tells_of_the_network_while_it_goes_on() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        heard: list[int] = []
        task = asyncio.create_task(
            shim.create(log=LogOptions("/log"), stdin_open=True, on_network=lambda fd, _netlink: heard.append(fd))
        )
        request = await peer.hear()
        assert request["log"] == LogOptions("/log").to_json()
        assert (request["stdin_open"], request["stdin_once"]) == (True, False)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as netlink, open("/proc/self/ns/net") as namespace:
            peer.say({"event": "network"}, namespace.fileno(), netlink.fileno())
        while not heard:
            await asyncio.sleep(0)
        assert not task.done()
        peer.say({"id": request["id"], "ok": {"pid": 9}})
        created = await task
        assert created.pid == 9
        assert heard == [created.netns_fd]
        assert created.netlink is not None
        assert created.netlink.family == socket.AF_NETLINK
        assert created.netns_fd is not None
        os.close(created.netns_fd)
        created.netlink.close()

    talk(work)


def test_a_create_that_fails_leaves_no_descriptor() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        before = set(os.listdir("/proc/self/fd"))
        task = asyncio.create_task(shim.create())
        request = await peer.hear()
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as netlink, open("/proc/self/ns/net") as namespace:
            peer.say({"event": "network"}, namespace.fileno(), netlink.fileno())
        peer.say({"id": request["id"], "error": {"kind": "system", "message": "broken"}})
        with pytest.raises(ContainersError, match="broken"):
            await task
        assert set(os.listdir("/proc/self/fd")) == before

    talk(work)


def test_a_network_that_comes_when_its_create_was_given_up_is_nobodys() -> None:
    """Who has given up has looked what there is to undo: what began afterwards would stay."""
    heard: list[int] = []

    async def work(shim: Shim, peer: Peer) -> None:
        task = asyncio.create_task(shim.create(on_network=lambda fd, _netlink: heard.append(fd)))
        request = await peer.hear()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        before = set(os.listdir("/proc/self/fd"))
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as netlink, open("/proc/self/ns/net") as namespace:
            peer.say({"event": "network"}, namespace.fileno(), netlink.fileno())
        peer.say({"id": request["id"], "ok": {"pid": 7}})
        usage = asyncio.create_task(shim.usage())
        await peer.answer(ok={"usage": {}})
        await usage
        assert heard == []
        assert set(os.listdir("/proc/self/fd")) == before

    talk(work)


def test_attach_gives_the_other_end_away() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        request, ours = await asyncio.gather(peer.answer(), shim.attach("e", stdin=True, stderr=True))
        assert request | {"op": "attach", "target": "e", "stdin": True, "stdout": False, "stderr": True} == request
        with socket.socket(fileno=peer.fds[0]) as theirs, ours:
            theirs.sendall(b"out")
            assert await asyncio.get_running_loop().sock_recv(ours, 10) == b"out"

    talk(work)


def test_a_refused_attach_leaves_no_descriptor() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        gc.collect()  # what other tests have left to it
        before = set(os.listdir("/proc/self/fd"))
        error = {"kind": "not_found", "message": "no"}
        _, outcome = await asyncio.gather(peer.answer(error=error), shim.attach("e"), return_exceptions=True)
        assert isinstance(outcome, ContainersError)
        for fd in peer.fds:
            os.close(fd)
        assert set(os.listdir("/proc/self/fd")) == before

    talk(work)


def test_an_exec_s_end_is_known_even_when_it_came_before_anybody_waited() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        task = asyncio.create_task(shim.exec("e1", Process(("true",)), detached=True))
        request = await peer.hear()
        assert request["process"]["args"] == ["true"]
        assert peer.fds == []
        peer.say({"id": request["id"], "ok": {"pid": 12}})
        peer.say({"event": "exit", "target": "e1", **ENDED})
        assert await task == (12, None)
        assert await shim.wait("e1") == Exit(3, 7)
        shim.forget("e1")
        assert (await peer.hear())["op"] == "forget"

    talk(work)


def test_any_number_may_wait_and_one_who_gives_up_disturbs_nobody() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        waiters = [asyncio.create_task(shim.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        await asyncio.sleep(0)
        peer.say({"event": "exit", "target": "", **ENDED})
        assert await asyncio.gather(*waiters[1:]) == [Exit(3, 7)] * 2
        assert await shim.wait() == Exit(3, 7)

    talk(work)


def test_a_lost_shim_is_told_to_all_who_wait_and_all_who_come() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        asked, waits = asyncio.create_task(shim.usage()), asyncio.create_task(shim.wait())
        await peer.hear()
        peer.end.close()
        for task in (asked, waits):
            with pytest.raises(ShimLost, match=IDENTIFIER):
                await task
        with pytest.raises(Unavailable):
            await shim.attach()
        with pytest.raises(ShimLost):
            await shim.wait("another")

    talk(work)


def test_an_end_that_was_heard_stays_known_after_the_connection_is_closed() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        peer.say({"event": "exit", "target": "", **ENDED})
        await shim.wait()
        shim.close()
        assert await shim.wait() == Exit(3, 7)
        shim.close()

    talk(work)


def test_a_description_brings_ends_that_came_before_this_connection() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        body = {"shim_pid": 4, "state": None, "exits": {"": ENDED, "e": ENDED | {"exit_code": 9}}, "running": []}
        await asyncio.gather(peer.answer(ok=body), shim.describe())
        assert shim.pid == 4
        assert (await shim.wait()).exit_code == 3
        assert (await shim.wait("e")).exit_code == 9

    talk(work)


def test_delete_lets_go_of_the_shim() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        request, _ = await asyncio.gather(peer.answer(), shim.delete())
        assert request["op"] == "delete"
        with pytest.raises(ShimLost):
            await shim.start()

    talk(work)


def test_with_its_mounts_kept_the_shim_is_let_go_of_when_they_are_gone() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        request, _ = await asyncio.gather(peer.answer(ok={"pid": 7}), shim.create(keeps_mounts=True))
        assert request["keeps_mounts"]
        await asyncio.gather(peer.answer(ok={"has_mounts": True}), shim.delete())
        assert shim.is_open
        assert not shim.unmounted.done()
        peer.say({"event": "unmounted"})
        await asyncio.wrap_future(shim.unmounted)
        assert not shim.is_open

    talk(work)


def test_a_shim_that_died_is_not_there() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        assert shim.is_there()
        peer.end.close()
        assert shim.is_open, "the loop has not heard of it"
        assert not shim.is_there()

    talk(work)


def test_create_says_whose_shim_it_is(tmp_path: Path) -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        shim.assign("a" * 64, tmp_path / "bundle", tmp_path / "socket")
        request, _ = await asyncio.gather(peer.answer(ok={"pid": 7}), shim.create())
        place = {"container": "a" * 64, "bundle": f"{tmp_path}/bundle", "socket": f"{tmp_path}/socket"}
        assert request["place"] == place
        assert shim.container_id == "a" * 64

    talk(work)


def test_an_environment_that_is_too_large_is_refused_before_anything_is_sent() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        with pytest.raises(InvalidParameter, match="over the limit"):
            await shim.exec("e", Process(("true",), ("X=" + "x" * protocol.MAX_PACKET,)), detached=True)
        await asyncio.gather(peer.answer(), shim.pause())

    talk(work)


def test_an_answer_that_nobody_waits_for_any_more_is_dropped() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        task = asyncio.create_task(shim.usage())
        request = await peer.hear()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        peer.say({"id": request["id"], "ok": {"usage": {}}})
        peer.say({"id": 999, "ok": {}})
        await asyncio.gather(peer.answer(), shim.pause())

    talk(work)


def test_the_sockets_of_a_name_server_come_beside_the_answer_and_are_the_callers() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        asking = asyncio.create_task(shim.name_server(port=53))
        request = await peer.hear()
        assert (request["op"], request["port"]) == ("name_server", 53)
        with socket.socket() as one, socket.socket() as other:
            peer.say({"event": "name_server"}, one.fileno(), other.fileno())
            peer.say({"id": request["id"], "ok": {}})
            given = await asking
            assert [os.fstat(fd).st_ino for fd in given] == [os.fstat(end.fileno()).st_ino for end in (one, other)]
        shim.close()
        for fd in given:
            os.close(fd)

    talk(work)


def test_sockets_whose_request_failed_are_closed() -> None:
    async def work(shim: Shim, peer: Peer) -> None:
        asking = asyncio.create_task(shim.name_server())
        request = await peer.hear()
        before = len(os.listdir("/proc/self/fd"))
        with socket.socket() as one:
            peer.say({"event": "name_server"}, one.fileno())
        peer.say({"id": request["id"], "error": {"kind": "conflict", "message": "no", "details": {}}})
        with pytest.raises(Conflict, match="no"):
            await asking
        assert len(os.listdir("/proc/self/fd")) == before

    talk(work)
