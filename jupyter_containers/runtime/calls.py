"""Recorded calls in words: names for numbers, paths for descriptors, one line for what was done many times in a row.

Done by whoever is asked for a record, long after it was taken. Arguments may hold any text: it is not made safe here.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_containers.linux import capabilities
from jupyter_containers.linux import constants as c

# Of no interest but for what they name: descriptors that are opened, and put aside; signals put back.
_SILENT = frozenset({"open", "dup", "rt_sigaction", "umask", "pidfd_open"})
_LONGEST_LIST = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One call. `result` is what came of it, or the name of the error; `times` how often it was made in a row."""

    side: str
    step: str
    call: str
    arguments: tuple[str, ...]
    result: str
    duration_us: int
    times: int = 1

    def to_json(self) -> dict[str, Any]:
        return {
            "side": self.side, "step": self.step, "call": self.call, "arguments": list(self.arguments),
            "result": self.result, "microseconds": self.duration_us, "times": self.times,
        }  # fmt: skip


def rows(side: str, calls: Iterable[Sequence[Any]]) -> list[Row]:
    """Return the calls of one side (outside, inside) of a container, as linux.recording keeps them, in words."""
    return list(_merged(_worded(side, calls)))


def flag_names(value: int, prefix: str) -> str:
    """Return the names of the bits that constants.py has under a prefix: CLONE_NEWPID | CLONE_NEWNET; 0 for none."""
    found, left = [], value
    for name, bit in _named(prefix):
        if bit and left & bit == bit:
            found.append(name)
            left &= ~bit
    return " | ".join([*found, *([hex(left)] if left else [])]) or "0"


def _named(prefix: str) -> list[tuple[str, int]]:
    return [(name, value) for name, value in vars(c).items() if name.startswith(prefix) and isinstance(value, int)]


def _one_of(value: int, prefix: str) -> str:
    return next((name for name, number in _named(prefix) if number == value), str(value))


def _worded(side: str, calls: Iterable[Sequence[Any]]) -> Iterator[Row]:
    descriptors = Descriptors()
    for step, name, arguments, result, number, duration in calls:
        shown = _arguments(name, arguments, descriptors)
        descriptors.note(name, arguments, result)
        if name in _SILENT and not number:
            continue
        outcome = errno.errorcode.get(number, str(number)) if number else str(result)
        yield Row(side, step, name, shown, outcome, duration)


def _merged(found: Iterable[Row]) -> Iterator[Row]:
    """Make one row of dropping one capability after the other."""
    last: Row | None = None
    for row in found:
        if last is not None and _goes_on(last, row):
            names = (*last.arguments, *row.arguments[1:])
            last = Row(
                row.side, row.step, row.call, names, row.result, last.duration_us + row.duration_us, last.times + 1
            )
            continue
        if last is not None:
            yield last
        last = row
    if last is not None:
        yield last


def _goes_on(last: Row, row: Row) -> bool:
    is_drop = row.call == "prctl" and row.arguments[:1] == ("PR_CAPBSET_DROP",) == last.arguments[:1]
    return is_drop and (last.step, last.result) == (row.step, row.result)


class Descriptors:
    """What descriptors lead to, by the calls that have opened them."""

    def __init__(self) -> None:
        self._places: dict[int, str] = {}

    def note(self, name: str, arguments: Sequence[Any], result: int | None) -> None:
        """Learn from a call. A number that is opened again leads to the new place."""
        opener = _OPENERS.get(name)
        if opener is not None and result is not None:
            self._places[result] = opener(self, arguments)

    def place(self, fd: Any) -> str:
        """Return where a descriptor leads, "" when that is not known."""
        return self._places.get(fd, "") if isinstance(fd, int) else ""

    def named(self, fd: Any) -> str:
        """Return a descriptor as strace -y shows it: 9</proc>."""
        if fd == c.AT_FDCWD:
            return "AT_FDCWD"
        return f"{fd}<{place}>" if (place := self.place(fd)) else str(fd)

    def below(self, fd: Any, path: str) -> str:
        """Return the place of a path that is looked up from a descriptor."""
        start = self.place(fd)
        if not path or path == ".":
            return start
        if fd == c.AT_FDCWD or not start or start.startswith(("root ", "mount ")):
            return path
        return f"{start.rstrip('/')}/{path.lstrip('/')}"


def _mounted(descriptors: Descriptors, arguments: Sequence[Any]) -> str:
    kind = descriptors.place(arguments[0]).removeprefix("new ")
    return f"mount of {kind}"


_OPENERS: Mapping[str, Callable[[Descriptors, Sequence[Any]], str]] = {
    "open": lambda descriptors, a: descriptors.below(a[3] if len(a) > 3 else c.AT_FDCWD, str(a[0])),
    "dup": lambda descriptors, a: descriptors.place(a[0]),
    "openat2": lambda descriptors, a: descriptors.below(a[0], a[1]) or str(a[1]),
    "fsopen": lambda _, a: f"new {a[0]}",
    "fsmount": _mounted,
    "open_tree": lambda descriptors, a: f"mount of {(descriptors.below(a[0], a[1]) or a[1]).removeprefix('mount of ')}",
}


def _arguments(name: str, arguments: Sequence[Any], descriptors: Descriptors) -> tuple[str, ...]:
    """Return the arguments in words; those of an unknown call, or of an odd one, as they are."""
    speaker = _SPEAKERS.get(name)
    if speaker is not None:
        try:
            return tuple(speaker(arguments, descriptors))
        except (IndexError, TypeError, ValueError):
            pass  # a call with other arguments than are known here is shown as it was made
    return tuple(str(argument) for argument in arguments)


def _fsconfig(a: Sequence[Any], descriptors: Descriptors) -> list[str]:
    if a[1] == c.FSCONFIG_CMD_CREATE:
        return [descriptors.named(a[0]), "FSCONFIG_CMD_CREATE"]
    return [descriptors.named(a[0]), str(a[2]) if a[3] is None else f"{a[2]}={a[3]}"]


def _move_mount(a: Sequence[Any], descriptors: Descriptors) -> list[str]:
    target = descriptors.named(a[2]) if not a[3] else descriptors.below(a[2], a[3])
    return [descriptors.named(a[0]), target]


def _mount_setattr(a: Sequence[Any], descriptors: Descriptors) -> list[str]:
    added, cleared, propagation, _userns = a[3]
    words = [descriptors.named(a[0]) if not a[1] else str(a[1])]
    words += [f"set {flag_names(added, 'MOUNT_ATTR_')}"] if added else []
    words += [f"clear {flag_names(cleared, 'MOUNT_ATTR_')}"] if cleared else []
    words += [flag_names(propagation, "MS_")] if propagation else []
    return [*words, *(["AT_RECURSIVE"] if a[2] & c.AT_RECURSIVE else [])]


def _openat2(a: Sequence[Any], descriptors: Descriptors) -> list[str]:
    return [descriptors.named(a[0]), str(a[1]), flag_names(a[2][2], "RESOLVE_")]


def _prctl(a: Sequence[Any], _descriptors: Descriptors) -> list[str]:
    option = _one_of(a[0], "PR_")
    if option == "PR_CAPBSET_DROP":
        return [option, _capability(a[1])]
    if option == "PR_CAP_AMBIENT":
        return [
            option,
            _one_of(a[1], "PR_CAP_AMBIENT_"),
            *([_capability(a[2])] if a[1] == c.PR_CAP_AMBIENT_RAISE else []),
        ]
    return [option, signal.Signals(a[1]).name if option == "PR_SET_PDEATHSIG" else str(a[1])]


def _capability(number: int) -> str:
    return capabilities.NAMES[number] if number < len(capabilities.NAMES) else str(number)


def _capset(a: Sequence[Any], _descriptors: Descriptors) -> list[str]:
    low = a[1]
    sets = zip(("effective", "permitted", "inheritable"), low[:3], low[3:], strict=True)
    return [f"{name}: {_listed(_capabilities(first | second << 32))}" for name, first, second in sets]


def _capabilities(bits: int) -> list[str]:
    return [name for number, name in enumerate(capabilities.NAMES) if bits >> number & 1]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_LONGEST_LIST]) or "none"
    return f"{shown} and {len(names) - _LONGEST_LIST} more" if len(names) > _LONGEST_LIST else shown


def _mknod(a: Sequence[Any], descriptors: Descriptors) -> list[str]:
    place = descriptors.below(a[3], str(a[0])) if len(a) > 3 else str(a[0])
    if len(a) < 3 or not a[2]:
        return [place, f"{a[1] & 0o7777:04o}"]
    return [place, f"{os.major(a[2])}:{os.minor(a[2])}", f"{a[1] & 0o7777:04o}"]


def _setrlimit(a: Sequence[Any], _descriptors: Descriptors) -> list[str]:
    names = {value: name for name, value in vars(resource).items() if name.startswith("RLIMIT_")}
    return [names.get(a[0], str(a[0])), *("unlimited" if limit == -1 else str(limit) for limit in a[1])]


_SPEAKERS: Mapping[str, Callable[[Sequence[Any], Descriptors], Iterable[str]]] = {
    "clone": lambda a, _: [
        flag_names(a[0] & ~c.CLONE_PARENT, "CLONE_"), *(["into its cgroup"] if len(a) > 1 and a[1] else [])
    ],
    "unshare": lambda a, _: [flag_names(a[0], "CLONE_")],
    "setns": lambda a, d: [d.named(a[0]), flag_names(a[1], "CLONE_")],
    "mount": lambda a, _: [
        *(str(one) for one in a[:3] if one is not None), flag_names(a[3], "MS_"), *([str(a[4])] if a[4] else [])
    ],
    "umount2": lambda a, _: [str(a[0]), flag_names(a[1], "MNT_")],
    "pivot_root": lambda a, _: [str(a[0]), str(a[1])],
    "fsopen": lambda a, _: [str(a[0])],
    "fsconfig": _fsconfig,
    "fsmount": lambda a, d: [d.named(a[0]), flag_names(a[2], "MOUNT_ATTR_")],
    "open_tree": lambda a, d: [
        d.below(a[0], a[1]) or d.named(a[0]), flag_names(a[2] & c.OPEN_TREE_CLONE, "OPEN_TREE_CLONE")
    ],
    "move_mount": _move_mount,
    "mount_setattr": _mount_setattr,
    "openat2": _openat2,
    "prctl": _prctl,
    "capset": _capset,
    "seccomp": lambda a, _: [_one_of(a[0], "SECCOMP_SET_"), flag_names(a[1], "SECCOMP_FILTER_FLAG_")],
    "keyctl": lambda a, _: [_one_of(a[0], "KEYCTL_")],
    "write": lambda a, d: [d.place(a[0]) or str(a[0]), str(a[1])],
    "mkdir": lambda a, d: [d.below(a[2], str(a[0])) if len(a) > 2 else str(a[0])],
    "mknod": _mknod,
    "symlink": lambda a, d: [str(a[0]), d.below(a[2], str(a[1])) if len(a) > 2 else str(a[1])],
    "fchdir": lambda a, d: [d.named(a[0])],
    "chown": lambda a, d: [d.below(a[3], str(a[0])) if len(a) > 3 else str(a[0]), str(a[1]), str(a[2])],
    "setgroups": lambda a, _: [", ".join(map(str, a[0])) or "none"],
    "setrlimit": _setrlimit,
    "execve": lambda a, _: map(str, a),
}  # fmt: skip
