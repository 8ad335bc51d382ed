"""Architectures whose programs this kernel starts through an emulator, as binfmt_misc has been told.

Source: kernel documentation, "Kernel Support for miscellaneous Binary Formats"; ELF, e_machine.
"""

from __future__ import annotations

import struct
from pathlib import Path

FOLDER = Path("/proc/sys/fs/binfmt_misc")

# Architecture as images name it: class (1: 32 bit, 2: 64), byte order (1: little, 2: big), e_machine.
_MACHINES = {
    "386": (1, 1, 3), "amd64": (2, 1, 62), "arm": (1, 1, 40), "arm64": (2, 1, 183), "riscv64": (2, 1, 243),
    "ppc64le": (2, 1, 21), "s390x": (2, 2, 22), "mips64le": (2, 1, 8), "loong64": (2, 1, 258),
}  # fmt: skip
_PROGRAM = 2
# The kernel opens the emulator when it is told of it: only so it is found from inside a container's root.
_FIXED = "F"


def architectures(folder: Path = FOLDER) -> frozenset[str]:
    """Return the architectures with an emulator that containers can use. Blocks; reads some small files."""
    try:
        texts = [path.read_text() for path in folder.iterdir() if path.name not in ("register", "status")]
    except OSError:
        # Not mounted, or not for us to read: nothing is emulated that we know of.
        return frozenset()
    rules = [rule for rule in map(_rule, texts) if rule is not None]
    return frozenset(
        name for name, machine in _MACHINES.items() if any(_fits(_header(*machine), *rule) for rule in rules)
    )


def _rule(text: str) -> tuple[int, bytes, bytes] | None:
    """Return offset, magic and mask of an entry that is on and that containers can use."""
    words = dict(line.partition(" ")[::2] for line in text.splitlines())
    if "enabled" not in words or _FIXED not in words.get("flags:", "") or "magic" not in words:
        return None
    try:
        magic = bytes.fromhex(words["magic"])
        return int(words.get("offset", "0")), magic, bytes.fromhex(words.get("mask", "ff" * len(magic)))
    except ValueError:
        return None


def _header(bits: int, order: int, machine: int) -> bytes:
    """Return how a program of an architecture begins."""
    start = b"\x7fELF" + bytes([bits, order, 1]) + bytes(9)
    return start + struct.pack("<HHI" if order == 1 else ">HHI", _PROGRAM, machine, 1)


def _fits(header: bytes, offset: int, magic: bytes, mask: bytes) -> bool:
    part = header[offset : offset + len(magic)]
    return len(part) == len(magic) == len(mask) and all(
        (byte ^ wanted) & bits == 0 for byte, wanted, bits in zip(part, magic, mask, strict=True)
    )
