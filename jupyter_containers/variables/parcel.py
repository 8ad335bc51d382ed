"""The tar that goes in, and the tar that comes out: the second is a container's, and not trusted."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from jupyter_containers.variables.choice import Packed
from jupyter_containers.variables.codec import CannotTravel

# What comes out together; a notebook holds it in memory.
LIMIT_BYTES = 256 << 20
DISPLAY = ".display.jsonl"
_NAME = re.compile(r"([^\W\d]\w*)(\.\w{1,20})?")


def tar(folder: str, inputs: Iterable[Packed], extras: Mapping[str, bytes]) -> bytes:
    """Return folder/in ("": just in) with the inputs, folder/out that everybody may write, and extras beside them."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        prefix = f"{folder}/" if folder else ""
        folders = ((f"{prefix}in", 0o755), (f"{prefix}out", 0o777))
        for name, mode in ((folder, 0o755), *folders) if folder else folders:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
        contents = {f"in/{packed.file}": packed.content for packed in inputs} | dict(extras)
        for name, content in contents.items():
            entry = tarfile.TarInfo(f"{prefix}{name}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def _too_large(limit: int) -> str:
    return f"the container's outputs are larger than {limit >> 20} MiB together"


class _Limited(io.RawIOBase):
    """Chunks as a file, which ends in an error beyond the limit."""

    def __init__(self, chunks: Iterator[bytes], limit: int) -> None:
        self._chunks, self._left, self._limit, self._rest = chunks, limit, limit, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            self._rest = next(self._chunks, b"")
            if not self._rest:
                return 0
            self._left -= len(self._rest)
            if self._left < 0:
                raise CannotTravel(_too_large(self._limit))
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def read(chunks: Iterator[bytes], *, limit: int = LIMIT_BYTES, depth: int = 1) -> dict[str, bytes]:
    """Return the plain files right in the folder, by name; with `depth` 0 the file that the tar is of.

    Raises CannotTravel for more than `limit` bytes.
    """
    found: dict[str, bytes] = {}
    left = limit
    stream = io.BufferedReader(_Limited(chunks, limit), 1 << 16)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for entry in archive:
                path = PurePosixPath(entry.name)
                if not entry.isreg() or len(path.parts) != depth + 1:
                    continue
                # A sparse file has few bytes in the tar, and as many as it likes when it is read.
                left -= entry.size
                if left < 0:
                    raise CannotTravel(_too_large(limit))
                content = archive.extractfile(entry)
                found[path.name] = content.read() if content is not None else b""
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise CannotTravel(f"the container's outputs cannot be read: {error}") from error
    return found


def outputs(files: Mapping[str, bytes], names: Iterable[str]) -> list[Packed]:
    """Return the file of each name. Raises CannotTravel for a name without a file, or with several."""
    by_name: dict[str, list[Packed]] = {}
    for file, content in files.items():
        if match := _NAME.fullmatch(file):
            by_name.setdefault(match[1], []).append(Packed(match[1], match[2] or "", content))
    chosen = []
    for name in names:
        packed = by_name.get(name, [])
        if not packed:
            raise CannotTravel(f"variable {name} did not come out: there is no file $VARIABLES/out/{name}.*")
        if len(packed) > 1:
            raise CannotTravel(
                f"variable {name}: several files, {' and '.join(sorted(p.file for p in packed))}; write one"
            )
        chosen.append(packed[0])
    return chosen
