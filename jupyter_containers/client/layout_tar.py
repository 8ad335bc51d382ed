"""Parts of an OCI layout as members of a tar, made as they are sent: a blob may be larger than the memory."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from jupyter_containers.errors import InvalidParameter

END = bytes(2 * tarfile.BLOCKSIZE)
_PIECE = 1 << 20


def document(name: str, content: object) -> bytes:
    """Return JSON as a member."""
    text = json.dumps(content).encode()
    return _header(name, len(text)) + text + _padding(len(text))


def blob(folder: Path, path: Path, what: str) -> Iterator[bytes]:
    """Yield a file below `folder` as a member, in pieces. Raises InvalidParameter, which begins with `what`."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            yield _header(str(path.relative_to(folder)), size)
            while piece := file.read(_PIECE):
                yield piece
            yield _padding(size)
    except OSError as error:
        digest = f"sha256:{path.name}"
        raise InvalidParameter(f"{what} in {folder} is not whole: {digest}: {error.strerror}") from error


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
