"""Read and write the small files of a cgroup directory, with errors that say which limit was meant."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Collection

from jupyter_containers.errors import Conflict, ContainersError, DeadlineExceeded, InvalidParameter, Unsupported

# Files of these sizes exist: cgroup.procs of thousands of processes, memory.stat, blkio of many disks.
_CHUNK = 1 << 16

FREEZE_SECONDS = 5.0
REMOVE_SECONDS = 1.0


def read(directory: str, name: str) -> bytes | None:
    """Return the content of a file, or None when the kernel (or the group) does not have it.

    An empty `directory` stands for a controller that is not there.
    """
    if not directory:
        return None
    try:
        fd = os.open(f"{directory}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    chunks = []
    try:
        while chunk := os.read(fd, _CHUNK):
            chunks.append(chunk)
    except OSError as error:
        # ENODEV: the group was removed since the open. EOPNOTSUPP: cgroup.procs of a threaded group.
        if error.errno not in {errno.ENODEV, errno.EOPNOTSUPP}:
            raise
        return None
    finally:
        os.close(fd)
    return b"".join(chunks)


def read_number(directory: str, name: str) -> int | None:
    """Return the number in a file; None when it is absent or says "max"."""
    content = read(directory, name)
    if content is None or content.startswith(b"max"):
        return None
    return int(content)


def read_table(directory: str, name: str) -> dict[str, int]:
    """Return a file of "key number" lines; empty when it is absent."""
    table = {}
    for line in (read(directory, name) or b"").splitlines():
        key, _, value = line.partition(b" ")
        if value:
            table[key.decode()] = int(value)
    return table


def write(directory: str, name: str, value: str | int) -> None:
    """Write a file that exists. Raises OSError."""
    fd = os.open(f"{directory}/{name}", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, str(value).encode())
    except OSError as error:
        error.filename = f"{directory}/{name}"
        raise
    finally:
        os.close(fd)


def write_limit(directory: str, name: str, *values: str | int, limit: str) -> None:
    """Write values, one after the other, on behalf of a limit to a file that takes one at a time.

    Raises Unsupported when it is absent, InvalidParameter when a value is refused.
    """
    path, value = f"{directory}/{name}", values[0]
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            for value in values:
                os.write(fd, str(value).encode())
        finally:
            os.close(fd)
    except OSError as error:
        error.filename = path
        raise refusal(error, name, value, limit) from error


def refusal(error: OSError, name: str, value: str | int, limit: str) -> ContainersError:
    """Return the error to raise for a limit whose file could not be written."""
    details = {"errno": error.errno, "path": str(error.filename), "step": f"writing {value} to {name}"}
    if error.errno == errno.ENOENT:
        return Unsupported(f"cannot limit {limit}: this kernel has no {name}", **details)
    if error.errno == errno.EOPNOTSUPP:
        return Unsupported(f"cannot limit {limit}: not with this disk's I/O scheduler; weights need bfq", **details)
    if error.errno == errno.EBUSY:
        return InvalidParameter(f"cannot set {limit} to {value}: the container already uses more", **details)
    if error.errno in {errno.EINVAL, errno.ERANGE, errno.EOVERFLOW, errno.EACCES, errno.ENOSPC}:
        return InvalidParameter(f"invalid {limit} {value}: the kernel refuses it ({error.strerror})", **details)
    return ContainersError(f"cannot set {limit} to {value}: {error.strerror}", **details)


def check_path(path: str) -> str:
    """Return `path` if it is relative and stays below the root of the hierarchy. Raises InvalidParameter."""
    parts = path.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise InvalidParameter(f"not a cgroup path relative to the root of the hierarchy: {path!r}")
    return path


def walk(directory: str) -> list[str]:
    """Return the group at `directory` and those below it, deepest first; empty when it is not there."""
    found = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found += walk(entry.path)
    except (FileNotFoundError, OSError) as error:
        if error.errno not in {errno.ENOENT, errno.ENODEV}:
            raise
        return []
    return [*found, directory]


def processes(directory: str) -> list[int]:
    """Return the pids in the groups at and below `directory`; those outside this pid namespace are left out."""
    pids: set[int] = set()
    for group in walk(directory):
        pids.update(map(int, (read(group, "cgroup.procs") or b"").split()))
    return sorted(pids - {0})


def send(pids: Collection[int], signal: int) -> None:
    """Send a signal to each process that is still there."""
    for pid in pids:
        try:
            os.kill(pid, signal)
        except ProcessLookupError:
            pass  # it has ended by itself


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll a state that the kernel reaches soon, first quickly and then less so; return whether it came."""
    deadline, pause = time.monotonic() + seconds, 0.00005
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 2, 0.01)
    return True


def frozen_or_raise(arrived: bool, directory: str) -> None:
    """Raise DeadlineExceeded when a group did not freeze in time."""
    if not arrived:
        raise DeadlineExceeded(
            f"cannot freeze cgroup {directory} within {FREEZE_SECONDS:g} s: a process waits in the kernel; try again"
        )


def remove_empty(directory: str) -> None:
    """Remove a group if nothing is in it."""
    try:
        os.rmdir(directory)
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.EBUSY, errno.ENOTEMPTY}:
            raise


def remove_tree(directory: str) -> None:
    """Remove a group and those below it, waiting a little for processes on their way out. Raises Conflict."""

    def gone() -> bool:
        # Few have groups below them, and to look costs more than to try.
        return _is_removed(directory) or all(_is_removed(group) for group in walk(directory))

    if not wait_until(gone, REMOVE_SECONDS):
        pids = processes(directory)
        raise Conflict(f"cannot remove cgroup {directory}: in use by processes {pids}; kill them first", pids=pids)


def _is_removed(directory: str) -> bool:
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno not in {errno.EBUSY, errno.ENOTEMPTY}:
            raise
        return False
    return True
