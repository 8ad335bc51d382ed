"""Programs of one system call: what a seccomp filter answers is seen without libraries, shells or a compiler.

Each program makes its call with six arguments of zero and exits with the errno (0 when the call succeeded). With zeros
a call that the filter lets through fails by its arguments (EFAULT, EBADF …) or does nothing; a filtered one is EPERM.
"""

from __future__ import annotations

import os
import platform
import struct
from collections.abc import Iterable
from pathlib import Path

BASE = 0x400000
_HEADERS = 64 + 56

# Numbers by machine. Source: the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
NUMBERS = {
    "x86_64": {
        "add_key": 248, "clone3": 435, "getppid": 110, "keyctl": 250, "mount": 165, "open_by_handle_at": 304,
        "pivot_root": 155, "request_key": 249, "setns": 308, "umount2": 166, "unshare": 272,
    },
    "aarch64": {
        "add_key": 217, "clone3": 435, "getppid": 173, "keyctl": 219, "mount": 40, "open_by_handle_at": 265,
        "pivot_root": 41, "request_key": 218, "setns": 268, "umount2": 39, "unshare": 97,
    },
}  # fmt: skip


def write_probes(folder: Path, names: Iterable[str]) -> None:
    """Write an executable of each name into a folder."""
    for name in names:
        path = folder / name
        path.write_bytes(program(NUMBERS[platform.machine()][name]))
        os.chmod(path, 0o755)


def program(number: int) -> bytes:
    """Return a static ELF file that makes the call and exits with its errno."""
    code = {"x86_64": _x86_64, "aarch64": _aarch64}[platform.machine()](number)
    size = _HEADERS + len(code)
    machine = {"x86_64": 62, "aarch64": 183}[platform.machine()]
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, machine, 1, BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, size, size, 0x1000)
    return header + segment + code


def _x86_64(number: int) -> bytes:
    # Linux starts a program with its registers at zero, so only the number is set. errno is -rax.
    zeros = b"\x31\xff\x31\xf6\x31\xd2\x4d\x31\xd2\x4d\x31\xc0\x4d\x31\xc9"
    call = b"\xb8" + struct.pack("<I", number) + b"\x0f\x05"
    # xor edi,edi; test rax,rax; jns +4; mov edi,eax; neg edi; mov eax,60; syscall
    leave = b"\x31\xff\x48\x85\xc0\x79\x04\x89\xc7\xf7\xdf\xb8\x3c\x00\x00\x00\x0f\x05"
    return zeros + call + leave


def _aarch64(number: int) -> bytes:
    words = [0xD2800000 | register for register in range(6)]  # movz x0…x5, #0
    words += [0xD2800008 | number << 5, 0xD4000001]  # movz x8, #number; svc #0
    # cmp x0, #0; csneg x0, xzr, x0, ge; movz x8, #93 (exit); svc #0
    words += [0xF100001F, 0xDA80A7E0, 0xD2800BA8, 0xD4000001]
    return b"".join(struct.pack("<I", word) for word in words)
