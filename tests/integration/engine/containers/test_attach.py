"""Attach: before the start, while it runs, and when it never starts."""

from __future__ import annotations

from tests.support.api_client import Api, frames


def test_who_attached_before_the_start_misses_nothing(api: Api) -> None:
    container = api.create("sh", "-c", "echo first; cat; echo last >&2", OpenStdin=True, StdinOnce=True)
    stream = api.hijack(f"/containers/{container}/attach", stream=1, stdin=1, stdout=1, stderr=1)
    assert stream.headers.startswith(b"HTTP/1.1 101 UPGRADED\r\n")
    stream.send(b"typed ahead\n")
    stream.end_input()
    api.post(f"/containers/{container}/start")
    seen = list(frames(stream.read()))
    # Lines that come at the same time may share a frame.
    assert b"".join(content for number, content in seen if number == 1) == b"first\ntyped ahead\n"
    assert b"".join(content for number, content in seen if number == 2) == b"last\n"
    stream.close()
    assert api.wait(container) == 0


def test_several_see_the_same_and_may_choose_a_stream(api: Api) -> None:
    container = api.create("sh", "-c", "echo out; echo err >&2")
    both = api.hijack(f"/containers/{container}/attach", stream=1, stdout=1, stderr=1)
    only_errors = api.hijack(f"/containers/{container}/attach", stream=1, stderr=1)
    api.post(f"/containers/{container}/start")
    assert sorted(frames(both.read())) == [(1, b"out\n"), (2, b"err\n")]
    assert list(frames(only_errors.read())) == [(2, b"err\n")]
    both.close()
    only_errors.close()


def test_who_attached_to_a_start_that_fails_sees_the_end(api: Api) -> None:
    container = api.create("nope")
    stream = api.hijack(f"/containers/{container}/attach", stream=1, stdout=1)
    assert api.post(f"/containers/{container}/start").status == 400
    assert stream.read() == b""
    stream.close()


def test_who_leaves_before_the_start_is_forgotten(api: Api) -> None:
    container = api.create("echo", "hi")
    api.hijack(f"/containers/{container}/attach", stream=1, stdout=1).close()
    assert api.post(f"/containers/{container}/start").status == 204
    assert api.wait(container) == 0


def test_a_terminal_is_raw_and_the_detach_keys_leave_it_running(api: Api) -> None:
    container = api.create("sh", "-c", "stty -echo; echo ready; cat", Tty=True, OpenStdin=True)
    query = {"stream": 1, "stdin": 1, "stdout": 1, "stderr": 1}
    stream = api.hijack(f"/containers/{container}/attach", **query)
    api.post(f"/containers/{container}/start")
    assert stream.read(until=b"ready\r\n") == b"ready\r\n"
    stream.send(b"hi\n")
    assert stream.read(until=b"hi\r\n") == b"hi\r\n"
    stream.send(b"\x10\x11")
    assert stream.read() == b""
    stream.close()
    assert api.state(container)["Running"]
    assert api.events(container)[-1] == "detach"
    again = api.hijack(f"/containers/{container}/attach", logs=1, **query)
    assert b"ready" in again.read(until=b"hi\r\n")
    again.close()


def test_what_is_paused_cannot_be_attached_to(api: Api) -> None:
    container = api.run("sleep", "60")
    api.post(f"/containers/{container}/pause")
    answer = api.post(f"/containers/{container}/attach", stream=1, stdout=1)
    assert answer.status == 409
    assert "is paused, unpause the container before attach" in answer.message
