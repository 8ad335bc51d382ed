"""Whose mounts are meant."""

from __future__ import annotations

import pytest

from jupyter_containers.runtime.foreign import owner_of, split_source


@pytest.mark.parametrize(
    ("path", "owner"), [("/proc/12/ns/pid", 12), ("/run/netns/x", None), ("/proc/self/ns/pid", None)]
)
def test_a_namespace_belongs_to_a_process_by_its_path(path: str, owner: int | None) -> None:
    assert owner_of(path) == owner


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("/proc/12/root/dev/shm", (12, "/dev/shm")),
        ("/dev/shm", None),
        ("/proc/12/root", None),
        ("/proc/1x/root/a", None),
    ],
)
def test_a_source_in_the_root_of_a_process_is_known(source: str, parts: tuple[int, str] | None) -> None:
    assert split_source(source) == parts
