from __future__ import annotations

import ctypes
import errno
import os

import pytest

from jupyter_containers.linux import constants, libc


def test_a_result_is_a_number() -> None:
    assert libc.call("getpid") == os.getpid()


def test_a_refusal_is_an_oserror_with_call_reason_and_path() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        libc.call("chdir", b"/no/such/place", path=b"/no/such/place")
    assert caught.value.errno == errno.ENOENT
    assert caught.value.strerror == "chdir: No such file or directory"
    assert caught.value.filename == b"/no/such/place"


def test_a_raw_call_takes_numbers_pointers_and_buffers() -> None:
    buffer = ctypes.create_string_buffer(64)
    number = 79 if os.uname().machine == "x86_64" else 17
    length = libc.syscall(number, "getcwd", buffer, len(buffer))
    assert buffer.raw[:length].rstrip(b"\0").decode() == os.getcwd()[: length - 1]


def test_a_raw_call_that_is_not_there_says_so() -> None:
    with pytest.raises(OSError, match="no_such_call: Function not implemented") as caught:
        libc.syscall(9999, "no_such_call")
    assert caught.value.errno == errno.ENOSYS


def test_numbers_are_not_cut_to_32_bits() -> None:
    # An address in the upper half of the address space is EFAULT only if it arrives whole; cut, it may be zero.
    read_fd, write_fd = os.pipe()
    os.write(write_fd, b"x")
    try:
        with pytest.raises(OSError) as caught:
            libc.call("read", read_fd, 1 << 62, 1)
        assert caught.value.errno == errno.EFAULT
        assert os.read(read_fd, 1) == b"x"
    finally:
        os.close(read_fd)
        os.close(write_fd)


def test_setns_of_something_that_is_no_namespace_is_refused() -> None:
    with open(os.devnull, "rb") as file, pytest.raises(OSError, match="setns: Invalid argument"):
        libc.syscall(constants.SYS_SETNS, "setns", file.fileno(), 0)
