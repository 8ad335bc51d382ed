"""Execs that never come to be; with real ones: tests/integration/engine/test_processes.py."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_containers.engine.containers.record import ExecSettings, Record, State, Status
from jupyter_containers.engine.processes import FAILED_EXIT_CODE, Execs
from jupyter_containers.errors import Conflict
from tests.support.roster import roster


class ShortShim:
    """There are no descriptors left for the streams."""

    async def exec(self, *_asked: Any, **_wanted: Any) -> None:
        raise OSError(errno.EMFILE, "Too many open files")


def test_an_exec_that_fails_for_lack_of_descriptors_has_failed(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path)
        execs = Execs(ours)
        container = ours.add(Record("a" * 64, "web", 1, "x", state=State(Status.RUNNING, 1)))
        container.shim = cast(Any, ShortShim())
        exec_ = execs.create(container, ExecSettings(("true",)))
        with pytest.raises(OSError, match="Too many open files"):
            await execs.start(exec_)
        assert (exec_.exit_code, exec_.is_running, container.exec_ids) == (FAILED_EXIT_CODE, False, [])
        with pytest.raises(Conflict, match="it is not running"):
            await asyncio.wait_for(execs.resize(exec_, height=1, width=1), 5)

    asyncio.run(test())
