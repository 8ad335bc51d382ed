"""Many containers: as many as a class starts at once, and as many as one machine holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from tests.performance import daemons
from tests.performance.boxes import LABEL, remove_all
from tests.performance.daemons import Side
from tests.performance.engine_api import EngineApi

AT_ONCE = 64
# One of dockerd's takes a quarter of a second to start.
HELD = {"jupyter_containers": 200, "dockerd": 20}


def run_at_once(side: Side) -> Callable[[], None]:
    """`run --rm` in as many connections as containers, each as the CLI does it: create, wait, start."""

    def once() -> None:
        failures: list[BaseException] = []

        def one() -> None:
            try:
                run_and_remove(side.host)
            except (OSError, AssertionError) as error:
                failures.append(error)

        threads = [threading.Thread(target=one) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures[0]

    return once


def run_and_remove(host: str) -> None:
    api, waiting = EngineApi(host), EngineApi(host)
    body = {"Image": daemons.IMAGE, "Cmd": ["true"], "HostConfig": {"AutoRemove": True}}
    container_id = api.call("POST", "/containers/create", body)["Id"]
    ended = waiting.ask("POST", f"/containers/{container_id}/wait?condition=removed")
    api.call("POST", f"/containers/{container_id}/start")
    assert b'"StatusCode":0' in ended().replace(b" ", b"")
    api.close()
    waiting.close()


def held(sides: Sequence[Side], share: float = 1.0) -> tuple[list[float], list[float]]:
    """Return, for each side, megabytes for each running container, and processor milliseconds per second of all.

    The daemon's growth and the shims' private memory count. `share` of HELD containers are started.
    """
    megabytes, used = [], []
    for side in sides:
        count = max(2, round(HELD[side.name] * share))
        side.api.run("true", network="bridge")  # what is made once is there
        before = sum(map(daemons.resident_bytes, side.family()))
        body = {"Image": daemons.IMAGE, "Cmd": ["sleep", "600"], "Labels": {LABEL: ""}}
        ids = [side.api.call("POST", "/containers/create", body)["Id"] for _ in range(count)]
        for container_id in ids:
            side.api.call("POST", f"/containers/{container_id}/start")
        pids = [side.api.call("GET", f"/containers/{container_id}/json")["State"]["Pid"] for container_id in ids]
        shims = [daemons.parent(pid) for pid in pids]
        grown = sum(map(daemons.resident_bytes, side.family())) - before
        megabytes.append((grown + sum(map(daemons.private_bytes, shims))) / count / 1e6)
        used.append(_processor_ms([*side.family(), *shims]))
        remove_all(side)
    return megabytes, used


def _processor_ms(pids: Sequence[int], seconds: float = 3.0) -> float:
    before = sum(map(daemons.cpu_ns, pids))
    time.sleep(seconds)
    return (sum(map(daemons.cpu_ns, pids)) - before) / seconds / 1e6
