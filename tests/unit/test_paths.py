"""Paths: where root and an ordinary user keep their state."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.paths import Places, default_configuration_file, default_places


def test_root_uses_the_folders_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_places() == Places(Path("/var/lib/jupyter-containers"), Path("/run/jupyter-containers"))
    assert default_configuration_file() == Path("/etc/jupyter-containers/daemon.json")


def test_a_user_has_them_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for name in ("DATA_HOME", "RUNTIME_DIR", "CONFIG_HOME"):
        monkeypatch.setenv(f"XDG_{name}", str(tmp_path / name))
    assert default_places() == Places(
        tmp_path / "DATA_HOME" / "jupyter-containers", tmp_path / "RUNTIME_DIR" / "jupyter-containers"
    )
    assert default_configuration_file() == tmp_path / "CONFIG_HOME" / "jupyter-containers" / "daemon.json"


def test_a_user_without_xdg_has_them_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DATA_HOME", "RUNTIME_DIR", "CONFIG_HOME"):
        monkeypatch.delenv(f"XDG_{name}", raising=False)
    places = default_places()
    assert places.data == tmp_path / ".local" / "share" / "jupyter-containers"
    assert places.run == Path("/tmp/jupyter-containers-1000")
    assert default_configuration_file() == tmp_path / ".config" / "jupyter-containers" / "daemon.json"


def test_files_lie_under_the_root_that_they_live_as_long_as() -> None:
    places = Places(Path("/d"), Path("/r"))
    assert {places.socket.parent, places.lock.parent, places.pidfile.parent} == {Path("/r")}
    assert places.log.parent == Path("/d")
