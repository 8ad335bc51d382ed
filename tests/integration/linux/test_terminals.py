from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts, terminals
from tests.support.children import answer_of


@pytest.mark.needs("root", "namespaces")
def test_a_terminal_of_another_devpts_instance_has_its_number_there(tmp_path: Path) -> None:
    def inside() -> list[object]:
        mounts.mount(None, "/", None, c.MS_REC | c.MS_PRIVATE)
        mounts.mount("devpts", tmp_path, "devpts", 0, "newinstance,ptmxmode=0666,mode=620")
        fd = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
        master_fd, slave_fd = terminals.open_pty_in(fd)
        device = os.stat(f"{tmp_path}/0").st_rdev
        return [terminals.slave_number(master_fd), os.fstat(slave_fd).st_rdev == device, sorted(os.listdir(tmp_path))]

    assert answer_of(inside, flags=c.CLONE_NEWNS) == [0, True, ["0", "ptmx"]]
