"""ADD: a local tar, plain or compressed, is unpacked. It is known by its content, not by its name."""

from __future__ import annotations

import io
import stat

from jupyter_containers.build.operations.copying import Copier
from jupyter_containers.build.tree import Match, Tree
from jupyter_containers.errors import ContainersError
from jupyter_containers.layers import archive
from jupyter_containers.layers.compression import decompress

_BLOCK = 512
_CHECKSUM = slice(148, 156)


def unpack_archive(
    tree: Tree, match: Match, root_fd: int, destination: str, copier: Copier, *, is_bare: bool = False
) -> bool:
    """Unpack the file into the destination if it is an archive; say whether it was one. `is_bare`: see Copier."""
    if not stat.S_ISREG(match.status.st_mode):
        return False
    with open(tree.open(match.path), "rb") as file:
        if not _is_tar(file):
            return False
        file.seek(0)
        copier.make_directory(destination)
        archive.extract(file, root_fd, destination, is_bare=is_bare)
    return True


def _is_tar(file: io.BufferedReader) -> bool:
    start = b""
    try:
        for chunk in decompress(file):
            start += chunk
            if len(start) >= _BLOCK:
                break
    except (ContainersError, OSError, EOFError, ValueError):
        return False
    return len(start) >= _BLOCK and _has_checksum(start[:_BLOCK])


def _has_checksum(header: bytes) -> bool:
    """The sum of all bytes of the header, its own field counted as blanks. Source: pax(1), ustar format."""
    field = header[_CHECKSUM].strip(b" \0")
    if not field or not set(field) <= set(b"01234567"):
        return False
    return int(field, 8) == sum(header) - sum(header[_CHECKSUM]) + 8 * ord(" ")
