"""Tests of engine.host_images; what an image shows is seen in tests/integration/api/routes/test_host_images.py."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.engine.host_images import name_of
from jupyter_containers.images.host_folders import Shown


def test_each_set_of_folders_has_its_own_name() -> None:
    folder, other = Path("/srv/a"), Path("/srv/b")
    names = [name_of(shown) for shown in (Shown((folder,)), Shown((), (folder,)), Shown((folder, other)))]
    assert len({str(name) for name in names}) == 3
    assert name_of(Shown((folder,))) == names[0]
    assert names[0].familiar.startswith("host:")
