"""Know a process for sure (pidfd, start time) and set what a process tells about itself."""

from __future__ import annotations

import ctypes
import os
from functools import cache

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc


def pidfd_open(pid: int) -> int:
    """Return a descriptor of the process, which no reuse of the number can mislead; the caller closes it.

    Readable (poll) once the process has ended. Raises ProcessLookupError when there is none.
    """
    return libc.syscall(c.SYS_PIDFD_OPEN, "pidfd_open", pid, 0, path=f"pid {pid}")


def pidfd_send_signal(pidfd: int, signal: int) -> None:
    """Send a signal to the process of `pidfd`. Raises ProcessLookupError when it has been reaped."""
    libc.syscall(c.SYS_PIDFD_SEND_SIGNAL, "pidfd_send_signal", pidfd, signal, None, 0)


def start_time(pid: int) -> int:
    """Return when the process started, in clock ticks since boot; with the pid this names a process for good.

    Raises ProcessLookupError when there is none. Source: proc_pid_stat(5), field 22.
    """
    return int(_stat(pid)[19])


def is_alive(pid: int, started: int) -> bool:
    """Tell whether the process that had this pid and this start time still runs (a zombie does not)."""
    try:
        fields = _stat(pid)
    except ProcessLookupError:
        return False
    return int(fields[19]) == started and fields[0] not in {b"Z", b"X"}


def _stat(pid: int | str) -> list[bytes]:
    """Return the fields of /proc/<pid>/stat from the third (the state) on; the second may contain anything."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ProcessLookupError(3, f"stat: no process {pid}", f"/proc/{pid}") from None
    try:
        content = os.read(fd, 4096)  # ESRCH, a ProcessLookupError too, when it was reaped since the open
    finally:
        os.close(fd)
    return content[content.rindex(b")") + 2 :].split()


def set_child_subreaper(enabled: bool = True) -> None:
    """Adopt the orphans among this process's descendants, as PID 1 would."""
    libc.call("prctl", c.PR_SET_CHILD_SUBREAPER, int(enabled), 0, 0, 0)


def set_parent_death_signal(signal: int) -> None:
    """Have the kernel send this process `signal` when the thread that made it ends; 0 turns it off.

    Survives execve, but not one of a set-user-id file, nor a change of uid: set it after that. The parent may have died
    before: compare os.getppid() afterwards. Source: PR_SET_PDEATHSIG(2const).
    """
    libc.call("prctl", c.PR_SET_PDEATHSIG, signal, 0, 0, 0)


def set_dumpable(enabled: bool) -> None:
    """Let (or not) processes of the same user look into this one through /proc and ptrace. Source: prctl(2)."""
    libc.call("prctl", c.PR_SET_DUMPABLE, int(enabled), 0, 0, 0)


def no_new_privileges() -> None:
    """Have execve grant nothing any more, in this process and its descendants, for good."""
    libc.call("prctl", c.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def stop_ignoring(signal: int) -> None:
    """Give a signal its default action again, also one that libc keeps to itself (32, 33) and refuses to be asked for.

    Source: rt_sigaction(2): a struct of zeros is SIG_DFL without flags, for a signal set of 8 bytes.
    """
    libc.syscall(c.SYS_RT_SIGACTION, "rt_sigaction", signal, bytes(32), None, 8)


def new_session_keyring() -> None:
    """Leave the session keyring inherited from the daemon's user for a new, empty one. Raises OSError."""
    libc.syscall(c.SYS_KEYCTL, "keyctl", c.KEYCTL_JOIN_SESSION_KEYRING, None)


def set_title(text: str) -> None:
    """Show `text` as this process's command line and (15 bytes of it) as its name, in ps and /proc.

    Writes over the arguments this process was started with, and is cut at their length: the environment behind them
    is still in use by libc, and moving the kernel's pointers needs CAP_SYS_RESOURCE.
    """
    title = os.fsencode(text)
    libc.call("prctl", c.PR_SET_NAME, title[:15], 0, 0, 0)
    place = _arguments()
    room = len(place)
    if room > 1:
        place.raw = title[: room - 1].ljust(room, b"\0")


@cache
def _arguments() -> ctypes.Array[ctypes.c_char]:
    """Return the memory of this process's arguments: at the same address in all its forks."""
    fields = _stat("self")
    start, end = int(fields[45]), int(fields[46])  # fields 48 and 49: arg_start, arg_end
    return (ctypes.c_char * (end - start)).from_address(start)
