from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc, processes, seccomp
from jupyter_containers.linux.syscall_numbers import I386, X86_64
from tests.support.children import answer_of, exit_of

pytestmark = [
    pytest.mark.needs("seccomp"),
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64 are called"),
]

ARCHITECTURES = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]


def allow_all_but(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ARCHITECTURES, "syscalls": list(rules), **more}


def under(profile: dict[str, Any], step: Callable[[], Any], flags: int = 0) -> Any:
    program = seccomp.compile_profile(profile, capabilities=())

    def inside() -> Any:
        processes.no_new_privileges()
        seccomp.load(program, flags=flags)
        return step()

    return answer_of(inside)


def errno_of(name: str, *arguments: Any) -> int:
    try:
        libc.syscall(X86_64[name], name, *arguments)
    except OSError as error:
        return error.errno or 0
    return 0


def test_a_refused_call_fails_with_the_rules_errno_and_others_work() -> None:
    profile = allow_all_but({"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EXFULL})
    assert under(profile, lambda: [errno_of("mkdir", b"/", 0), errno_of("rmdir", b"/")]) == [errno.EXFULL, errno.EBUSY]


def test_arguments_are_looked_at() -> None:
    condition = {"index": 0, "value": socket.AF_INET6, "op": "SCMP_CMP_EQ"}
    profile = allow_all_but({"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [condition]})

    def step() -> list[int]:
        return [errno_of("socket", family, 1, 0) for family in (socket.AF_INET6, socket.AF_UNIX)]

    assert under(profile, step) == [errno.EPERM, 0]


def test_the_upper_half_of_an_argument_counts() -> None:
    condition = {"index": 1, "value": 7, "op": "SCMP_CMP_EQ"}
    profile = allow_all_but({"names": ["lseek"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99, "args": [condition]})
    assert under(profile, lambda: [errno_of("lseek", -1, 7, 0), errno_of("lseek", -1, 7 | 1 << 32, 0)]) == [
        99,
        errno.EBADF,
    ]


def test_a_flag_in_a_mask_is_found() -> None:
    # Docker's rule for clone: allowed when none of the namespace flags is there.
    condition = {"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    profile = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "syscalls": [
            {"names": sorted(set(X86_64) - {"unshare"}), "action": "SCMP_ACT_ALLOW"},
            {"names": ["unshare"], "action": "SCMP_ACT_ALLOW", "args": [condition]},
        ],
    }
    assert under(profile, lambda: [errno_of("unshare", 0x400), errno_of("unshare", c.CLONE_NEWUTS)]) == [
        0,
        errno.EPERM,
    ]


def test_calls_that_the_profile_is_too_old_for_do_not_exist() -> None:
    known = [name for name, number in X86_64.items() if number <= 434]
    profile = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": known, "action": "SCMP_ACT_ALLOW"}]}
    assert under(profile, lambda: [errno_of("openat2", -1, 0, 0, 0), errno_of("pidfd_open", 1 << 30, 0)]) == [
        errno.ENOSYS,
        errno.ESRCH,
    ]


def test_x32_calls_do_not_exist() -> None:
    def step() -> int:
        try:
            return libc.syscall(0x40000000 | X86_64["getpid"], "getpid")
        except OSError as error:
            return -(error.errno or 0)

    assert under(allow_all_but(), step) == -errno.ENOSYS


@pytest.mark.parametrize(
    ("action", "number"),
    [("SCMP_ACT_KILL_PROCESS", signal.SIGSYS), ("SCMP_ACT_KILL", signal.SIGSYS), ("SCMP_ACT_TRAP", signal.SIGSYS)],
)
def test_a_killing_action_kills(action: str, number: int) -> None:
    program = seccomp.compile_profile(allow_all_but({"names": ["mkdir"], "action": action}), capabilities=())

    def step() -> None:
        processes.no_new_privileges()
        seccomp.load(program)
        os.mkdir("/")

    assert exit_of(step) == -number


def call_as_i386(number: int) -> int:
    """Make a 32-bit call through int 0x80, as a 32-bit program would, and return its result."""
    import mmap

    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    # push rbx; mov eax, edi; xor ebx, ebx; xor ecx, ecx; int 0x80; pop rbx; ret
    code.write(bytes([0x53, 0x89, 0xF8, 0x31, 0xDB, 0x31, 0xC9, 0xCD, 0x80, 0x5B, 0xC3]))
    function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    return int(function(number))


def ia32_is_there() -> bool:
    return exit_of(lambda: os._exit(0 if call_as_i386(I386["getppid"]) > 0 else 9)) == 0


def test_32_bit_calls_are_known_by_their_own_numbers() -> None:
    if not ia32_is_there():
        pytest.skip("this kernel has no 32-bit emulation")
    # 39 is getpid for 64-bit programs and mkdir for 32-bit ones; 20 is writev and getpid.
    profile = allow_all_but({"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EXFULL})
    assert I386["mkdir"] == X86_64["getpid"] == 39

    def step() -> list[bool]:
        return [call_as_i386(39) == -errno.EXFULL, libc.syscall(39, "getpid") == os.getpid(), call_as_i386(64) > 0]

    assert under(profile, step) == [True, True, True]


def test_32_bit_calls_kill_when_the_profile_does_not_name_their_architecture() -> None:
    if not ia32_is_there():
        pytest.skip("this kernel has no 32-bit emulation")
    program = seccomp.compile_profile({"defaultAction": "SCMP_ACT_ALLOW"}, capabilities=())

    def step() -> None:
        processes.no_new_privileges()
        seccomp.load(program)
        call_as_i386(I386["getppid"])

    assert exit_of(step) == -signal.SIGSYS


def test_a_filter_survives_execve_and_is_inherited() -> None:
    profile = allow_all_but({"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EXFULL})
    program = seccomp.compile_profile(profile, capabilities=())

    def step() -> None:
        processes.no_new_privileges()
        seccomp.load(program, flags=c.SECCOMP_FILTER_FLAG_SPEC_ALLOW)
        os.execv("/bin/sh", ["sh", "-c", "mkdir /tmp/never-made-by-seccomp 2>/dev/null; test $? != 0"])

    assert exit_of(step) == 0
    assert not os.path.exists("/tmp/never-made-by-seccomp")


@pytest.mark.needs("root")
def test_without_privileges_a_filter_needs_no_new_privileges() -> None:
    program = seccomp.compile_profile(allow_all_but(), capabilities=())

    def step() -> None:
        os.setuid(1234)
        seccomp.load(program)

    answer = answer_of(step)
    assert answer == {"errno": errno.EACCES, "text": "seccomp: Permission denied"}
