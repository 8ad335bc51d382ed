"""States move only where the table allows, and survive their JSON."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from jupyter_containers.errors import Conflict, InvalidParameter
from jupyter_containers.runtime import state
from jupyter_containers.runtime.bundle import Bundle, BundleNotFound
from jupyter_containers.runtime.state import State, Status, advance

CREATED = State("c1", Status.CREATED, pid=7, pid_start_time=99, shim_pid=6, shim_start_time=98, created_at="t")
GOOD = {
    (Status.CREATED, Status.RUNNING), (Status.CREATED, Status.STOPPED), (Status.RUNNING, Status.PAUSED),
    (Status.RUNNING, Status.STOPPED), (Status.PAUSED, Status.RUNNING), (Status.PAUSED, Status.STOPPED),
}  # fmt: skip


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_the_moves_of_the_table_are_allowed(current: Status, wanted: Status) -> None:
    if (current, wanted) in GOOD:
        assert advance(current, wanted) is wanted
    else:
        with pytest.raises(Conflict, match=f"cannot go from {current.value} to {wanted.value}"):
            advance(current, wanted)


def test_a_move_changes_other_fields_with_it() -> None:
    moved = CREATED.moved(Status.RUNNING, started_at="now")
    assert (moved.status, moved.started_at, moved.pid) == (Status.RUNNING, "now", 7)


def test_a_state_survives_its_file(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path)
    state.write(bundle, CREATED)
    assert state.read(bundle) == CREATED


def test_a_state_of_a_newer_shim_is_read_without_its_new_fields() -> None:
    assert State.from_json(CREATED.to_json() | {"weather": "fine"}) == CREATED


@pytest.mark.parametrize("change", [{"status": "dancing"}, {"status": None}])
def test_an_unknown_status_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidParameter):
        State.from_json(CREATED.to_json() | change)


def test_a_state_without_a_pid_is_refused() -> None:
    with pytest.raises(InvalidParameter):
        State.from_json({"id": "c", "status": "created"})


def test_no_state_is_a_missing_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound):
        state.read(Bundle(tmp_path))
