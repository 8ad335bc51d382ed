"""What a seccomp profile decides for each system call number: its rules, selected, by number.

The meaning is libseccomp's and runc's: a rule without conditions on arguments decides alone; else the conditional rules
in their order; else the default action. Numbers above all that the profile names, which are calls younger than the
profile, fail with ENOSYS when the default is to refuse: programs then use an older call, where EPERM would end them.
Source: OCI runtime-spec, config-linux.md "Seccomp"; Docker's profile type.
"""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.linux import constants as c

_OPERATORS = frozenset({
    "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
})  # fmt: skip

_ACTIONS: Mapping[str, int] = {
    "SCMP_ACT_KILL": c.SECCOMP_RET_KILL_THREAD,
    "SCMP_ACT_KILL_THREAD": c.SECCOMP_RET_KILL_THREAD,
    "SCMP_ACT_KILL_PROCESS": c.SECCOMP_RET_KILL_PROCESS,
    "SCMP_ACT_TRAP": c.SECCOMP_RET_TRAP,
    "SCMP_ACT_ERRNO": c.SECCOMP_RET_ERRNO,
    "SCMP_ACT_TRACE": c.SECCOMP_RET_TRACE,
    "SCMP_ACT_ALLOW": c.SECCOMP_RET_ALLOW,
    "SCMP_ACT_LOG": c.SECCOMP_RET_LOG,
}
_WITH_ERRNO = frozenset({"SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"})

# uname -m → the native architecture as libseccomp, and as Docker's profiles, spell it.
_NATIVE: Mapping[str, tuple[str, str]] = {
    "x86_64": ("SCMP_ARCH_X86_64", "amd64"),
    "aarch64": ("SCMP_ARCH_AARCH64", "arm64"),
}
_X86 = "SCMP_ARCH_X86"

_REFUSING = frozenset({"SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_ERRNO"})
_NO_SUCH_CALL = c.SECCOMP_RET_ERRNO | errno.ENOSYS
_X32_FIRST, _X32_LAST = c.X32_SYSCALL_BIT, 2 * c.X32_SYSCALL_BIT - 1


@dataclass(frozen=True, slots=True)
class Table:
    """System calls of one architecture. `x32`: numbers with that bit are another ABI's, which is refused."""

    numbers: Mapping[str, int]
    x32: bool = False


class Condition(NamedTuple):
    """One comparison: an argument, by number, with `value`; masked: argument & value == value_two. Unsigned."""

    argument: int
    value: int
    value_two: int
    operator: str


class Outcome(NamedTuple):
    """What happens at a call: the action of the first rule whose conditions all hold, else `otherwise`."""

    rules: tuple[tuple[tuple[Condition, ...], int], ...]
    otherwise: int


class Segment(NamedTuple):
    """The numbers from `first` up to the next segment have one outcome."""

    first: int
    outcome: Outcome


def architectures(profile: Mapping[str, Any], machine: str) -> list[tuple[int, Table]]:
    """Return the audit number and table of each architecture that a program for `machine` must know, native first.

    Docker's "archMap" and the OCI's "architectures" name more than we have tables for (32-bit ARM, x32): those are not
    let in. Raises Unsupported when the machine itself is one of those.
    """
    # Imported here: the tables cost memory, and only the few processes that compile need them.
    from jupyter_containers.linux import syscall_numbers

    if machine not in _NATIVE:
        raise Unsupported(f"no table of system calls for {machine}; run with --security-opt seccomp=unconfined")
    if machine == "aarch64":
        return [(c.AUDIT_ARCH_AARCH64, Table(syscall_numbers.AARCH64))]
    known = [(c.AUDIT_ARCH_X86_64, Table(syscall_numbers.X86_64, x32=True))]
    if _X86 in _named_architectures(profile, _NATIVE[machine][0]):
        known.append((c.AUDIT_ARCH_I386, Table(syscall_numbers.I386)))
    return known


def _named_architectures(profile: Mapping[str, Any], native: str) -> Collection[str]:
    named = profile.get("architectures") or []
    archive = profile.get("archMap") or []
    if named and archive:
        raise InvalidParameter("invalid seccomp profile: use either 'architectures' or 'archMap', not both")
    for entry in archive:
        if entry.get("architecture") == native:
            return list(entry.get("subArchitectures") or [])
    return list(named)


def segments(
    profile: Mapping[str, Any],
    table: Table,
    *,
    capabilities: Collection[str],
    machine: str,
    kernel: str,
) -> list[Segment]:
    """Return the outcomes of all numbers from 0 to 2**32-1 in ascending order, neighbours being different."""
    default_action, default_errno = profile.get("defaultAction"), profile.get("defaultErrnoRet")
    default = _action(default_action, default_errno, "defaultAction")
    entries = _entries(profile)
    selected = (entry for entry in entries if _applies(entry, capabilities, machine, kernel))
    outcomes = _outcomes(selected, table, default)
    numbers = table.numbers
    named = [numbers[name] for entry in entries for name in _names(entry) if name in numbers]
    beyond = _NO_SUCH_CALL if default_action in _REFUSING else default
    starts: dict[int, Outcome] = {0: Outcome((), default)}
    for number in sorted(outcomes):
        starts[number] = outcomes[number]
        starts.setdefault(number + 1, Outcome((), default))
    if named:
        starts[max(named) + 1] = Outcome((), beyond)
    if table.x32:
        starts[_X32_FIRST] = Outcome((), _NO_SUCH_CALL)
        starts[_X32_LAST + 1] = Outcome((), beyond if named else default)
    return _joined(starts)


def _joined(starts: Mapping[int, Outcome]) -> list[Segment]:
    found: list[Segment] = []
    for first in sorted(starts):
        if not found or found[-1].outcome != starts[first]:
            found.append(Segment(first, starts[first]))
    return found


def _outcomes(entries: Iterable[Mapping[str, Any]], table: Table, default: int) -> dict[int, Outcome]:
    """Return the outcome of each number that a selected rule names."""
    alone: dict[int, int] = {}
    conditional: dict[int, list[tuple[tuple[Condition, ...], int]]] = {}
    for entry in entries:
        action = _action(entry.get("action"), entry.get("errnoRet"), "action")
        if action == default:
            continue  # as runc does: such a rule cannot except anything from another one
        alternatives = _alternatives(entry)
        for name in _names(entry):
            number = table.numbers.get(name)
            if number is None:
                continue
            if not alternatives:
                alone.setdefault(number, action)
            else:
                conditional.setdefault(number, []).extend((test, action) for test in alternatives)
    outcomes = {number: Outcome(tuple(rules), default) for number, rules in conditional.items()}
    outcomes |= {number: Outcome((), action) for number, action in alone.items()}
    return outcomes


def _entries(profile: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    entries = profile.get("syscalls") or []
    if not isinstance(entries, Sequence) or not all(isinstance(entry, Mapping) for entry in entries):
        raise InvalidParameter("invalid seccomp profile: 'syscalls' must be a list of objects")
    return entries


def _names(entry: Mapping[str, Any]) -> Sequence[str]:
    names, name = entry.get("names"), entry.get("name")
    if names and name:
        raise InvalidParameter(f"invalid seccomp profile: use either 'name' or 'names' for {name!r}, not both")
    if not names and not name:
        raise InvalidParameter("invalid seccomp profile: an entry of 'syscalls' has no 'names'")
    return names or [name]  # a single 'name' is the oldest form


def _action(word: object, errno_value: object, key: str) -> int:
    if word == "SCMP_ACT_NOTIFY":
        raise Unsupported("seccomp action SCMP_ACT_NOTIFY needs a listener, which there is none of here")
    if not isinstance(word, str) or word not in _ACTIONS:
        raise InvalidParameter(f"invalid seccomp profile: unknown {key} {word!r}")
    if word not in _WITH_ERRNO:
        return _ACTIONS[word]
    number = errno.EPERM if errno_value is None else errno_value
    if not isinstance(number, int) or not 0 <= number <= 0xFFFF:
        raise InvalidParameter(f"invalid seccomp profile: errno {errno_value!r} is not a number up to 65535")
    return _ACTIONS[word] | number


def _alternatives(entry: Mapping[str, Any]) -> list[tuple[Condition, ...]]:
    """Return the conditions of an entry, any of which is enough; empty when it has none.

    Conditions on different arguments must all hold. Several on the same one are alternatives, as runc reads them.
    """
    conditions = [_condition(argument) for argument in entry.get("args") or []]
    if len({condition.argument for condition in conditions}) == len(conditions):
        return [tuple(conditions)] if conditions else []
    return [(condition,) for condition in conditions]


def _condition(argument: Mapping[str, Any]) -> Condition:
    operator, index = argument.get("op"), argument.get("index")
    if operator not in _OPERATORS:
        raise InvalidParameter(f"invalid seccomp profile: unknown op {operator!r}")
    if not isinstance(index, int) or not 0 <= index <= 5:
        raise InvalidParameter(f"invalid seccomp profile: argument index {index!r} is not from 0 to 5")
    values = (argument.get("value") or 0, argument.get("valueTwo") or 0)
    for value in values:
        if not isinstance(value, int) or not 0 <= value < 1 << 64:
            raise InvalidParameter(f"invalid seccomp profile: value {value!r} is not a 64-bit number")
    return Condition(index, *values, operator)


def _applies(entry: Mapping[str, Any], capabilities: Collection[str], machine: str, kernel: str) -> bool:
    """Tell whether Docker's conditions on capabilities, architecture and kernel version select an entry."""
    includes, excludes = entry.get("includes") or {}, entry.get("excludes") or {}
    architecture = _NATIVE[machine][1]
    if architecture in (excludes.get("arches") or ()):
        return False
    if any(name in capabilities for name in excludes.get("caps") or ()):
        return False
    if excludes.get("minKernel") and _version(kernel) >= _version(excludes["minKernel"]):
        return False
    if includes.get("arches") and architecture not in includes["arches"]:
        return False
    if not all(name in capabilities for name in includes.get("caps") or ()):
        return False
    return not (includes.get("minKernel") and _version(kernel) < _version(includes["minKernel"]))


def _version(release: str) -> tuple[int, int]:
    """Return major and minor of "6.1.0-13-amd64"; more than that, Docker's minKernel does not compare."""
    major, _, rest = release.partition(".")
    minor = ""
    for character in rest:
        if not character.isdecimal():
            break
        minor += character
    try:
        return int(major), int(minor or 0)
    except ValueError:
        raise InvalidParameter(f"invalid kernel version {release!r} in the seccomp profile") from None
