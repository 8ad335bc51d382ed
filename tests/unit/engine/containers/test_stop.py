"""What does not depend on a process; with real ones: tests/integration/engine/containers/test_stop.py."""

from __future__ import annotations

import asyncio
from pathlib import Path

from jupyter_containers.engine.containers.record import Record, State, Status
from jupyter_containers.engine.containers.stop import stop
from tests.support.roster import roster


def test_what_has_ended_already_is_stopped_as_soon_as_that_is_recorded(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path)
        container = ours.add(Record("a" * 64, "web", 1, "x", state=State(status=Status.RUNNING, pid=1)))
        # Its shim has been let go, but those who wait for the end have not been told yet.
        stopping = asyncio.create_task(stop(ours, container, timeout_seconds=0))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not stopping.done()
        ours.save_state(container, status=Status.EXITED, pid=0)
        container.tell_exit()
        assert await asyncio.wait_for(stopping, 5)

    asyncio.run(test())
