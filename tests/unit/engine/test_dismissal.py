"""Letting go of shims that are in good order, busy, or lost."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyter_containers.engine import dismissal
from jupyter_containers.errors import Conflict, NotFound
from jupyter_containers.supervisor.connection import ShimLost


class Group:
    def __init__(self, said: list[str]) -> None:
        self._said = said

    def kill(self) -> None:
        self._said.append("group killed")

    def remove(self) -> None:
        self._said.append("group removed")


class Groups:
    """Cgroups of which one may be left."""

    def __init__(self, said: list[str], left: bool) -> None:
        self._said, self._left = said, left

    def open(self, path: str) -> Group:
        self._said.append(f"open {path}")
        if not self._left:
            raise NotFound(f"no group {path}")
        return Group(self._said)


class Shim:
    """A shim that answers `delete` with what it is told, one after the other."""

    container_id = "c" * 64

    def __init__(self, said: list[str], *answers: Exception | None) -> None:
        self._said, self._answers = said, list(answers)

    async def delete(self) -> None:
        self._said.append("delete")
        answer = self._answers.pop(0)
        if answer is not None:
            raise answer

    async def kill(self, number: int, *, everyone: bool) -> None:
        self._said.append(f"kill {number} {everyone}")

    async def wait(self) -> None:
        self._said.append("wait")

    def close(self) -> None:
        self._said.append("close")


def dismissed(*answers: Exception | None, left: bool = False) -> list[str]:
    said: list[str] = []
    environment: Any = SimpleNamespace(cgroups=Groups(said, left), places=SimpleNamespace(run=Path("/nonexistent")))
    shim: Any = Shim(said, *answers)
    asyncio.run(dismissal.dismiss(environment, shim))
    return said


def test_a_shim_of_a_stopped_container_is_deleted() -> None:
    assert dismissed(None) == ["delete"]


def test_what_still_runs_is_killed_first() -> None:
    kill = f"kill {int(signal.SIGKILL)} True"
    assert dismissed(Conflict("is running"), None) == ["delete", kill, "wait", "delete"]


def test_the_group_of_a_lost_shim_goes() -> None:
    said = dismissed(ShimLost("c" * 64), left=True)
    assert said == ["delete", f"open jupyter-containers/{'c' * 64}", "group killed", "group removed", "close"]


def test_a_lost_shim_without_a_group_is_nothing_to_complain_about() -> None:
    assert dismissed(ShimLost("c" * 64))[-1] == "close"
