"""What a container is kept from and what it gets, item by item, from inside and from the host's /proc."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually
from tests.support.syscall_probe import write_probes

SEPARATE = ("pid", "mnt", "uts", "ipc", "net")
# CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
# AUDIT_WRITE, Docker's fourteen.
FOURTEEN = "00000000a80425fb"
NONE = "0" * 16
NET_ADMIN = 12
EPERM, EFAULT, ENOSYS = 1, 14, 38

REPORT = """
section() { echo "== $1"; }
section namespaces; for n in pid mnt uts ipc net user; do echo $n $(readlink /proc/self/ns/$n); done
section devices; for f in /dev/*; do [ -h $f ] && echo "$f -> $(readlink $f)" || stat -c '%n %F %t:%T %a' $f; done
section terminals; stat -c '%n %t:%T %a' /dev/pts/*
section mounts; cat /proc/self/mountinfo
section status; cat /proc/self/status
section descriptors; ls /proc/self/fd
section processes; ls /proc | grep '^[0-9]' | sort -n | head -n 2
section end
"""


@dataclass(frozen=True)
class Mounted:
    options: str
    propagation: str
    kind: str
    super_options: str


@dataclass(frozen=True)
class Box:
    """A container that sleeps."""

    name: str
    pid: int


def run(docker: Docker, *words: str, **options: object) -> str:
    return docker("run", "--rm", *words, **options).stdout  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def report(docker: Docker, box: Box) -> dict[str, str]:
    """What a container with all defaults sees, by section. `box` lives meanwhile: kernel numbers are used again."""
    parts = run(docker, "busybox", "sh", "-c", REPORT).split("== ")[1:]
    sections = dict(part.split("\n", 1) for part in parts)
    assert "end" in sections
    return sections


@pytest.fixture(scope="module")
def mounts(report: dict[str, str]) -> dict[str, Mounted]:
    """The mounts inside a container, by their place; the last one wins."""
    found = {}
    for line in report["mounts"].splitlines():
        left, _, right = line.partition(" - ")
        fields, tail = left.split(), right.split()
        found[fields[4]] = Mounted(fields[5], " ".join(fields[6:]), tail[0], tail[2])
    return found


@pytest.fixture(scope="module")
def box(docker: Docker) -> Iterator[Box]:
    with sleeper(docker) as box:
        yield box


class sleeper:  # noqa: N801 - used as a statement
    """Run `sleep` in a container for the time of a block."""

    def __init__(self, docker: Docker, *words: str) -> None:
        self.docker, self.words, self.name = docker, words, f"s{uuid.uuid4().hex[:12]}"

    def __enter__(self) -> Box:
        self.docker("run", "-d", "--name", self.name, *self.words, "busybox", "sleep", "600")
        return Box(self.name, int(self.docker("inspect", "-f", "{{.State.Pid}}", self.name).stdout))

    def __exit__(self, *_: object) -> None:
        self.docker("rm", "-fv", self.name)


def namespace(pid: int | str, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def status_of(text: str) -> dict[str, str]:
    return {key: value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}


@pytest.mark.parametrize("kind", SEPARATE)
def test_each_namespace_is_its_own(docker: Docker, box: Box, kind: str) -> None:
    inside = docker("exec", box.name, "readlink", f"/proc/1/ns/{kind}").stdout.strip()
    assert inside == namespace(box.pid, kind)
    assert inside != namespace("self", kind)


def test_two_containers_share_no_namespace(report: dict[str, str], box: Box) -> None:
    inside = dict(line.split() for line in report["namespaces"].splitlines())
    assert [kind for kind in SEPARATE if inside[kind] == namespace(box.pid, kind)] == []
    assert inside["user"] == namespace("self", "user")


def test_a_cgroup_namespace_is_made_on_request(docker: Docker) -> None:
    with sleeper(docker, "--cgroupns", "private") as box:
        assert namespace(box.pid, "cgroup") != namespace("self", "cgroup")
        groups = docker("exec", box.name, "cat", "/proc/1/cgroup").stdout
        assert {line.split(":", 2)[2] for line in groups.splitlines()} == {"/"}
    with sleeper(docker, "--cgroupns", "host") as box:
        assert namespace(box.pid, "cgroup") == namespace("self", "cgroup")


@pytest.mark.parametrize(("flag", "kind"), [("--pid", "pid"), ("--ipc", "ipc"), ("--uts", "uts"), ("--network", "net")])
def test_the_hosts_namespaces_are_shared_on_request(docker: Docker, flag: str, kind: str) -> None:
    assert run(docker, flag, "host", "busybox", "readlink", f"/proc/self/ns/{kind}").strip() == namespace("self", kind)


@pytest.mark.parametrize(("flag", "kind"), [("--pid", "pid"), ("--network", "net")])
def test_namespaces_of_another_container_are_shared_on_request(docker: Docker, box: Box, flag: str, kind: str) -> None:
    shown = run(docker, flag, f"container:{box.name}", "busybox", "readlink", f"/proc/self/ns/{kind}").strip()
    assert shown == namespace(box.pid, kind)


def test_its_processes_are_alone_and_the_command_is_pid_1(docker: Docker, box: Box, report: dict[str, str]) -> None:
    assert report["processes"].split()[0] == "1"
    assert docker("exec", box.name, "cat", "/proc/1/cmdline").stdout == "sleep\x00600\x00"
    assert "NSpid" in status_of(Path(f"/proc/{box.pid}/status").read_text())
    assert Path(f"/proc/{box.pid}/status").read_text().split("NSpid:")[1].split()[:2] == [str(box.pid), "1"]


def test_the_root_is_an_overlay_that_no_other_container_sees(docker: Docker, mounts: dict[str, Mounted]) -> None:
    assert mounts["/"].kind == "overlay"
    assert mounts["/"].options.split(",")[0] == "rw"
    run(docker, "busybox", "sh", "-c", "echo mine > /mine; rm /etc/group")
    assert run(docker, "busybox", "sh", "-c", "ls /mine 2>/dev/null; head -n 1 /etc/group") == "root:x:0:\n"


def test_no_mount_is_shared_with_the_host(mounts: dict[str, Mounted]) -> None:
    assert {place for place, mount in mounts.items() if "shared:" in mount.propagation} == set()


def test_mounts_go_neither_out_nor_in(docker: Docker, tmp_path: Path) -> None:
    privileges = ("--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined")
    with sleeper(docker, *privileges, "-v", f"{tmp_path}:/work") as box:
        docker("exec", box.name, "sh", "-c", "mkdir /work/in && mount -t tmpfs inside /work/in")
        assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
        assert "/work/in" in Path(f"/proc/{box.pid}/mountinfo").read_text()
        (tmp_path / "out").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "outside", tmp_path / "out"], check=True)
        try:
            assert "/work/out" not in Path(f"/proc/{box.pid}/mountinfo").read_text()
        finally:
            subprocess.run(["umount", tmp_path / "out"], check=True)


@pytest.mark.parametrize(
    ("place", "kind", "options", "super_options"),
    [
        ("/proc", "proc", "rw,nosuid,nodev,noexec,relatime", {"rw"}),
        ("/sys", "sysfs", "ro,nosuid,nodev,noexec,relatime", {"ro"}),
        ("/dev", "tmpfs", "rw,nosuid", {"rw", "size=65536k", "mode=755"}),
        ("/dev/pts", "devpts", "rw,nosuid,noexec,relatime", {"rw", "gid=5", "mode=620", "ptmxmode=666"}),
        ("/dev/shm", "tmpfs", "rw,nosuid,nodev,noexec,relatime", {"rw", "size=65536k"}),
        ("/dev/mqueue", "mqueue", "rw,nosuid,nodev,noexec,relatime", {"rw"}),
        ("/proc/sys", "proc", "ro,nosuid,nodev,noexec,relatime", {"rw"}),
    ],
)
def test_file_systems_are_mounted_as_docker_does(
    mounts: dict[str, Mounted], place: str, kind: str, options: str, super_options: set[str]
) -> None:
    mount = mounts[place]
    assert (mount.kind, mount.options) == (kind, options)
    assert super_options <= set(mount.super_options.split(","))


def test_the_cgroup_hierarchies_are_read_only(mounts: dict[str, Mounted]) -> None:
    hierarchies = [mount for mount in mounts.values() if mount.kind in ("cgroup", "cgroup2")]
    assert hierarchies
    assert {mount.options for mount in hierarchies} == {"ro,nosuid,nodev,noexec,relatime"}


def test_devices_are_dockers_list(report: dict[str, str]) -> None:
    char = "character special file"
    nodes = {"full": "1:7", "null": "1:3", "random": "1:8", "tty": "5:0", "urandom": "1:9", "zero": "1:5"}
    links = {f"std{name}": f"/proc/self/fd/{number}" for number, name in enumerate(("in", "out", "err"))}
    links |= {"fd": "/proc/self/fd", "ptmx": "pts/ptmx"}
    expected = {f"/dev/{name} {char} {number} 666" for name, number in nodes.items()}
    expected |= {f"/dev/{name} -> {target}" for name, target in links.items()}
    expected |= {f"/dev/{name} directory 0:0 1777" for name in ("mqueue", "shm")} | {"/dev/pts directory 0:0 755"}
    listed = set(report["devices"].splitlines())
    # /proc/kcore is masked where it exists; the link to it is a matter of Docker's age.
    assert {line for line in listed if not line.startswith("/dev/core ")} == expected
    assert report["terminals"].strip() == "/dev/pts/ptmx 5:2 666"


def test_devices_that_were_not_given_cannot_be_opened(docker: Docker) -> None:
    script = "mknod /tmp/kmsg c 1 11; mknod /tmp/zero c 1 5; head -c 1 /tmp/kmsg; head -c 2 /tmp/zero | wc -c"
    done = docker("run", "--rm", "busybox", "sh", "-c", script)
    assert "Operation not permitted" in done.stderr
    assert done.stdout == "2\n"


def test_a_device_is_given_by_name(docker: Docker) -> None:
    out = run(docker, "--device", "/dev/zero:/dev/nought:r", "busybox", "stat", "-c", "%t:%T", "/dev/nought")
    assert out == "1:5\n"
    done = docker("run", "--rm", "--device", "/dev/no-such", "busybox", "true", code=None)
    assert 'error gathering device information while adding custom device "/dev/no-such"' in done.stderr


def test_a_terminal_is_in_its_own_devpts(docker: Docker) -> None:
    out = run(docker, "-t", "busybox", "sh", "-c", "tty; ls /dev/pts; stat -c '%t:%T %u %g' /dev/console")
    assert out.split() == ["/dev/pts/0", "0", "ptmx", "88:0", "0", "5"]


@pytest.mark.parametrize("place", ["/proc/acpi", "/proc/keys", "/proc/timer_list", "/proc/kcore", "/sys/firmware"])
def test_masked_places_are_empty(docker: Docker, box: Box, place: str) -> None:
    if not os.path.exists(place):
        pytest.skip(f"this kernel has no {place}")
    show = "ls -A" if os.path.isdir(place) else "cat"
    assert docker("exec", box.name, "sh", "-c", f"{show} {place}").stdout == ""
    assert os.path.exists(f"/proc/{box.pid}/root{place}")


@pytest.mark.parametrize(
    "place", ["/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/irq/default_smp_affinity"]
)
def test_read_only_places_cannot_be_written(docker: Docker, box: Box, place: str) -> None:
    if not os.path.exists(place):
        pytest.skip(f"this kernel has no {place}")
    done = docker("exec", box.name, "sh", "-c", f"echo 1 > {place}", code=1)
    assert "Read-only file system" in done.stderr


@pytest.mark.parametrize(
    ("flags", "effective", "bounding"),
    [
        ((), FOURTEEN, FOURTEEN),
        (("-u", "alice"), NONE, FOURTEEN),
        (("--cap-drop", "ALL"), NONE, NONE),
        (("--cap-drop", "ALL", "--cap-add", "CHOWN"), f"{1:016x}", f"{1:016x}"),
        (("--cap-drop", "CAP_CHOWN"), f"{int(FOURTEEN, 16) - 1:016x}", f"{int(FOURTEEN, 16) - 1:016x}"),
        (("--cap-add", "NET_ADMIN"), *(f"{int(FOURTEEN, 16) | 1 << NET_ADMIN:016x}",) * 2),
        (("--cap-add", "NET_ADMIN", "-u", "1000"), NONE, f"{int(FOURTEEN, 16) | 1 << NET_ADMIN:016x}"),
    ],
)  # fmt: skip
def test_capabilities_are_exactly_those(docker: Docker, flags: tuple[str, ...], effective: str, bounding: str) -> None:
    status = status_of(run(docker, *flags, "busybox", "grep", "^Cap", "/proc/self/status"))
    assert status == {"CapInh": NONE, "CapPrm": effective, "CapEff": effective, "CapBnd": bounding, "CapAmb": NONE}


def test_capabilities_of_an_exec_are_the_containers(docker: Docker, box: Box) -> None:
    outside = status_of(Path(f"/proc/{box.pid}/status").read_text())
    inside = status_of(docker("exec", box.name, "cat", "/proc/self/status").stdout)
    keys = [key for key in outside if key.startswith(("Cap", "Seccomp", "NoNewPrivs"))]
    assert {key: inside[key] for key in keys} == {key: outside[key] for key in keys}
    assert outside["CapBnd"] == FOURTEEN
    user = status_of(docker("exec", "-u", "alice", box.name, "cat", "/proc/self/status").stdout)
    assert (user["CapEff"], user["CapBnd"]) == (NONE, FOURTEEN)


def test_system_calls_are_filtered(docker: Docker, tmp_path: Path) -> None:
    answers = {
        **dict.fromkeys(("add_key", "keyctl", "mount", "open_by_handle_at", "pivot_root", "request_key"), EPERM),
        **dict.fromkeys(("setns", "umount2", "unshare"), EPERM), "clone3": ENOSYS, "getppid": 0,
    }  # fmt: skip
    write_probes(tmp_path, answers)
    script = "for name in /probes/*; do $name; echo ${name##*/} $?; done"
    asked = ("-v", f"{tmp_path}:/probes:ro", "busybox", "sh", "-c", script)
    assert {name: int(code) for name, code in map(str.split, run(docker, *asked).splitlines())} == answers
    free = run(docker, "--security-opt", "seccomp=unconfined", *asked)
    assert {"mount 14", "unshare 0", "getppid 0"} <= set(free.splitlines())


def test_the_filter_opens_with_the_capability(docker: Docker, tmp_path: Path) -> None:
    write_probes(tmp_path, ["mount", "unshare", "keyctl"])
    script = "for name in mount unshare keyctl; do /probes/$name; echo $?; done"
    out = run(docker, "--cap-add", "SYS_ADMIN", "-v", f"{tmp_path}:/probes:ro", "busybox", "sh", "-c", script)
    assert out.split() == [str(EFAULT), "0", str(EPERM)]


@pytest.mark.parametrize(
    ("flags", "mode", "no_new"),
    [((), "2", "0"), (("--security-opt", "no-new-privileges"), "2", "1"),
     (("--security-opt", "seccomp=unconfined"), "0", "0")],
)  # fmt: skip
def test_seccomp_and_no_new_privileges_are_set(docker: Docker, flags: tuple[str, ...], mode: str, no_new: str) -> None:
    with sleeper(docker, *flags) as box:
        status = status_of(Path(f"/proc/{box.pid}/status").read_text())
    assert (status["Seccomp"], status["NoNewPrivs"]) == (mode, no_new)


def test_no_descriptor_is_inherited(docker: Docker, box: Box, report: dict[str, str]) -> None:
    # The fourth is the folder that ls reads.
    assert report["descriptors"].split() == ["0", "1", "2", "3"]
    assert docker("exec", box.name, "ls", "/proc/self/fd").stdout.split() == ["0", "1", "2", "3"]
    assert sorted(os.listdir(f"/proc/{box.pid}/fd")) == ["0", "1", "2"]


def test_standard_input_is_empty_unless_asked_for(docker: Docker) -> None:
    assert run(docker, "busybox", "cat", stdin="not for you") == ""
    assert run(docker, "-i", "busybox", "cat", stdin="for you") == "for you"


def test_init_reaps_orphans(docker: Docker) -> None:
    script = "(sh -c 'usleep 1000' & ) ; until ! grep -qs 'State:.Z' /proc/[0-9]*/status; do usleep 1000; done; echo ok"
    assert run(docker, "--init", "busybox", "sh", "-c", script) == "ok\n"


def test_a_killed_container_takes_its_processes_along(docker: Docker) -> None:
    with sleeper(docker) as box:
        docker("exec", "-d", box.name, "sleep", "601")
        listed = eventually(lambda: docker("top", box.name, "-o", "pid,args").stdout.count("sleep") == 2)
        pids = [int(line.split()[0]) for line in docker("top", box.name, "-o", "pid,args").stdout.splitlines()[1:]]
        assert listed
        docker("kill", box.name)
    assert [pid for pid in pids if os.path.exists(f"/proc/{pid}")] == []
