"""What is made in /dev says what it is, and what cannot be made is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.runtime_spec import Device
from jupyter_containers.runtime.operations.devices import MakeDevice, MakeLink, OpenTerminal
from jupyter_containers.runtime.operations.site import Site


def test_they_say_what_they_are() -> None:
    assert MakeDevice(Device("/dev/null", "c", 1, 3)).describe() == "make c 1:3 /dev/null"
    assert MakeLink("/dev/fd", "/proc/self/fd").describe() == "link /dev/fd -> /proc/self/fd"
    assert OpenTerminal().describe() == "open a terminal in /dev/pts and bind it on /dev/console"


def test_an_unknown_type_of_device_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="/dev/x: 'z'; it must be c, b or p"):
        MakeDevice(Device("/dev/x", "z", 1, 1)).execute(Site())


def test_a_device_on_something_else_of_the_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fuse").write_text("")
    site = Site(root_fd=os.open(tmp_path, os.O_PATH))
    try:
        with pytest.raises(InvalidParameter, match="cannot make device /fuse: the image has something else there"):
            MakeDevice(Device("/fuse", "c", 10, 229)).execute(site)
    finally:
        os.close(site.root_fd)


def test_a_terminal_needs_devpts() -> None:
    with pytest.raises(InvalidParameter, match="devpts"):
        OpenTerminal().execute(Site())
