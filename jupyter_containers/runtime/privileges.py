"""What the process may do: limits, user, capabilities, no_new_privileges, seccomp, in the one order that works."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import capabilities, processes, seccomp
from jupyter_containers.oci.runtime_spec import Capabilities, Process, Rlimit
from jupyter_containers.runtime.defaults import default_seccomp
from jupyter_containers.runtime.users import Identity

UNLIMITED = 2**64 - 1


def compile_filter(profile: Mapping[str, Any] | None, names: Iterable[str]) -> tuple[bytes, int] | None:
    """Return the BPF program and flags for a profile and the capabilities (bounding set) of the process.

    The default profile is compiled once per set of capabilities: the zygote does it, and its children find it there.
    Raises: InvalidParameter for a broken profile.
    """
    if profile is None:
        return None
    if profile is default_seccomp():
        return _default_filter(frozenset(names)), seccomp.flags_of(profile)
    return seccomp.compile_profile(profile, capabilities=frozenset(names)), seccomp.flags_of(profile)


def set_limits(limits: Iterable[Rlimit]) -> None:
    """Apply rlimits. Raises: InvalidParameter for an unknown type, or limits that this daemon may not raise."""
    for limit in limits:
        number = getattr(resource, limit.type, None)
        if not isinstance(number, int):
            raise InvalidParameter(f"unknown rlimit: {limit.type}")
        soft, hard = (-1 if value >= UNLIMITED else value for value in (limit.soft, limit.hard))
        try:
            resource.setrlimit(number, (soft, hard))
        except (OSError, ValueError) as error:
            _, allowed = resource.getrlimit(number)
            raise InvalidParameter(
                f"error setting rlimit {limit.type} to {limit.soft}:{limit.hard}: {error}; "
                f"the daemon's own hard limit is {'unlimited' if allowed == -1 else allowed}"
            ) from None


def own_streams(uid: int) -> None:
    """Give the process's pipes, sockets and terminal to its user, who could not reopen /dev/stdout otherwise."""
    for fd in (0, 1, 2):
        try:
            mode = os.fstat(fd).st_mode
            is_terminal = stat.S_ISCHR(mode) and os.isatty(fd)
            # Never a device of the host: /dev/null would be everybody's.
            if is_terminal or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
                os.fchown(fd, uid, -1)
        except OSError:
            continue  # a stream of a file system that has no owners


def apply(process: Process, identity: Identity, program: tuple[bytes, int] | None) -> None:
    """Become the user with exactly the process's capabilities, under its filter; the bounding set was limited before.

    Without no_new_privileges only CAP_SYS_ADMIN may load a filter, so it comes before the change of user; with it, as
    late as possible. Raises: OSError, InvalidParameter.
    """
    become(process, identity, program)
    load_last(process, program)


def become(process: Process, identity: Identity, program: tuple[bytes, int] | None) -> None:
    """Do all of `apply` that takes privileges; children inherit it."""
    if program is not None and not process.no_new_privileges:
        seccomp.load(program[0], flags=program[1])
    sets = sets_for(process.capabilities, identity.uid)
    capabilities.set_keep(True)
    _become(identity)
    capabilities.set_keep(False)
    capabilities.capset(sets)
    capabilities.ambient(sets.ambient)
    # A change of user clears it. The container must not outlive the shim that reaps it.
    processes.set_parent_death_signal(signal.SIGKILL)
    if process.no_new_privileges:
        processes.no_new_privileges()


def load_last(process: Process, program: tuple[bytes, int] | None) -> None:
    """Load a filter that needed no privileges."""
    if process.no_new_privileges and program is not None:
        seccomp.load(program[0], flags=program[1])


def limit_bounding(process: Process) -> None:
    """Limit what any `execve` can give, while the host's /proc is in sight: it says which capabilities there are."""
    capabilities.bounding_drop(process.capabilities.bounding)


def sets_for(sets: Capabilities, uid: int) -> Capabilities:
    """Return the sets before `execve`: for another user than root those that execve would leave, and no more.

    What is permitted before counts as not newly gained, so no_new_privileges would let a program with file
    capabilities keep it.
    """
    if uid == 0:
        return sets
    kept = sets.ambient
    return Capabilities(bounding=sets.bounding, effective=kept, permitted=kept, inheritable=kept, ambient=kept)


def leave_keyring() -> None:
    """Leave the daemon's session keyring: its keys are not the container's to read."""
    try:
        processes.new_session_keyring()
    except OSError as error:
        # No keyrings in this kernel, or none left of the user's quota: then what was inherited is at least not ours.
        if error.errno not in {errno.ENOSYS, errno.EDQUOT, errno.EPERM}:
            raise


@cache
def _default_filter(names: frozenset[str]) -> bytes:
    return seccomp.compile_profile(default_seccomp(), capabilities=names)


def _become(identity: Identity) -> None:
    os.setgroups(list(identity.groups))
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
