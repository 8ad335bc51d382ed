"""One daemon per root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.daemon.lock import Lock
from jupyter_containers.errors import Conflict, InvalidParameter


def test_a_second_daemon_is_told_who_has_the_root(tmp_path: Path) -> None:
    with Lock(tmp_path / "daemon.lock", "exec-root"), pytest.raises(Conflict) as caught:
        Lock(tmp_path / "daemon.lock", "exec-root")
    assert f"pid {os.getpid()}" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_lock_of_a_daemon_that_died_is_free(tmp_path: Path) -> None:
    path = tmp_path / "daemon.lock"
    pid = os.fork()
    if pid == 0:
        Lock(path, "exec-root")
        os._exit(0)
    os.waitpid(pid, 0)
    assert path.read_text().strip() == str(pid)
    with Lock(path, "exec-root"):
        assert path.read_text().strip() == str(os.getpid())


def test_a_root_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidParameter, match="exec-root"):
        Lock(tmp_path / "file" / "daemon.lock", "exec-root")
