"""What goes into containers and comes out of them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.supervised import Place, Supervised, read_raw, read_raw_until, read_streams, split, supervised

pytestmark = pytest.mark.needs("root", "namespaces", "overlay")

MEBIBYTE = 1 << 20


def sleeps(container: Supervised) -> bool:
    """Tell whether the shim waits for something to happen, and did so all the time between two looks."""

    def look() -> tuple[str, str]:
        status = Path(f"/proc/{container.shim.pid}/stat").read_text().rpartition(")")[2].split()
        return status[0], status[11] + status[12] + Path(f"/proc/{container.shim.pid}/schedstat").read_text()

    before = look()
    signal.sigtimedwait([], 0.05)
    return before[0] == "S" and look() == before


def test_who_attaches_before_the_start_sees_everything(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", "echo first; echo oops >&2; echo last")
        await container.create()
        streams = [await container.shim.attach(stdout=True, stderr=True) for _ in range(3)]
        only_errors = await container.shim.attach(stderr=True)
        await container.shim.start()
        for stream in streams:
            assert await read_streams(stream) == (b"first\nlast\n", b"oops\n")
        assert await read_streams(only_errors) == (b"", b"oops\n")
        await container.shim.wait()
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_the_end_of_input_reaches_the_process_and_its_output_still_comes(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", "sha256sum; echo done >&2")
        stream = await container.run(stdin_open=True, stdin_once=True)
        content = os.urandom(3 * MEBIBYTE)
        await asyncio.get_running_loop().sock_sendall(stream, content)
        stream.shutdown(socket.SHUT_WR)
        out, error = await read_streams(stream)
        assert out.split()[0].decode() == hashlib.sha256(content).hexdigest()
        assert error == b"done\n"
        assert (await container.shim.wait()).exit_code == 0
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_input_that_stays_open_outlives_who_gave_it(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", "while read line; do echo got $line; done")
        first = await container.run(stdin_open=True)
        first.send(b"one\n")
        await read_raw_until(first, b"got one\n")
        first.close()
        second = await container.shim.attach(stdin=True, stdout=True)
        second.send(b"two\n")
        await read_raw_until(second, b"got two\n")
        # As dockerd does: who stops typing has left, and the container goes on.
        second.shutdown(socket.SHUT_WR)
        assert await read_raw(second) == b""
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)


def test_without_open_input_a_process_reads_its_end_at_once(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("cat")
        assert await read_streams(await container.run()) == (b"", b"")
        assert (await container.shim.wait()).exit_code == 0
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_a_slow_reader_gets_all_of_it_even_when_the_container_is_deleted_meanwhile(
    tmp_path: Path, rootfs: Path
) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", "head -c 900000 /dev/zero; echo -n end >&2")
        stream = await container.run()
        await container.shim.wait()
        await container.shim.delete()
        assert not (place.run_root / "s" / "x").exists()
        out, error = await read_streams(stream)
        assert (len(out), error) == (900000, b"end")

    supervised(tmp_path, rootfs, work)


def test_who_does_not_read_makes_the_container_wait_and_loses_nothing(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", "head -c 20000000 /dev/zero; echo end")
        stream = await container.run()
        # The shim has no more to do once it, the sockets and the pipe hold what they can.
        await asyncio.to_thread(eventually, lambda: container.log_path.stat().st_size > MEBIBYTE and sleeps(container))
        assert container.log_path.stat().st_size < 60 * MEBIBYTE  # six bytes in the log for each zero
        out, _ = await read_streams(stream)
        assert out == bytes(20000000) + b"end\n"
        await container.shim.wait()
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_who_does_not_read_and_goes_lets_the_container_go_on(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", "head -c 5000000 /dev/zero")
        stream = await container.run()
        await asyncio.to_thread(eventually, lambda: container.log_path.stat().st_size > MEBIBYTE and sleeps(container))
        stream.close()
        assert (await container.shim.wait()).exit_code == 0
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_the_log_is_to_the_byte_what_was_written(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        script = r"printf 'a<b>\t\377\n'; head -c 20000 /dev/zero | tr '\0' x; echo; printf 'no end'"
        container = await place.container("sh", "-c", script)
        await read_raw(await container.run())
        await container.shim.wait()
        content = container.log_path.read_bytes()
        lines = [json.loads(line) for line in content.splitlines()]
        assert content.startswith(rb'{"log":"a\u003cb\u003e\u0009\ufffd\n","stream":"stdout","time":"')
        assert [line["log"] for line in lines[1:]] == ["x" * 16384, "x" * 3616 + "\n", "no end"]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", line["time"]) for line in lines)
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_a_terminal_is_raw_has_a_size_and_hears_of_new_ones(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        script = "trap 'stty size; echo changed' WINCH; tty; stty size; while :; do read line && echo got $line; done"
        container = await place.container("sh", "-c", script, process={"terminal": True, "console_size": (33, 99)})
        stream = await container.run(stdin_open=True)
        assert b"/dev/pts/0\r\n33 99\r\n" in await read_raw_until(stream, b"33 99\r\n")
        stream.send(b"hello\n")
        assert b"hello\r\ngot hello\r\n" in await read_raw_until(stream, b"got hello\r\n")
        await container.shim.resize(40, 120)
        stream.send(b"\n")
        await read_raw_until(stream, b"changed\r\n")
        stream.send(b"\x1c")  # quit, typed
        rest = asyncio.create_task(read_raw(stream))
        await container.shim.kill(signal.SIGKILL)
        assert (await container.shim.wait()).exit_code in (131, 137)
        await rest
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_all_that_a_terminal_s_process_wrote_last_arrives(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", "seq 1 3000", process={"terminal": True})
        out = await read_raw(await container.run())
        assert out == b"".join(b"%d\r\n" % number for number in range(1, 3001))
        await container.shim.wait()
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_an_exec_has_streams_of_its_own_and_ends_before_they_do(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        main = await container.run()
        process = container.process("sh", "-c", "cat; echo err >&2; exit 5")
        pid, stream = await container.shim.exec("e", process, stdin=True, stdout=True, stderr=True)
        assert stream is not None
        assert pid in await container.shim.processes()
        await asyncio.get_running_loop().sock_sendall(stream, b"fed")
        stream.shutdown(socket.SHUT_WR)
        assert await read_streams(stream) == (b"fed", b"err\n")
        # Who sees the end of the stream may ask for the exit code at once.
        ended = await asyncio.wait_for(container.shim.wait("e"), 0.5)
        assert ended.exit_code == 5
        container.shim.forget("e")
        await container.kill_and_delete()
        assert await read_streams(main) == (b"", b"")

    supervised(tmp_path, rootfs, work)


def test_an_exec_on_a_terminal(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        await container.shim.start()
        process = container.process("sh", "-c", "tty; stty size; read x; echo $x", terminal=True, console_size=(20, 70))
        _, stream = await container.shim.exec("e", process, stdin=True, stdout=True)
        assert stream is not None
        assert b"20 70\r\n" in await read_raw_until(stream, b"20 70\r\n")
        await container.shim.resize(10, 10, "e")
        stream.send(b"word\n")
        assert (await read_raw(stream)).endswith(b"word\r\n")
        assert (await container.shim.wait("e")).exit_code == 0
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)


def test_what_an_exec_leaves_in_the_background_may_finish_a_sentence(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        await container.shim.start()
        process = container.process("sh", "-c", "(usleep 300000; echo late) & echo now")
        _, stream = await container.shim.exec("e", process, stdout=True)
        assert stream is not None
        begun = asyncio.get_running_loop().time()
        assert (await container.shim.wait("e")).exit_code == 0
        assert asyncio.get_running_loop().time() - begun < 0.25
        assert split(await read_raw(stream)) == (b"now\nlate\n", b"")
        endless = container.process("sh", "-c", "yes & exit 4")
        await container.shim.exec("f", endless, stdout=True, detached=True)
        assert (await container.shim.wait("f")).exit_code == 4
        assert await container.shim.processes()  # it still answers
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)


@pytest.mark.parametrize(("args", "code"), [(("no-such-program",), 127), (("/etc",), 126)])
def test_an_exec_that_cannot_be_executed_says_so(
    tmp_path: Path, rootfs: Path, args: tuple[str, ...], code: int
) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        await container.shim.start()
        with pytest.raises(Exception, match=args[0]) as caught:
            await container.shim.exec("e", container.process(*args), stdout=True)
        assert caught.value.details["exit_code"] == code  # type: ignore[attr-defined]
        assert (await container.shim.describe())["running"] == [""]
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)
