"""Requests made up from Docker's description of the API: none is answered with 500, and none is never answered."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.api_client import Api
from tests.support.daemon import Daemon, running_daemon
from tests.support.generated_requests import EXEC, Request, requests
from tests.support.openapi import Description, engine_api
from tests.support.standing_daemon import load_image

# What dockerd itself answers with 500: everybody who asks for that shall see the same.
OF_DOCKER = (b"is not paused", b"Couldn't find PID field in ps output")
# Seconds: what is answered in a stream without an end is left after the first; nothing else takes the second.
STREAM_SECONDS, ANSWER_SECONDS = 0.3, 20.0
ENDLESS = ("/events", "/logs", "/stats", "/attach", "/ws", "/wait", "/exec/{id}/start")
REFUSED = ("/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs", "/plugins", "/session")
ROUNDS, ENDLESS_ROUNDS = 20, 8
ROUNDS_OF = {
    "POST /containers/create": 150, "POST /networks/create": 60, "POST /containers/{id}/update": 60,
    "POST /volumes/create": 40, "POST /networks/{id}/connect": 40, "POST /containers/{id}/exec": 40,
}  # fmt: skip


def _operations() -> list[str]:
    try:
        description = engine_api()
    except pytest.skip.Exception:
        return []
    return [
        f"{method} {path}"
        for method, path in description.operations()
        if not path.startswith(REFUSED) and path != "/images/search"
    ]


@pytest.fixture(scope="module")
def description() -> Description:
    return engine_api()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon with the image busybox."""
    folder = tmp_path_factory.mktemp("d")
    with running_daemon(folder) as daemon:
        api = Api(os.fspath(daemon.socket))
        load_image(api)
        api.output("true", host={"NetworkMode": "bridge"})
        yield daemon
    shutil.rmtree(folder)


def restore(api: Api) -> None:
    """Make what the requests are about where it is not, or not any more."""
    if api.get("/images/busybox/json").status == 404:
        load_image(api)
    for name in ("box", "stopped", "paused"):
        if api.get(f"/containers/{name}/json").status == 404:
            api.create("sh", "-c", "trap exit TERM; sleep 600 & wait", name=name)
    for name in ("box", "paused"):
        api.post(f"/containers/{name}/start")
    api.post("/containers/paused/pause")
    api.post("/containers/box/unpause")
    api.post("/volumes/create", {"Name": "volume"})
    api.post("/networks/create", {"Name": "network"})


def clear(api: Api) -> None:
    """Remove all that there is now."""
    for container in api.get("/containers/json", all=1).json:
        api.post(f"/containers/{container['Id']}/unpause")
        api.remove(container["Id"])
    for network in api.get("/networks").json:
        if network["Name"] not in ("bridge", "host", "none"):
            assert api.delete(f"/networks/{network['Id']}").status == 204
    for volume in api.get("/volumes").json["Volumes"] or ():
        assert api.delete(f"/volumes/{quote(volume['Name'], safe='')}").status == 204


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("d", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def with_exec(api: Api, request: Request) -> Request:
    """Put the id of a new exec in its place."""
    if EXEC not in request.url:
        return request
    made = api.post("/containers/box/exec", {"Cmd": ["sleep", "600"], "AttachStdout": True, "Tty": True})
    if not request.url.startswith(f"/exec/{EXEC}/start"):
        api.post(f"/exec/{made.json['Id']}/start", {"Detach": True, "Tty": True})
    return replace(request, url=request.url.replace(EXEC, made.json["Id"]))


def status_of(api: Api, request: Request, *, endless: bool) -> tuple[int, bytes]:
    """Return status and content; of an endless answer what comes in time, and 0 when not even a status does."""
    connection = _Connection(api.path, STREAM_SECONDS if endless else ANSWER_SECONDS)
    status, content = 0, b""
    try:
        connection.request(request.method, f"/v1.51{request.url}", request.body, dict(request.headers))
        answer = connection.getresponse()
        status = answer.status
        if status != 101:
            content = answer.read()
    except TimeoutError:
        if not endless:
            raise AssertionError(f"no answer within {ANSWER_SECONDS} s: {request!r}") from None
    except (http.client.HTTPException, ConnectionError):
        # A stream that ends without a last chunk: legal for what is hijacked, and for nothing else.
        assert endless, f"a broken answer: {request!r}"
    finally:
        connection.close()
    return status, content


@pytest.mark.parametrize("operation", _operations())
def test_an_operation_is_never_answered_with_500(busy: Daemon, description: Description, operation: str) -> None:
    method, path = operation.split()
    api = Api(os.fspath(busy.socket))
    restore(api)
    is_endless = path.endswith(ENDLESS)

    @settings(
        max_examples=ENDLESS_ROUNDS if is_endless else ROUNDS_OF.get(operation, ROUNDS), derandomize=True,
        deadline=None, database=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(requests(description, method, path), st.integers(0, 9))
    def search(request: Request, number: int) -> None:
        status, content = status_of(api, with_exec(api, request), endless=is_endless)
        assert status != 500 or any(words in content for words in OF_DOCKER), (
            f"{request!r}: {content!r}\n{busy.log[-3000:]}"
        )
        if operation == "POST /containers/create" and status == 201:
            # What cannot be started is refused with a sentence; the log tells whether that was one of ours.
            api.post(f"/containers/{json.loads(content)['Id']}/start")
        if operation == "POST /networks/create" and status == 201:
            api.delete(f"/networks/{json.loads(content)['Id']}")
        if number == 0:
            restore(api)

    try:
        search()
    finally:
        clear(api)
    started = time.monotonic()
    assert api.get("/_ping").status == 200
    assert time.monotonic() - started < 1
    assert "Traceback" not in busy.log
