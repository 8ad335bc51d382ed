"""wait, logs and stats on the wire."""

from __future__ import annotations

import socket
import time

import pytest

from tests.support.api_client import Api, frames

SCRIPT = "echo one; echo two >&2; printf half"


def ask(api: Api, path: str, method: str = "POST") -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(api.path)
    client.sendall(f"{method} /v{api.version}{path} HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n".encode())
    return client


def test_the_headers_of_wait_go_at_once_and_the_body_at_the_end(api: Api) -> None:
    container = api.create("sh", "-c", "exit 3")
    with ask(api, f"/containers/{container}/wait?condition=next-exit") as client:
        assert client.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(4096)
        client.settimeout(20)
        api.post(f"/containers/{container}/start")
        assert b'{"StatusCode":3}' in client.recv(4096)


def test_wait_follows_the_version(api: Api) -> None:
    container = api.create("true")
    assert api.post(f"/containers/{container}/wait").content == b'{"StatusCode":0}\n'
    assert api.at("1.41").post(f"/containers/{container}/wait").json == {"Error": None, "StatusCode": 0}
    assert api.post(f"/containers/{container}/wait", condition="bad").status == 400


def test_wait_for_the_removal(api: Api) -> None:
    container = api.create("sh", "-c", "exit 4", host={"AutoRemove": True})
    with ask(api, f"/containers/{container}/wait?condition=removed") as client:
        client.recv(4096)
        api.post(f"/containers/{container}/start")
        assert b'{"StatusCode":4}' in client.recv(4096)
    assert api.get(f"/containers/{container}/json").status == 404


def test_logs_are_framed_with_times_and_a_tail(api: Api) -> None:
    container = api.run("sh", "-c", SCRIPT)
    api.wait(container)
    answer = api.get(f"/containers/{container}/logs", stdout=1, stderr=1)
    assert sorted(frames(answer.content)) == [(1, b"half"), (1, b"one\n"), (2, b"two\n")]
    assert answer.headers["Content-Type"] == "application/vnd.docker.multiplexed-stream"
    timed = api.get(f"/containers/{container}/logs", stdout=1, timestamps=1, tail=1).content
    [(_, line)] = frames(timed)
    moment, _, text = line.partition(b" ")
    assert (text, len(moment), moment[-1:]) == (b"half", 30, b"Z")
    assert api.get(f"/containers/{container}/logs", stderr=1).content == b"\x02" + bytes(6) + b"\x04two\n"


def test_logs_of_a_terminal_are_raw(api: Api) -> None:
    container = api.run("sh", "-c", "echo hi", Tty=True)
    api.wait(container)
    answer = api.get(f"/containers/{container}/logs", stdout=1)
    assert (answer.content, answer.headers["Content-Type"]) == (b"hi\r\n", "application/vnd.docker.raw-stream")


def test_followed_logs_come_as_they_are_written_and_end(api: Api) -> None:
    container = api.run("sh", "-c", "for i in 1 2 3; do echo $i; usleep 200000; done")
    with ask(api, f"/containers/{container}/logs?stdout=1&follow=1", "GET") as client:
        seen, times = b"", []
        while b"0\r\n\r\n" not in seen:
            piece = client.recv(4096)
            assert piece
            seen += piece
            times.append(time.monotonic())
    assert b"1\n" in seen
    assert b"3\n" in seen
    assert times[-1] - times[0] > 0.3


def test_since_and_until_are_moments(api: Api) -> None:
    container = api.run("sh", "-c", SCRIPT)
    api.wait(container)
    assert api.logs(container, since=str(time.time() + 5)) == ""
    assert api.logs(container, until="1") == ""
    assert "one" in api.logs(container, since="10m")
    answer = api.get(f"/containers/{container}/logs", stdout=1, since="zz")
    assert answer.status == 400
    assert "parameter since" in answer.message


def test_logs_of_no_stream_and_of_no_log_are_refused(api: Api) -> None:
    container = api.create("true", host={"LogConfig": {"Type": "none"}})
    assert api.get(f"/containers/{container}/logs").message == "Bad parameters: you must choose at least one stream"
    answer = api.get(f"/containers/{container}/logs", stdout=1)
    assert (answer.status, answer.message) == (501, "configured logging driver does not support reading")


def test_a_log_is_rotated_and_read_over_its_files(api: Api) -> None:
    options = {"LogConfig": {"Type": "json-file", "Config": {"max-size": "20k", "max-file": "3"}}}
    container = api.run("sh", "-c", "for i in $(seq 2000); do echo line $i; done", host=options)
    api.wait(container)
    lines = api.logs(container).splitlines()
    assert lines[-1] == "line 2000"
    first = int(lines[0].split()[1])
    assert lines == [f"line {number}" for number in range(first, 2001)]
    assert first > 1
    assert api.logs(container, tail=400).splitlines() == lines[-400:]


def test_stats_are_refused_when_they_contradict_themselves(api: Api) -> None:
    container = api.create("true")
    assert api.get(f"/containers/{container}/stats", stream=1, **{"one-shot": 1}).status == 400


def test_attach_refuses_bad_keys_before_the_stream_begins(api: Api) -> None:
    container = api.create("true")
    answer = api.post(f"/containers/{container}/attach", stream=1, detachKeys="bad-zz")
    assert (answer.status, answer.message) == (400, "Invalid detach keys (bad-zz) provided")


def test_attach_with_the_log_misses_nothing_of_a_start_that_follows_and_sees_nothing_twice(api: Api) -> None:
    for _ in range(15):
        container = api.create("echo", "said")
        for lines in (1, 2):
            stream = api.hijack(f"/containers/{container}/attach", stream=1, stdout=1, logs=1)
            api.post(f"/containers/{container}/start")
            assert b"".join(payload for _, payload in frames(stream.read())) == b"said\n" * lines
            stream.close()
            api.wait(container)
        api.remove(container)


def test_attach_refuses_a_log_that_cannot_be_read(api: Api) -> None:
    container = api.create("true", host={"LogConfig": {"Type": "none"}})
    answer = api.post(f"/containers/{container}/attach", logs=1, stdout=1)
    assert (answer.status, answer.message) == (501, "configured logging driver does not support reading")
