"""A write that is not finished: hashed as it passes, resumable, and invisible until it is proved right."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.oci.digest import Digest, DigestMismatch, Hasher

_CHUNK = 1 << 20
_PARTIAL_MODE = 0o600
# So much of the device stays free, as with layers that are unpacked; looked at each time so much was written.
_FREE_BYTES = 64 << 20
_CHECK_BYTES = 16 << 20


class IngestInUse(Conflict):
    """Somebody is writing this ingest now."""

    def __init__(self, key: str) -> None:
        super().__init__(f"content {key} is being written already; wait for that to end")
        self.key = key


class SizeMismatch(ContainersError):
    """There are more or fewer bytes than the descriptor promised."""

    def __init__(self, what: str, expected: int, actual: int) -> None:
        relation = "more" if actual > expected else "fewer"
        super().__init__(f"{what} has {relation} bytes than promised: expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual


class StoreFull(ContainersError):
    """What comes in would fill the disk."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"no space left on device: less than {_FREE_BYTES >> 20} MiB would stay free while {what} is written",
            errno=errno.ENOSPC,
        )


class Ingest:
    """Bytes on their way into the store. Use as a context manager: leaving it without commit or suspend aborts.

    `offset` is how many bytes are there already; greater than 0 at the start when an earlier write was suspended or
    broke off. One thread at a time. Life: open → write* → exactly one of commit, suspend, abort.
    """

    def __init__(
        self,
        path: Path,
        publish: Callable[[Path, Digest, bool], None],
        *,
        key: str,
        expected: Digest | None = None,
        size: int | None = None,
    ) -> None:
        self.key = key
        self._path = path
        self._publish = publish
        self._expected = expected
        self._size = size
        self._hasher = Hasher(expected.algorithm if expected else "sha256")
        self._unchecked = _CHECK_BYTES
        self._fd: int | None = _open_locked(path, key)
        try:
            self._continue()
        except BaseException:
            self._close()
            raise

    @property
    def offset(self) -> int:
        return self._hasher.size

    @property
    def digest(self) -> Digest:
        """The digest of the bytes so far."""
        return self._hasher.digest

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append `chunk`. Raises SizeMismatch before anything beyond the promised size is written, and StoreFull."""
        if self._size is not None and self.offset + len(chunk) > self._size:
            raise SizeMismatch(self._what, self._size, self.offset + len(chunk))
        self._check_room(len(chunk))
        self._hasher.update(chunk)
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(self._open_fd, rest) :]

    def _check_room(self, count: int) -> None:
        self._unchecked += count
        if self._unchecked >= _CHECK_BYTES:
            self._unchecked = 0
            space = os.fstatvfs(self._open_fd)
            if space.f_bavail * space.f_frsize < _FREE_BYTES:
                raise StoreFull(self._what)

    def restart(self) -> None:
        """Forget the bytes that are there: the server would not continue where we stopped."""
        os.ftruncate(self._open_fd, 0)
        os.lseek(self._open_fd, 0, os.SEEK_SET)
        self._hasher = Hasher(self._expected.algorithm if self._expected else "sha256")

    def commit(self, size: int | None = None, expected: Digest | None = None, *, sync: bool = True) -> Digest:
        """Prove size and digest, then make the blob visible; returns its digest.

        `sync=False` leaves flushing to the kernel: right for content that can be made again (an exported layer).
        Raises SizeMismatch or DigestMismatch; the ingest is then still open, to be aborted, restarted or suspended.
        """
        size = self._size if size is None else size
        if size is not None and size != self.offset:
            raise SizeMismatch(self._what, size, self.offset)
        digest = self._verified(expected or self._expected)
        os.fchmod(self._open_fd, 0o444)
        if sync:
            os.fsync(self._open_fd)
        self._publish(self._path, digest, sync)
        self._close()
        return digest

    def suspend(self) -> None:
        """Stop here and keep the bytes, if any: the next ingest with this key continues there. Nothing if ended."""
        if self.offset == 0:
            self.abort()
        self._close()

    def abort(self) -> None:
        """Throw the bytes away. Nothing if already ended."""
        if self._fd is not None:
            self._path.unlink(missing_ok=True)
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.abort()

    @property
    def _open_fd(self) -> int:
        if self._fd is None:
            raise ValueError(f"ingest {self.key} has ended")
        return self._fd

    @property
    def _what(self) -> str:
        return f"blob {self._expected}" if self._expected else f"content {self.key}"

    def _continue(self) -> None:
        """Hash what an earlier write left: a running hash cannot be stored."""
        while chunk := os.read(self._open_fd, _CHUNK):
            self._hasher.update(chunk)
        if self._size is not None and self.offset > self._size:
            self.restart()

    def _verified(self, expected: Digest | None) -> Digest:
        digest = self._hasher.digest
        if expected is None or expected == digest:
            return digest
        if expected.algorithm != digest.algorithm and self._hash_again(expected.algorithm) == expected:
            return expected
        raise DigestMismatch(expected, digest, "blob")

    def _hash_again(self, algorithm: str) -> Digest:
        hasher, position = Hasher(algorithm), 0
        while chunk := os.pread(self._open_fd, _CHUNK, position):
            hasher.update(chunk)
            position += len(chunk)
        return hasher.digest

    def _close(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)


def _open_locked(path: Path, key: str) -> int:
    """Open (or make) the file and lock it; a lock dies with its process, so a crash leaves no stale one."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _PARTIAL_MODE)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(fd, path):
                return fd
        except BlockingIOError:
            os.close(fd)
            raise IngestInUse(key) from None
        except BaseException:
            os.close(fd)
            raise
        # The holder before us committed or aborted between our open and our lock: this file has left its name.
        os.close(fd)


def _is_at(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.lstat())
    except FileNotFoundError:
        return False
