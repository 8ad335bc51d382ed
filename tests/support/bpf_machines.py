"""The kernel's two BPF machines, as far as our programs use them, to run a program on a made-up input."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def run_seccomp(program: bytes, number: int, architecture: int, arguments: Sequence[int] = ()) -> int:
    """Run a classic BPF program on struct seccomp_data and return its verdict."""
    words = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    content = struct.pack("=IIQ6Q", number, architecture, 0, *words)
    code = list(struct.iter_unpack("=HBBI", program))
    accumulator, position = 0, 0
    while True:
        operation, jump_true, jump_false, value = code[position]
        position += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", content, value)
            case 0x54:
                accumulator &= value
            case 0x05:
                position += value
            case 0x15:
                position += jump_true if accumulator == value else jump_false
            case 0x25:
                position += jump_true if accumulator > value else jump_false
            case 0x35:
                position += jump_true if accumulator >= value else jump_false
            case 0x06:
                return value
            case _:
                raise AssertionError(f"unknown operation {operation:#x} at {position - 1}")


def run_device(program: bytes, kind: int, access: int, major: int, minor: int) -> bool:
    """Run an eBPF program on struct bpf_cgroup_dev_ctx and return whether it allows the request."""
    content = struct.pack("=III", access << 16 | kind, major, minor)
    code = list(struct.iter_unpack("=BBhi", program))
    registers, position = [0] * 11, 0
    while True:
        operation, pair, offset, immediate = code[position]
        target, source = pair & 15, pair >> 4
        position += 1
        match operation:
            case 0x61:
                assert source == 1, "only the context can be read"
                (registers[target],) = struct.unpack_from("=I", content, offset)
            case 0xB7:
                registers[target] = immediate
            case 0xBF:
                registers[target] = registers[source]
            case 0x57:
                registers[target] &= immediate
            case 0x77:
                registers[target] >>= immediate
            case 0x15:
                position += offset if registers[target] == immediate else 0
            case 0x55:
                position += offset if registers[target] != immediate else 0
            case 0x5D:
                position += offset if registers[target] != registers[source] else 0
            case 0x95:
                return registers[0] == 1
            case _:
                raise AssertionError(f"unknown operation {operation:#x} at {position - 1}")
