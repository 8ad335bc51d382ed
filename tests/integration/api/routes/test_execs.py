"""The wire of exec: statuses, headers and the end of the stream."""

from __future__ import annotations

from tests.support.api_client import Api, frames


def test_the_stream_is_framed_and_says_so(api: Api) -> None:
    container = api.run("sleep", "60")
    body = {"Cmd": ["sh", "-c", "cat; echo err >&2"], "AttachStdin": True, "AttachStdout": True, "AttachStderr": True}
    exec_ = api.post(f"/containers/{container}/exec", body).json["Id"]
    stream = api.hijack(f"/exec/{exec_}/start", {})
    assert stream.headers.startswith(b"HTTP/1.1 101 UPGRADED")
    assert b"application/vnd.docker.multiplexed-stream" in stream.headers
    stream.send(b"in\n")
    stream.end_input()
    assert list(frames(stream.read())) == [(1, b"in\n"), (2, b"err\n")]
    stream.close()


def test_who_sees_the_end_may_ask_for_the_exit_code_at_once(api: Api) -> None:
    container = api.run("sleep", "60")
    for code in range(20):
        exec_ = api.post(f"/containers/{container}/exec", {"Cmd": ["sh", "-c", f"exit {code}"], "AttachStdout": True})
        stream = api.hijack(f"/exec/{exec_.json['Id']}/start", {})
        stream.read()
        found = api.get(f"/exec/{exec_.json['Id']}/json").json
        stream.close()
        assert (found["Running"], found["ExitCode"]) == (False, code)


def test_bad_requests_are_told_before_the_stream_begins(api: Api) -> None:
    container = api.run("sleep", "60")
    assert api.post("/exec/nosuch/start", {}).status == 404
    assert api.post(f"/containers/{container}/exec", {"Cmd": "x", "DetachKeys": "ctrl-"}).status == 400
    exec_ = api.post(f"/containers/{container}/exec", {"Cmd": ["true"]}).json["Id"]
    assert api.post(f"/exec/{exec_}/start", {"ConsoleSize": [1]}).status == 400
    assert api.post(f"/exec/{exec_}/start", {"Detach": "yes"}).status == 400
