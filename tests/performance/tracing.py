"""What a record of all calls to the kernel costs: `python -m tests.performance.tracing [rounds]`.

A container is made, started, waited for and removed, with a record and without one in turn.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.api.tracing import HEADER
from tests.performance.engine_api import UnixConnection
from tests.support.api_client import IMAGE, Api
from tests.support.daemon import running_daemon
from tests.support.standing_daemon import load_image

ROUNDS = 60


@dataclass(frozen=True)
class Cost:
    """Medians of one kind of run, in milliseconds."""

    wall_ms: float
    recorded_calls: int


def measure(rounds: int) -> tuple[Cost, Cost]:
    """Return what a run costs without a record and with one."""
    folder = Path(tempfile.mkdtemp())
    try:
        with running_daemon(folder) as daemon, closing(UnixConnection(os.fspath(daemon.socket))) as connection:
            load_image(Api(os.fspath(daemon.socket)))
            plain = _runs(connection, {})
            recorded = _runs(connection, {HEADER: "0" * 16})
            taken: tuple[list[float], list[float]] = ([], [])
            for number in range(rounds + 1):
                for once, times in zip((plain, recorded), taken, strict=True):
                    began = time.perf_counter()
                    once()
                    if number:
                        times.append((time.perf_counter() - began) * 1000)
            records = _call(connection, "GET", f"/traces/{'0' * 16}", None, {})["records"]
            counts = [len(record["calls"]) for record in records]
    finally:
        shutil.rmtree(folder)
    return Cost(statistics.median(taken[0]), 0), Cost(statistics.median(taken[1]), counts[-1])


def _runs(connection: UnixConnection, headers: dict[str, str]) -> Callable[[], None]:
    def run() -> None:
        body = {"Image": IMAGE, "Cmd": ["true"], "HostConfig": {"NetworkMode": "none"}}
        id_ = _call(connection, "POST", "/containers/create", body, {})["Id"]
        _call(connection, "POST", f"/containers/{id_}/start", None, headers)
        _call(connection, "POST", f"/containers/{id_}/wait", None, {})
        _call(connection, "DELETE", f"/containers/{id_}", None, {})

    return run


def _call(connection: UnixConnection, method: str, path: str, body: object, headers: dict[str, str]) -> Any:
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status < 400, text
    return json.loads(text) if text.strip() else None


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else ROUNDS
    plain, recorded = measure(rounds)
    print("| create + start + wait + remove, no network | time | calls |\n|---|---:|---:|")
    print(f"| not recorded | {plain.wall_ms:.1f} ms | - |")
    print(f"| recorded | {recorded.wall_ms:.1f} ms | {recorded.recorded_calls} |")


if __name__ == "__main__":
    main(sys.argv[1:])
