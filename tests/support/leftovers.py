"""Every test against the real kernel leaves it as it was: processes, mounts, interfaces, namespaces and cgroups.

Import the fixtures `session_tag` and `nothing_left_over` in a conftest. Other sessions and a reference dockerd may run
on the same machine meanwhile; what is certainly theirs is not counted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.linux import mountinfo
from tests.support import interfaces
from tests.support.eventually import eventually

# The last of a container's processes, its network namespace and its veth end a moment after its shim has said so.
_SETTLING_SECONDS = 20.0
# This session's own temporary directory: inherited by every program that it starts, readable in /proc/<pid>/environ.
_TAG = "JUPYTER_CONTAINERS_TEST_SESSION"


@pytest.fixture(autouse=True, scope="session")
def session_tag(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Mark what this session starts."""
    os.environ[_TAG] = f"{tmp_path_factory.getbasetemp()}/"
    return os.environ[_TAG]


@pytest.fixture
def counts_interfaces() -> bool:
    """Override to leave the interfaces of this host alone, where a daemon's own are looked at by the tests."""
    return True


@pytest.fixture(autouse=True)
def nothing_left_over(request: pytest.FixtureRequest, session_tag: str, counts_interfaces: bool) -> Iterator[None]:
    """Fail a test after which something is there that was not there before.

    Fixtures of a wider scope are set up before this one, so a daemon that serves a whole module is not counted; nor
    is what such a daemon makes once and keeps, its bridge and the parent of its cgroups.
    """
    before, standing = inventory(session_tag), _daemon_is_standing()

    def left() -> set[str]:
        return {item for item in inventory(session_tag) - before if not _is_kept(item, standing, counts_interfaces)}

    yield
    seen: list[set[str]] = []

    def settled() -> bool:
        seen.append(left())
        return not seen[-1]

    with contextlib.suppress(AssertionError):
        eventually(settled, within_seconds=_SETTLING_SECONDS)
    # What is there all the time is left over; what comes and goes meanwhile belongs to another session.
    if items := set.intersection(*seen):
        pytest.fail(f"left over by {request.node.nodeid}: " + "; ".join(sorted(items)), pytrace=False)


def _is_kept(item: str, daemon_is_standing: bool, counts_interfaces: bool) -> bool:
    """Tell what is made once and for all containers: the parent of the cgroups, and the bridge of a daemon."""
    if item.startswith("interface ") and not counts_interfaces:
        return True
    return item.endswith("/jupyter-containers") or (daemon_is_standing and item == "interface jc0")


def inventory(base: str) -> set[str]:
    return {*_processes(), *_descriptors(), *_mounts(base), *_interfaces(), *cgroups()}


class _Process:
    """What /proc tells of one process. Raises FileNotFoundError or ProcessLookupError when it has gone."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.parent = int(self._read("stat").rpartition(b")")[2].split()[1])
        self.title = self._read("cmdline").rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")

    def session(self) -> str | None:
        """Return the tag of the test session that started the process, "" for nobody's, None when nothing tells."""
        if self.pid == os.getpid():
            return os.environ[_TAG]
        for word in self._read("environ").split(b"\0"):
            name, _, value = word.partition(b"=")
            if name == _TAG.encode():
                return value.decode()
        if self.title.startswith("jc: daemon"):
            return ""  # it keeps its environment, and was started by something that has no tag
        if self.title.startswith("jc: shim"):
            # A zygote starts without an environment, but a shim works in its bundle, which tests have in their place.
            return os.environ[_TAG] if os.readlink(f"/proc/{self.pid}/cwd").startswith(os.environ[_TAG]) else ""
        return _Process(self.parent).session() if self.parent > 1 else None

    def _read(self, name: str) -> bytes:
        return Path(f"/proc/{self.pid}/{name}").read_bytes()


def _running() -> Iterator[_Process]:
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            yield _Process(int(name))
        except (FileNotFoundError, ProcessLookupError):
            continue


def _is_foreign(process: _Process) -> bool:
    try:
        return process.session() not in {os.environ[_TAG], None}
    except (FileNotFoundError, ProcessLookupError):
        return True


def _is_spare(process: _Process) -> bool:
    """Tell a shim that waits for the next container, and its waiting child: they belong to a zygote that stands."""
    return process.title.startswith("jc: spare shim") and process.parent > 1


def _daemon_is_standing() -> bool:
    return any(process.title.startswith(("jc: daemon", "jc: zygote")) for process in _running())


def _processes() -> Iterator[str]:
    """Processes with our titles and children of this one, and the network namespaces that they keep alive."""
    own_namespace = os.readlink("/proc/self/ns/net")
    for process in _running():
        if process.parent != os.getpid() and not process.title.startswith("jc: "):
            continue
        if _is_foreign(process) or _is_spare(process):
            continue
        yield f"process {process.pid} of {process.parent}"
        try:
            namespace = os.readlink(f"/proc/{process.pid}/ns/net")
        except OSError:
            continue
        if namespace != own_namespace:
            yield f"network namespace {namespace} of process {process.pid}"


def _descriptors() -> Iterator[str]:
    """Descriptors of this process that keep a namespace or a process alive."""
    for fd in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{fd}")
        except FileNotFoundError:
            continue
        if target.startswith(("net:[", "mnt:[", "pid:[", "ipc:[", "uts:[", "user:[", "cgroup:[", "anon_inode:[pidfd]")):
            yield f"descriptor {fd} of {target}"


def _mounts(base: str) -> Iterator[str]:
    sessions = f"{Path(base).parent}/"
    for entry in mountinfo.read():
        place = entry.mount_point
        of_another_session = place.startswith(sessions) and not place.startswith(base)
        if not of_another_session and "docker" not in place and "/ref/" not in place:
            yield f"mount {place} ({entry.fs_type})"


def _interfaces() -> Iterator[str]:
    return (f"interface {name}" for name in interfaces.names() if name.startswith("jc"))


def cgroups() -> Iterator[str]:
    """Groups named jupyter-containers…, at most two levels below a hierarchy's root, and all below those."""
    root = "/sys/fs/cgroup"
    for directory, names, _ in os.walk(root):
        inside = "/jupyter-containers" in directory
        for name in names:
            if (inside or name.startswith("jupyter-containers")) and not _is_used_by_others(f"{directory}/{name}"):
                yield f"cgroup {directory}/{name}"
        if not inside and directory.count("/") - root.count("/") >= 2:
            names.clear()


def _is_used_by_others(group: str) -> bool:
    try:
        pids = Path(f"{group}/cgroup.procs").read_text().split()
    except OSError:
        return False
    for pid in pids:
        try:
            if _is_foreign(_Process(int(pid))):
                return True
        except (FileNotFoundError, ProcessLookupError):
            continue
    return False
