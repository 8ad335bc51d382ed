"""Run containers through the runtime alone, as the shim would, for tests: no daemon, no images."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jupyter_containers.cgroups.manager import CgroupManager, choose
from jupyter_containers.oci.runtime_spec import Linux, Mount, Process, Resources, Root, Spec
from jupyter_containers.runtime import defaults, newborn
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.create import Created, create, start
from jupyter_containers.runtime.join import Joined, join
from jupyter_containers.runtime.state import State, Status

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def spec_for(lower: Path, *args: str, process: dict[str, Any] | None = None, **changes: Any) -> Spec:
    """Return a spec with all of Docker's defaults on an overlay of `lower`; `changes` are fields of Linux or Spec.

    The overlay's upper layer lies beside `lower` unless `rootfs=(overlay(…),)` is among the changes.
    """
    names = defaults.default_capabilities()
    linux = Linux(
        namespaces=defaults.default_namespaces(),
        resources=Resources(devices=defaults.default_device_rules()),
        seccomp=defaults.default_seccomp(),
        masked_paths=defaults.masked_paths(),
        readonly_paths=defaults.readonly_paths(),
    )
    of_linux = {name: changes.pop(name) for name in list(changes) if name in Linux.__slots__}
    values = {"args": args, "env": (PATH,), "capabilities": defaults.capability_sets(names)} | (process or {})
    spec = Spec(
        process=Process(**values),
        root=Root("rootfs"),
        hostname="box",
        mounts=defaults.default_mounts(),
        linux=replace(linux, **of_linux),
        rootfs=changes.pop("rootfs", None) or (overlay(lower, lower.parent),),
    )
    return replace(spec, **changes)


def overlay(rootfs: Path, place: Path) -> Mount:
    """Return an overlay mount over `rootfs` whose upper layer is made under `place`."""
    upper, work = place / "upper", place / "work"
    upper.mkdir(exist_ok=True)
    work.mkdir(exist_ok=True)
    return Mount("/", "overlay", "overlay", (f"lowerdir={rootfs}", f"upperdir={upper}", f"workdir={work}"))


@dataclass
class Box:
    """A rootfs and a place: what a test needs to run containers."""

    rootfs: Path
    place: Path
    ahead: bool = False  # by a process that was born ahead, where the container's namespaces allow it

    def spec(self, *args: str, **changes: Any) -> Spec:
        return spec_for(self.rootfs, *args, **{"rootfs": (overlay(self.rootfs, self.place),)} | changes)

    def run(self, *args: str, **changes: Any) -> Ended:
        return run(self.place, self.spec(*args, **changes), ahead=self.ahead)

    def sh(self, script: str, **changes: Any) -> str:
        """Run a shell script that must succeed; return what it wrote."""
        ended = self.run("/bin/sh", "-c", script, **changes)
        assert ended.exit_code == 0, ended
        return ended.stdout

    def running(self, *args: str, **changes: Any) -> contextlib.AbstractContextManager[Container]:
        return running(self.place, self.spec(*args, **changes), ahead=self.ahead)

    def created(self, *args: str, **changes: Any) -> contextlib.AbstractContextManager[Container]:
        return created(self.place, self.spec(*args, **changes), ahead=self.ahead)

    def probe(self, **changes: Any) -> dict[str, str]:
        return probe(self.place, self.spec("sh", **changes), ahead=self.ahead)


@dataclass
class Ended:
    exit_code: int
    stdout: str
    stderr: str = ""


@dataclass
class Container:
    """A container of the test's own, started; `output` is the reading end of its stdout and stderr."""

    bundle: Bundle
    created: Created
    output: int
    spec: Spec
    code: int | None = None
    extra: list[int] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.created.pid

    def state(self, status: Status = Status.RUNNING) -> State:
        return State(self.bundle.path.name, status, self.created.pid, self.created.pid_start_time)

    def wait(self) -> Ended:
        """Read all output, then reap."""
        text = read_all(self.output)
        return Ended(self.reap(), text)

    def reap(self) -> int:
        if self.code is None:
            _, status = os.waitpid(self.pid, 0)
            code = os.waitstatus_to_exitcode(status)
            self.code = code if code >= 0 else 128 - code
        return self.code

    def exec(self, *args: str, terminal: bool = False, **changes: Any) -> Ended:
        """Run one more process with the container's own privileges, to its end."""
        process = replace(self.spec.process, **{"args": args, "terminal": terminal, **changes})
        reading, writing = os.pipe()
        try:
            stdio = None if terminal else (writing, writing, writing)
            joined = join(self.state(), self.created.cgroup, process, stdio=stdio, seccomp=self.spec.linux.seccomp)
            os.close(writing)
            writing = -1
            text = read_terminal(joined.terminal_fd) if joined.terminal_fd is not None else read_all(reading)
            os.close(joined.pidfd)
            _, status = os.waitpid(joined.pid, 0)
        finally:
            for fd in (reading, writing):
                if fd >= 0:
                    os.close(fd)
        code = os.waitstatus_to_exitcode(status)
        return Ended(code if code >= 0 else 128 - code, text)

    def join(self, *args: str) -> Joined:
        """Run one more process without its streams; the caller reaps it and closes its descriptors."""
        process = replace(self.spec.process, args=args)
        null = os.open(os.devnull, os.O_RDWR)
        try:
            seccomp = self.spec.linux.seccomp
            return join(self.state(), self.created.cgroup, process, stdio=(null, null, null), seccomp=seccomp)
        finally:
            os.close(null)

    def outside(self, path: str) -> str:
        """Read a file of /proc/<pid> from the host's side."""
        return Path(f"/proc/{self.pid}/{path}").read_text()

    def link(self, path: str) -> str:
        return os.readlink(f"/proc/{self.pid}/{path}")


@contextlib.contextmanager
def created(
    place: Path, spec: Spec, manager: CgroupManager | None = None, *, ahead: bool = False
) -> Iterator[Container]:
    """Create a container in a bundle under `place`; whatever is left is killed and removed."""
    bundle = Bundle.create(place / f"test-{uuid.uuid4().hex[:12]}", spec)
    reading, writing = os.pipe()
    try:
        stdio = None if spec.process.terminal else (writing, writing, writing)
        if ahead and frozenset(spec.own_namespaces) == newborn.NAMESPACES:
            made = grown(bundle, stdio, manager or choose())
        else:
            made = create(bundle, stdio=stdio, cgroup_manager=manager or choose())
    except BaseException:
        os.close(reading)
        bundle.remove()
        (manager or choose()).tidy("jupyter-containers")
        raise
    finally:
        os.close(writing)
    container = Container(bundle, made, reading, spec)
    try:
        yield container
    finally:
        _clean_up(container)
        (manager or choose()).tidy("jupyter-containers")


def grown(bundle: Bundle, stdio: tuple[int, int, int] | None, manager: CgroupManager) -> Created:
    """Create a container of a process that was born ahead."""
    waiting = newborn.bear(manager)
    assert waiting is not None
    netns_fd, netlink_fd = os.dup(waiting.netns_fd), os.dup(waiting.netlink_fd)
    try:
        newborn.become(waiting, bundle, stdio)
        made, durations = newborn.follow(waiting, bundle, manager)
    except BaseException:
        os.close(netns_fd)
        os.close(netlink_fd)
        raise
    durations.write(bundle.trace_path)
    return replace(made, netns_fd=netns_fd, netlink_fd=netlink_fd)


@contextlib.contextmanager
def running(place: Path, spec: Spec, *, ahead: bool = False) -> Iterator[Container]:
    """As `created`, and started."""
    with created(place, spec, ahead=ahead) as container:
        start(container.created)
        yield container


def run(place: Path, spec: Spec, *, ahead: bool = False) -> Ended:
    """Run a container to its end."""
    with running(place, spec, ahead=ahead) as container:
        if container.created.terminal_fd is not None:
            text = read_terminal(container.created.terminal_fd, close=False)
            return Ended(container.reap(), text)
        return container.wait()


def probe(place: Path, spec: Spec, *, ahead: bool = False) -> dict[str, str]:
    """Run /probe in a container; return its sections by name."""
    text = run(place, replace(spec, process=replace(spec.process, args=("/bin/sh", "/probe"))), ahead=ahead).stdout
    sections: dict[str, str] = {}
    for part in text.split("== ")[1:]:
        name, _, body = part.partition("\n")
        sections[name] = body
    assert "end" in sections, text
    return sections


def read_all(fd: int) -> str:
    return b"".join(iter(lambda: os.read(fd, 65536), b"")).decode("utf-8", "replace")


def read_terminal(master_fd: int, *, close: bool = True) -> str:
    """Read a terminal to its end, which is EIO once nobody has the slave open."""
    parts = []
    try:
        while True:
            select.select([master_fd], [], [])
            parts.append(os.read(master_fd, 65536))
    except OSError:
        pass
    finally:
        if close:
            os.close(master_fd)
    return b"".join(parts).decode("utf-8", "replace")


def _clean_up(container: Container) -> None:
    made = container.created
    if container.code is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(container.pid, signal.SIGKILL)
        container.reap()
    made.cgroup.remove()
    fds = made.pidfd, made.netns_fd, made.netlink_fd, made.terminal_fd, made.mounts_fd, made.go_fd, container.output
    for fd in fds:
        if fd is not None:
            with contextlib.suppress(OSError):
                os.close(fd)
    container.bundle.remove()
