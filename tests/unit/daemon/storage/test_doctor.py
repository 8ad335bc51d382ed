"""Tests of daemon.storage.doctor."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.daemon.lock import Lock
from jupyter_containers.daemon.storage.doctor import NoStore, StoreInUse, as_json, as_text, examine, is_sound
from tests.support.resting_store import resting_store


def damage(data: Path) -> Path:
    with resting_store(data) as store:
        path = store.content.path(store.content.write(b"content"))
    os.truncate(path, 1)
    return path


def test_nothing_is_changed_without_being_asked(tmp_path: Path) -> None:
    path = damage(tmp_path)
    outcomes = examine(tmp_path)
    assert [(outcome.finding.what, outcome.mended) for outcome in outcomes] == [("blob", False)]
    assert path.exists()
    text = as_text(tmp_path, outcomes, repair=False)
    assert "      mend: remove it" in text
    assert text.endswith("Mend them with: doctor --storage --repair")


def test_what_is_mended_is_not_found_again(tmp_path: Path) -> None:
    path = damage(tmp_path)
    outcomes = examine(tmp_path, repair=True)
    assert is_sound(outcomes)
    assert not path.exists()
    assert as_text(tmp_path, outcomes, repair=True).endswith("The store is sound again: 1 things were mended.")
    assert as_json(tmp_path, examine(tmp_path)) == {"dataRoot": str(tmp_path), "sound": True, "findings": []}


def test_the_doctor_keeps_out_while_a_daemon_is_there(tmp_path: Path) -> None:
    damage(tmp_path)
    with Lock(tmp_path / "daemon.lock", "data-root"), pytest.raises(StoreInUse, match="jupyter-containers stop"):
        examine(tmp_path)


def test_where_no_daemon_was_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="no daemon has run there"):
        examine(tmp_path)
    assert list(tmp_path.iterdir()) == []
