"""Tests of kernels.sockets."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from jupyter_containers.kernels.sockets import INSIDE, Sockets


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_only_its_owner_comes_in_and_the_kernel_may_be_anybody(tmp_path: Path) -> None:
    sockets = Sockets.make()
    modes = [stat.S_IMODE(place.stat().st_mode) for place in (sockets.outer, sockets.shared)]
    assert modes == [0o700, 0o777]
    assert sockets.volume == f"{sockets.shared}:{INSIDE}"
    assert len(Path(sockets.address).name) == 1
    sockets.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_kernel_gets_the_addresses_of_its_side(tmp_path: Path) -> None:
    sockets = Sockets.make()
    (tmp_path / "c.json").write_text(json.dumps({"ip": sockets.address, "key": "k", "shell_port": 1}))
    # What a kernel before has put in its place is not followed.
    (sockets.shared / "connection.json").symlink_to(tmp_path / "victim")
    sockets.write(str(tmp_path / "c.json"))
    written = json.loads((sockets.shared / "connection.json").read_text())
    assert written == {"ip": f"{INSIDE}/k", "key": "k", "shell_port": 1}
    assert not (tmp_path / "victim").exists()


def test_nothing_that_a_kernel_before_has_left_is_in_the_way(tmp_path: Path) -> None:
    sockets = Sockets.make()
    (tmp_path / "c.json").write_text(json.dumps({"key": "k"}))
    (tmp_path / "outside").mkdir()
    for name in ("connection.json", "k-1"):
        (sockets.shared / name).mkdir()
        (sockets.shared / name / "link").symlink_to(tmp_path / "outside")
    (sockets.shared / "k-2").symlink_to(tmp_path / "outside")
    sockets.write(str(tmp_path / "c.json"))
    assert [path.name for path in sockets.shared.iterdir()] == ["connection.json"]
    assert (tmp_path / "outside").is_dir()
