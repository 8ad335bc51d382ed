"""The device rules of a cgroup v2 group: an eBPF program, made here, loaded and attached to the group.

The kernel asks the program at every open and mknod of a device by a process in the group (or below it, where every
program on the way must agree). Source: kernel documentation "Control Group v2", Device controller; bpf(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Sequence

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc
from jupyter_containers.oci.runtime_spec import DeviceRule

# Opcodes: class | width or operation | source. Source: linux/bpf.h, linux/bpf_common.h.
_LOAD_WORD = 0x61  # dst = *(u32 *)(src + offset)
_MOVE = 0xB7  # dst = immediate
_MOVE_REGISTER = 0xBF  # dst = src
_AND = 0x57  # dst &= immediate
_SHIFT_RIGHT = 0x77  # dst >>= immediate
_JUMP_IF_NOT = 0x55  # if dst != immediate
_JUMP_IF_NOT_REGISTER = 0x5D  # if dst != src
_JUMP_IF = 0x15  # if dst == immediate
_EXIT = 0x95

_ACCESS = {"m": c.BPF_DEVCG_ACC_MKNOD, "r": c.BPF_DEVCG_ACC_READ, "w": c.BPF_DEVCG_ACC_WRITE}
_ALL_ACCESS = 7
_TYPES = {"b": c.BPF_DEVCG_DEV_BLOCK, "c": c.BPF_DEVCG_DEV_CHAR}

# What stands in which register after the prologue.
_RESULT, _CONTEXT, _TYPE, _REQUEST, _MAJOR, _MINOR, _SCRATCH = range(7)


def device_program(rules: Sequence[DeviceRule]) -> bytes:
    """Compile device rules: the last rule that matches a request decides, none refuses.

    An allowing rule matches when it covers all of the request's access, a refusing one when it covers any. Allowing
    rules of one device add up, as in cgroup v1.
    """
    # struct bpf_cgroup_dev_ctx: access_type (access << 16 | type), major, minor
    code = [
        _instruction(_LOAD_WORD, _TYPE, _CONTEXT, 0),
        _instruction(_MOVE_REGISTER, _REQUEST, _TYPE),
        _instruction(_AND, _TYPE, immediate=0xFFFF),
        _instruction(_SHIFT_RIGHT, _REQUEST, immediate=16),
        _instruction(_LOAD_WORD, _MAJOR, _CONTEXT, 4),
        _instruction(_LOAD_WORD, _MINOR, _CONTEXT, 8),
    ]
    for rule in reversed(_merged(rules)):
        block = _block(rule)
        code += block
        if len(block) == 2:  # matches everything: what follows could not be reached, which the verifier refuses
            return b"".join(code)
    return b"".join([*code, _instruction(_MOVE, _RESULT, immediate=0), _instruction(_EXIT)])


def load_device_program(program: bytes) -> int:
    """Load a program and return its descriptor, which the caller closes. Raises OSError (EPERM, ENOSYS, EINVAL)."""
    instructions = ctypes.create_string_buffer(program, len(program))
    license_text = ctypes.create_string_buffer(b"BSD")
    # union bpf_attr for BPF_PROG_LOAD: prog_type, insn_cnt, insns, license, log_level, log_size, log_buf, …
    attributes = struct.pack(
        "=IIQQIIQ",
        c.BPF_PROG_TYPE_CGROUP_DEVICE,
        len(program) // 8,
        ctypes.addressof(instructions),
        ctypes.addressof(license_text),
        0,
        0,
        0,
    )
    return _bpf(c.BPF_PROG_LOAD, attributes, "BPF_PROG_LOAD")


def replace_device_program(group_fd: int, program_fd: int) -> None:
    """Attach a program to the group and then detach those that were attached before. Raises OSError.

    In between both decide, so that no moment is without rules. Both descriptors stay open and the caller's.
    """
    old = attached_programs(group_fd)
    attach = struct.pack("=IIII", group_fd, program_fd, c.BPF_CGROUP_DEVICE, c.BPF_F_ALLOW_MULTI)
    _bpf(c.BPF_PROG_ATTACH, attach, "BPF_PROG_ATTACH")
    for number in old:
        old_fd = _bpf(c.BPF_PROG_GET_FD_BY_ID, struct.pack("=III", number, 0, 0), "BPF_PROG_GET_FD_BY_ID")
        try:
            _bpf(c.BPF_PROG_DETACH, struct.pack("=IIII", group_fd, old_fd, c.BPF_CGROUP_DEVICE, 0), "BPF_PROG_DETACH")
        finally:
            os.close(old_fd)


def attached_programs(group_fd: int) -> list[int]:
    """Return the ids of the device programs that are attached to the group itself. Raises OSError."""
    for room in (64, 1024):
        ids = (ctypes.c_uint32 * room)()
        # union bpf_attr for BPF_PROG_QUERY: target_fd, attach_type, query_flags, attach_flags, prog_ids, prog_cnt
        attributes = bytearray(struct.pack("=IIIIQI", group_fd, c.BPF_CGROUP_DEVICE, 0, 0, ctypes.addressof(ids), room))
        try:
            _bpf(c.BPF_PROG_QUERY, attributes, "BPF_PROG_QUERY")
        except OSError as error:
            if error.errno == errno.ENOSPC:
                continue
            raise
        return list(ids[: struct.unpack_from("=I", attributes, 24)[0]])
    raise OSError(errno.ENOSPC, "BPF_PROG_QUERY: too many programs on one cgroup")


def _bpf(command: int, attributes: bytes | bytearray, name: str) -> int:
    buffer = (ctypes.c_char * len(attributes)).from_buffer_copy(attributes)
    result = libc.syscall(c.SYS_BPF, f"bpf({name})", command, buffer, len(attributes))
    if isinstance(attributes, bytearray):
        attributes[:] = buffer.raw
    return result


def _merged(rules: Iterable[DeviceRule]) -> list[DeviceRule]:
    """Add to an allowing rule what earlier ones of the same device allowed, unless one refused since."""
    merged: list[DeviceRule] = []
    allowed: dict[tuple[str, int | None, int | None], str] = {}
    for rule in rules:
        key = (rule.type, rule.major, rule.minor)
        if not rule.allow:
            allowed.clear()
            merged.append(rule)
            continue
        allowed[key] = "".join(sorted(set(allowed.get(key, "") + rule.access)))
        merged.append(DeviceRule(True, rule.type, rule.major, rule.minor, allowed[key]))
    return merged


def _block(rule: DeviceRule) -> list[bytes]:
    """Return the instructions of one rule: the tests, each leaving the block when it fails, and the answer."""
    answer = [_instruction(_MOVE, _RESULT, immediate=int(rule.allow)), _instruction(_EXIT)]
    access = sum(_ACCESS[letter] for letter in set(rule.access))
    # (opcode, register, register, immediate) of each test, and what must run before it.
    tests: list[tuple[list[bytes], int, int, int, int]] = []
    if rule.type in _TYPES:
        tests.append(([], _JUMP_IF_NOT, _TYPE, 0, _TYPES[rule.type]))
    if access != _ALL_ACCESS:
        mask = [
            _instruction(_MOVE_REGISTER, _SCRATCH, _REQUEST),
            _instruction(_AND, _SCRATCH, immediate=access),
        ]
        if rule.allow:
            tests.append((mask, _JUMP_IF_NOT_REGISTER, _SCRATCH, _REQUEST, 0))
        else:
            tests.append((mask, _JUMP_IF, _SCRATCH, 0, 0))
    if rule.major is not None:
        tests.append(([], _JUMP_IF_NOT, _MAJOR, 0, rule.major))
    if rule.minor is not None:
        tests.append(([], _JUMP_IF_NOT, _MINOR, 0, rule.minor))
    code = answer
    for before, opcode, register, other, immediate in reversed(tests):
        code = [*before, _instruction(opcode, register, other, len(code), immediate), *code]
    return code


def _instruction(opcode: int, dst: int = 0, src: int = 0, offset: int = 0, immediate: int = 0) -> bytes:
    # struct bpf_insn: code, dst_reg:4 and src_reg:4 (dst in the low half on little-endian machines), off, imm
    return struct.pack("=BBhi", opcode, src << 4 | dst, offset, immediate)
