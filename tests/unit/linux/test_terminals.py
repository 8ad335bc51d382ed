from __future__ import annotations

import os

import pytest

from jupyter_containers.linux import terminals


def test_a_pty_is_made_by_path_and_by_descriptor() -> None:
    dev_pts_fd = os.open("/dev/pts", os.O_PATH | os.O_DIRECTORY)
    try:
        for place in ("/dev/pts", dev_pts_fd):
            master_fd, slave_fd = terminals.open_pty_in(place)
            try:
                assert os.isatty(slave_fd)
                assert os.ttyname(slave_fd) == f"/dev/pts/{terminals.slave_number(master_fd)}"
                os.write(slave_fd, b"out")
                assert os.read(master_fd, 10) == b"out"
                assert not os.get_inheritable(master_fd)
                assert not os.get_inheritable(slave_fd)
            finally:
                os.close(master_fd)
                os.close(slave_fd)
    finally:
        os.close(dev_pts_fd)


def test_the_size_of_one_end_is_that_of_the_other() -> None:
    master_fd, slave_fd = terminals.open_pty_in("/dev/pts")
    try:
        terminals.set_size(master_fd, 24, 132)
        assert terminals.get_size(slave_fd) == (24, 132)
    finally:
        os.close(master_fd)
        os.close(slave_fd)


def test_a_session_leader_gets_its_controlling_terminal() -> None:
    master_fd, slave_fd = terminals.open_pty_in("/dev/pts")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setsid()
            terminals.make_controlling(slave_fd)
            os.close(os.open("/dev/tty", os.O_RDWR))
            code = 0 if os.tcgetpgrp(slave_fd) == os.getpgrp() else 2
        finally:
            os._exit(code)
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    finally:
        os.close(master_fd)
        os.close(slave_fd)


def test_what_is_no_terminal_is_refused() -> None:
    with open(os.devnull, "rb") as file, pytest.raises(OSError):
        terminals.make_controlling(file.fileno())
    with pytest.raises(FileNotFoundError):
        terminals.open_pty_in("/no/such/devpts")
