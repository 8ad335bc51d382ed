from __future__ import annotations

from jupyter_containers.build.executor import RUNTIME_MOUNT_POINTS
from jupyter_containers.runtime.defaults import default_mounts


def test_every_default_mount_is_known_as_a_place_that_the_runtime_makes() -> None:
    made = {mount.destination.lstrip("/") for mount in default_mounts()}
    assert made <= set(RUNTIME_MOUNT_POINTS)
