"""One daemon per root: an advisory lock that the kernel lets go when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from jupyter_containers.errors import Conflict, InvalidParameter


class Lock:
    """A held lock on a file that names its holder's pid. Released by `release`, or by the end of the process."""

    def __init__(self, path: Path, what: str) -> None:
        """Take the lock. Raises Conflict naming `what` and the pid of the daemon that has it."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InvalidParameter(f"cannot use {what} {path.parent}: {error.strerror}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise Conflict(
                f"{what} {path.parent} is in use by the daemon with pid {holder}; stop it or choose another {what}"
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        # The file stays: removing it would let two daemons hold locks on two files of the same name.
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
