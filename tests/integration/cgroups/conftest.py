"""A group of the host's own backend, under a name of this session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from jupyter_containers.cgroups import manager
from jupyter_containers.cgroups.manager import Cgroup, CgroupManager
from jupyter_containers.oci.runtime_spec import Resources

# Not the parent that daemons use: another one's test may run meanwhile.
PARENT = f"jupyter-containers-test-{os.getpid()}"


@pytest.fixture
def cgroups() -> Iterator[CgroupManager]:
    """The backend of this host."""
    chosen = manager.choose()
    yield chosen
    chosen.tidy(PARENT)


@pytest.fixture
def make(cgroups: CgroupManager) -> Iterator[Callable[..., Cgroup]]:
    """Make groups with limits; they are removed with all that runs in them."""
    made: list[Cgroup] = []

    def make_one(name: str = "one", **limits: object) -> Cgroup:
        group = cgroups.create(f"{PARENT}/{name}", Resources(**limits))  # type: ignore[arg-type]
        made.append(group)
        return group

    yield make_one
    for group in made:
        group.kill()
        group.remove()
