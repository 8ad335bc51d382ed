"""The mounts of a process's mount namespace, as the kernel lists them. Source: proc_pid_mountinfo(5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class MountEntry:
    """One mount. Paths are as the process sees them; options are words, joined by commas by the kernel."""

    id: int
    parent: int
    major_minor: tuple[int, int]
    root: str  # which part of the file system is mounted
    mount_point: str
    options: tuple[str, ...]  # of this mount
    optional: tuple[str, ...]  # propagation: "shared:1", "master:2"; none for a private mount
    fs_type: str
    source: str
    super_options: tuple[str, ...]  # of the file system


def read(pid: int | str = "self") -> list[MountEntry]:
    """Return the mounts that a process sees, in the order of the kernel: a later one may cover an earlier one.

    Raises FileNotFoundError when there is no such process.
    """
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="surrogateescape") as content:
        return parse(content.read())


def parse(text: str) -> list[MountEntry]:
    """Read the text of a mountinfo file."""
    return [_entry(line) for line in text.split("\n") if line]


def _entry(line: str) -> MountEntry:
    left, _, right = line.partition(" - ")
    number, parent, device, root, mount_point, options, *optional = left.split(" ")
    # The source may be empty, which leaves two spaces side by side.
    fs_type, source, super_options = right.split(" ", 2)
    major, _, minor = device.partition(":")
    return MountEntry(
        int(number),
        int(parent),
        (int(major), int(minor)),
        _unescape(root),
        _unescape(mount_point),
        tuple(options.split(",")),
        tuple(optional),
        _unescape(fs_type),
        _unescape(source),
        tuple(_unescape(word) for word in super_options.split(",")),
    )


def _unescape(text: str) -> str:
    """Undo the kernel's octal escapes of space, tab, newline, backslash and number sign."""
    if "\\" not in text:
        return text
    # Escapes stand for ASCII characters only: bytes over 127 come as they are.
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)
