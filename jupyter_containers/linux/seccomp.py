"""Seccomp: a profile in Docker's or the OCI's form → a classic BPF program → loaded into this process.

The program looks at the architecture, then finds the system call by binary search over ranges of numbers with the same
outcome (eight or nine comparisons instead of hundreds), and compares arguments where the profile does. What it decides
for each number is in seccomp_rules.py. Source: seccomp(2); kernel documentation "Seccomp BPF".
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc
from jupyter_containers.linux.seccomp_rules import Condition, Outcome, Segment, architectures, segments

# Opcodes. Source: linux/bpf_common.h.
_LOAD = 0x20  # A = word at offset k of struct seccomp_data
_AND = 0x54  # A &= k
_JUMP = 0x05  # skip k
_JUMP_IF_EQUAL = 0x15  # A == k: skip jt, else jf
_JUMP_IF_GREATER = 0x25
_JUMP_IF_GREATER_OR_EQUAL = 0x35
_RETURN = 0x06

# struct seccomp_data: nr, arch, instruction_pointer (64 bit), args (6 of 64 bit, low word first on our architectures)
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16

_MAX_SKIP = 255  # a conditional jump has a byte; _JUMP has 32 bits
_MAX_INSTRUCTIONS = 4096  # linux/bpf_common.h, BPF_MAXINSNS

_Instruction = tuple[int, int, int, int]  # code, jt, jf, k
_PASS, _FAIL = -1, -2  # jump targets inside a condition, resolved when its surroundings are known

_FLAGS: Mapping[str, int] = {
    "SECCOMP_FILTER_FLAG_TSYNC": c.SECCOMP_FILTER_FLAG_TSYNC,
    "SECCOMP_FILTER_FLAG_LOG": c.SECCOMP_FILTER_FLAG_LOG,
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW": c.SECCOMP_FILTER_FLAG_SPEC_ALLOW,
}


def compile_profile(
    profile: Mapping[str, Any],
    *,
    capabilities: Collection[str],
    architecture: str | None = None,
    kernel: str | None = None,
) -> bytes:
    """Compile a profile, Docker's or the OCI's form, to the bytes of a BPF program for `load`.

    `capabilities` is the container's bounding set, which Docker's "includes" and "excludes" look at. `architecture` is
    what `uname -m` says and `kernel` what `uname -r` says; both of this machine by default. System calls that no table
    knows are left out, as libseccomp does: old profiles name calls of other architectures. Otherwise a pure function.
    Raises InvalidParameter that names the wrong part of the profile; Unsupported for an architecture or an action.
    """
    machine, release = architecture or os.uname().machine, kernel or os.uname().release
    code: list[_Instruction] = [(_LOAD, 0, 0, _ARCHITECTURE_OFFSET)]
    for audit_number, table in architectures(profile, machine):
        block = _search(segments(profile, table, capabilities=capabilities, machine=machine, kernel=release))
        block = [(_LOAD, 0, 0, _NUMBER_OFFSET), *block]
        # Another architecture goes on behind the block, which is too long for a conditional jump.
        code += [(_JUMP_IF_EQUAL, 1, 0, audit_number), (_JUMP, 0, 0, len(block)), *block]
    # Numbers of an architecture that the profile does not know mean nothing here.
    code.append((_RETURN, 0, 0, c.SECCOMP_RET_KILL_PROCESS))
    if len(code) > _MAX_INSTRUCTIONS:
        raise InvalidParameter(f"seccomp profile is too long: {len(code)} instructions, {_MAX_INSTRUCTIONS} allowed")
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def flags_of(profile: Mapping[str, Any]) -> int:
    """Return the flags for `load` that a profile asks for; without any, SPEC_ALLOW, as runc does.

    SPEC_ALLOW leaves speculative execution alone, which filtered processes would otherwise pay for. Raises
    InvalidParameter.
    """
    words = profile.get("flags")
    if words is None:
        return c.SECCOMP_FILTER_FLAG_SPEC_ALLOW
    unknown = [word for word in words if word not in _FLAGS]
    if unknown:
        raise InvalidParameter(f"unknown flag in the seccomp profile: {unknown[0]!r}")
    return sum(_FLAGS[word] for word in set(words))


def load(program: bytes, *, flags: int = 0) -> None:
    """Put this thread and its future descendants under a program of `compile_profile`, for good.

    Needs no_new_privileges or CAP_SYS_ADMIN in its user namespace. Raises OSError (EACCES without them).
    """
    # struct sock_fprog: unsigned short len, padding, struct sock_filter *filter
    instructions = ctypes.create_string_buffer(program, len(program))
    argument = struct.pack("@HxxxxxxQ", len(program) // 8, ctypes.addressof(instructions))
    libc.syscall(c.SYS_SECCOMP, "seccomp", c.SECCOMP_SET_MODE_FILTER, flags, argument)


def _search(found: Sequence[Segment]) -> list[_Instruction]:
    """Return a decision tree: A holds the number, `found` covers all numbers in ascending order."""
    if len(found) == 1:
        return _leaf(found[0].outcome)
    middle = len(found) // 2
    left, right = _search(found[:middle]), _search(found[middle:])
    if len(left) <= _MAX_SKIP:
        return [(_JUMP_IF_GREATER_OR_EQUAL, len(left), 0, found[middle].first), *left, *right]
    return [(_JUMP_IF_GREATER_OR_EQUAL, 0, 1, found[middle].first), (_JUMP, 0, 0, len(left)), *left, *right]


def _leaf(outcome: Outcome) -> list[_Instruction]:
    """Return the tests of the rules in their order, and the action when none applies."""
    code: list[_Instruction] = []
    for conditions, action in outcome.rules:
        rule: list[_Instruction] = [(_RETURN, 0, 0, action)]
        for condition in reversed(conditions):
            rule = _resolve(_test(condition), len(rule)) + rule
        code += rule
    return [*code, (_RETURN, 0, 0, outcome.otherwise)]


def _test(condition: Condition) -> list[_Instruction]:
    """Return the comparison of a 64-bit argument with a value, word by word."""
    low_offset = _ARGUMENTS_OFFSET + 8 * condition.argument
    low, high = (_LOAD, 0, 0, low_offset), (_LOAD, 0, 0, low_offset + 4)
    value_high, value_low = condition.value >> 32, condition.value & 0xFFFFFFFF
    match condition.operator:
        case "SCMP_CMP_EQ":
            return [
                high, (_JUMP_IF_EQUAL, 0, _FAIL, value_high),
                low, (_JUMP_IF_EQUAL, _PASS, _FAIL, value_low),
            ]  # fmt: skip
        case "SCMP_CMP_NE":
            return [
                high, (_JUMP_IF_EQUAL, 0, _PASS, value_high),
                low, (_JUMP_IF_EQUAL, _FAIL, _PASS, value_low),
            ]  # fmt: skip
        case "SCMP_CMP_GT" | "SCMP_CMP_GE":
            last = _JUMP_IF_GREATER if condition.operator == "SCMP_CMP_GT" else _JUMP_IF_GREATER_OR_EQUAL
            return [
                high, (_JUMP_IF_GREATER, _PASS, 0, value_high), (_JUMP_IF_EQUAL, 0, _FAIL, value_high),
                low, (last, _PASS, _FAIL, value_low),
            ]  # fmt: skip
        case "SCMP_CMP_LT" | "SCMP_CMP_LE":
            last = _JUMP_IF_GREATER_OR_EQUAL if condition.operator == "SCMP_CMP_LT" else _JUMP_IF_GREATER
            return [
                high, (_JUMP_IF_GREATER, _FAIL, 0, value_high), (_JUMP_IF_EQUAL, 0, _PASS, value_high),
                low, (last, _FAIL, _PASS, value_low),
            ]  # fmt: skip
    # SCMP_CMP_MASKED_EQ: `value` is the mask
    wanted_high, wanted_low = condition.value_two >> 32, condition.value_two & 0xFFFFFFFF
    return [
        high, (_AND, 0, 0, value_high), (_JUMP_IF_EQUAL, 0, _FAIL, wanted_high),
        low, (_AND, 0, 0, value_low), (_JUMP_IF_EQUAL, _PASS, _FAIL, wanted_low),
    ]  # fmt: skip


def _resolve(test: list[_Instruction], behind: int) -> list[_Instruction]:
    """Turn _PASS into the end of the test and _FAIL into `behind` instructions after it."""
    resolved = []
    for position, (code, jump_true, jump_false, value) in enumerate(test):
        to_end = len(test) - 1 - position
        targets = {_PASS: to_end, _FAIL: to_end + behind}
        resolved.append((code, targets.get(jump_true, jump_true), targets.get(jump_false, jump_false), value))
    return resolved
