"""Build steps as containers, through a real build: what a step sees, how it ends, and that nothing of it stays."""

from __future__ import annotations

import http.client
import json
import os
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_client import IMAGE, Api
from tests.support.daemon import Daemon
from tests.support.eventually import eventually
from tests.support.tiny_image import tar_of

pytestmark = pytest.mark.needs("root", "overlay")


def build(api: Api, *instructions: str, **query: Any) -> list[Any]:
    dockerfile = "\n".join((f"FROM {IMAGE}", *instructions)).encode()
    answer = api.post("/build", tar_of({"Dockerfile": dockerfile}), **{"nocache": 1, "networkmode": "none", **query})
    return [json.loads(line) for line in answer.content.splitlines()]


def printed(lines: list[Any]) -> str:
    text = "".join(line["stream"] for line in lines if "output" in line.get("step", {}))
    return text.replace("\x1b[91m", "").replace("\x1b[0m", "")


def left(daemon: Daemon) -> list[str]:
    """Return the folders that steps have while they run."""
    bundles = daemon.run / "bundles"
    return [*(os.listdir(bundles) if bundles.exists() else ()), *os.listdir(daemon.data / "tmp")]


def test_a_step_has_its_environment_user_folder_and_name(api: Api, daemon: Daemon) -> None:
    lines = build(
        api, "ENV A=b", "WORKDIR /w", "USER alice", "RUN echo $A $(pwd) $(id -un) $$ $(hostname | wc -c)", "RUN ip addr"
    )
    assert printed(lines).startswith("b /w alice 1 13\n"), lines
    assert "eth0" not in printed(lines)
    assert left(daemon) == []


def test_a_step_on_the_bridge_has_an_address_and_a_resolver(api: Api, daemon: Daemon) -> None:
    lines = build(api, "RUN ip -4 addr show eth0 && test -s /etc/resolv.conf && cat /etc/hosts", networkmode="default")
    assert "inet 172." in printed(lines) or "inet 1" in printed(lines), lines
    assert "127.0.0.1\tlocalhost" in printed(lines)
    assert left(daemon) == []


def test_a_step_that_fails_leaves_nothing(api: Api, daemon: Daemon) -> None:
    last = build(api, "RUN echo before; exit 3")[-1]
    assert last["errorDetail"]["code"] == 3
    assert left(daemon) == []
    missing = build(api, 'RUN ["/no/such/program"]')[-1]["error"]
    assert "/no/such/program" in missing
    assert left(daemon) == []


def test_a_client_that_gives_up_ends_the_process(api: Api, daemon: Daemon) -> None:
    mark = f"9{os.getpid()}"
    content = tar_of({"Dockerfile": f"FROM {IMAGE}\nRUN echo be''gun; sleep {mark}\n".encode()})
    head = f"POST /build?networkmode=none&nocache=1 HTTP/1.1\r\nHost: d\r\nContent-Length: {len(content)}\r\n\r\n"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.fspath(daemon.socket))
        connection.sendall(head.encode() + content)
        with closing(http.client.HTTPResponse(connection)) as answer:
            answer.begin()
            while b"begun" not in answer.readline():
                pass
            eventually(lambda: running(mark))
    eventually(lambda: not running(mark) and left(daemon) == [])


def running(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == f"sleep\0{mark}\0".encode():
                return True
        except OSError:
            continue
    return False


def test_mounts_of_a_step_are_there_for_its_time(api: Api, daemon: Daemon) -> None:
    lines = build(
        api,
        "RUN echo of-stage > /made",
        f"FROM {IMAGE}",
        "RUN --mount=from=0,source=made,target=/m/f --mount=source=Dockerfile,target=/D"
        " --mount=type=cache,target=/var/c --mount=type=tmpfs,target=/t,size=4k"
        " cat /m/f && head -c 4 /D && echo && echo kept > /var/c/f && stat -f -c %T /t",
        "RUN --mount=type=cache,target=/var/c cat /var/c/f; ls -d /m /D /t; true",
    )
    assert printed(lines).startswith("of-stage\nFROM\ntmpfs\nkept\n"), lines
    assert printed(lines).count("No such file") == 3, lines
    assert left(daemon) == []
    pruned = api.post("/build/prune", b"", all=1).json
    assert pruned["SpaceReclaimed"] > 0
