"""The states of a container, and what a record says of itself."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.record import Record, Settings, State, Status, advance
from jupyter_containers.errors import Conflict


def test_the_command_is_entrypoint_and_cmd() -> None:
    assert Settings(entrypoint=("sh", "-c"), cmd=("true",)).args == ("sh", "-c", "true")
    assert Settings(cmd=("true",)).args == ("true",)


@pytest.mark.parametrize("status", [Status.EXITED, Status.CREATED, Status.DEAD, Status.RESTARTING])
def test_what_does_not_run_may_be_removed(status: Status) -> None:
    assert advance(status, Status.REMOVING) is Status.REMOVING


@pytest.mark.parametrize("status", [Status.RUNNING, Status.PAUSED])
def test_what_runs_may_not_be_removed(status: Status) -> None:
    with pytest.raises(Conflict, match=f"from {status} to removing"):
        advance(status, Status.REMOVING)


def test_a_dead_container_only_goes() -> None:
    with pytest.raises(Conflict):
        advance(Status.DEAD, Status.RUNNING)


def test_a_paused_container_counts_as_running() -> None:
    assert State(Status.PAUSED).is_running
    assert not State(Status.RESTARTING).is_running


def test_a_record_knows_its_short_id_and_snapshot() -> None:
    record = Record("0123456789abcdef" * 4, "n", 1, "x")
    assert record.short_id == "0123456789ab"
    assert record.snapshot_key == f"container:{record.id}"
