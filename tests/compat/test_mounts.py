"""Mounts: the words of -v, --mount and --tmpfs, what inspect tells of them, and images that try to lead them out."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.busybox_image import rootfs_tar
from tests.support.daemon import Docker

QUIET = ("--network", "none")


def run(docker: Docker, *words: str, code: int = 0) -> str:
    return docker("run", "--rm", *QUIET, *words, code=code).stdout


def created(docker: Docker, *words: str) -> dict[str, Any]:
    """Make a container and return its inspection."""
    container = docker("create", *QUIET, *words, "busybox", "true").stdout.strip()
    found: dict[str, Any] = json.loads(docker("inspect", container).stdout)[0]
    docker("rm", "-v", container)
    return found


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Path]:
    """A directory of the host with a file in it."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source/file").write_text("kept")
    yield tmp_path / "source"


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("", {"Mode": "", "RW": True, "Propagation": "rprivate"}),
        ("ro", {"Mode": "ro", "RW": False, "Propagation": "rprivate"}),
        ("rw", {"Mode": "rw", "RW": True, "Propagation": "rprivate"}),
        ("z", {"Mode": "z", "RW": True, "Propagation": "rprivate"}),
        ("Z,ro", {"Mode": "Z,ro", "RW": False, "Propagation": "rprivate"}),
        ("cached", {"Mode": "cached", "RW": True, "Propagation": "rprivate"}),
        ("delegated,ro", {"Mode": "delegated,ro", "RW": False, "Propagation": "rprivate"}),
        ("private", {"Mode": "private", "RW": True, "Propagation": "private"}),
        ("rslave", {"Mode": "rslave", "RW": True, "Propagation": "rslave"}),
        ("ro,shared", {"Mode": "ro,shared", "RW": False, "Propagation": "shared"}),
    ],
)
def test_the_words_of_a_bind_are_told_again(docker: Docker, source: Path, mode: str, told: dict[str, Any]) -> None:
    bind = f"{source}:/m:{mode}".rstrip(":")
    found = created(docker, "-v", bind)
    assert found["Mounts"] == [{"Type": "bind", "Source": str(source), "Destination": "/m", **told}]
    assert found["HostConfig"]["Binds"] == [bind]


@pytest.mark.parametrize(
    ("bind", "sentence"),
    [
        ("{}:m", "mount path must be absolute"),
        ("{}:/", "invalid specification: destination can't be '/'"),
        ("{}:/m:bogus", "invalid mode: bogus"),
        ("{}:/m:RO", "invalid mode: RO"),
        ("{}:/m:ro,rw", "invalid mode: ro,rw"),
        ("{}:/m:nocopy", 'invalid mount config for type "bind": field VolumeOptions must not be specified'),
        ("some:/m:rshared", 'invalid mount config for type "volume": field BindOptions must not be specified'),
        ("some:/", "invalid specification: destination can't be '/'"),
    ],
)
def test_a_bind_that_is_none_is_refused(docker: Docker, source: Path, bind: str, sentence: str) -> None:
    assert sentence in docker("create", "-v", bind.format(source), "busybox", code=1).stderr


@pytest.mark.parametrize(
    ("mount", "sentence"),
    [
        ("type=bind,src=/no/such,dst=/m", 'type "bind": bind source path does not exist: /no/such'),
        ("type=bind,src=/tmp,dst=m", "invalid mount path: 'm' mount path must be absolute"),
        ("type=bind,src=/tmp,dst=/", "invalid specification: destination can't be '/'"),
        ("type=bind,dst=/m", 'type "bind": field Source must not be empty'),
        ("type=bind,src=/tmp,dst=/m,bind-propagation=odd", "invalid propagation mode: odd"),
        ("type=tmpfs,src=x,dst=/m", 'type "tmpfs": field Source must not be specified'),
        ("type=volume,dst=/m,readonly", "must not set ReadOnly mode when using anonymous volumes"),
        ("type=npipe,src=/x,dst=/m", 'type "npipe": mount type unknown'),
    ],
)
def test_a_mount_that_is_none_is_refused(docker: Docker, mount: str, sentence: str) -> None:
    assert sentence in docker("create", "--mount", mount, "busybox", code=1).stderr


@pytest.mark.parametrize(
    "words",
    [
        ("-v", "/tmp:/m", "-v", "some:/m/"),
        ("-v", "/tmp:/m", "--mount", "type=tmpfs,dst=/m"),
        ("--mount", "type=tmpfs,dst=/m", "--mount", "type=bind,src=/etc,dst=/m"),
        ("-v", "some:/m", "--tmpfs", "/m"),
    ],
)
def test_two_mounts_at_one_place_are_refused(docker: Docker, words: tuple[str, ...]) -> None:
    assert "Duplicate mount point: /m" in docker("create", *words, "busybox", code=1).stderr


def test_a_mount_is_told_as_it_was_asked_for(docker: Docker, source: Path) -> None:
    mounts = [
        {"Type": "bind", "Source": str(source), "Target": "/b", "ReadOnly": True,
         "BindOptions": {"Propagation": "private", "NonRecursive": True}},
        {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 65536, "Mode": 448}},
    ]  # fmt: skip
    found = created(
        docker, "--mount", f"type=bind,src={source},dst=/b,readonly,bind-propagation=private,bind-nonrecursive",
        "--mount", "type=tmpfs,dst=/t,tmpfs-size=64k,tmpfs-mode=700",
    )  # fmt: skip
    assert found["HostConfig"]["Mounts"] == mounts
    assert sorted(found["Mounts"], key=lambda mount: mount["Destination"]) == [
        {"Type": "bind", "Source": str(source), "Destination": "/b", "Mode": "", "RW": False, "Propagation": "private"},
        {"Type": "tmpfs", "Source": "", "Destination": "/t", "Mode": "", "RW": True, "Propagation": ""},
    ]


def test_a_missing_source_of_v_is_made_and_one_file_can_be_bound(docker: Docker, tmp_path: Path) -> None:
    run(docker, "-v", f"{tmp_path}/new/deep:/m", "busybox", "touch", "/m/file")
    assert (tmp_path / "new/deep/file").exists()
    (tmp_path / "one").write_text("single")
    assert run(docker, "-v", f"{tmp_path}/one:/etc/one:ro", "busybox", "cat", "/etc/one") == "single"
    refused = docker("run", "--rm", *QUIET, "-v", f"{tmp_path}/new:/etc/passwd", "busybox", code=125)
    assert "not a directory" in refused.stderr
    assert "Are you trying to mount a directory onto a file (or vice-versa)?" in refused.stderr


def test_a_mount_in_a_mount_is_made_after_it(docker: Docker, source: Path) -> None:
    words = ("--tmpfs", "/m/in/t", "--mount", f"type=bind,src={source},dst=/m/in", "--mount", "type=tmpfs,dst=/m")
    output = run(docker, *words, "busybox", "sh", "-c", "cat /m/in/file; grep -c ' /m' /proc/self/mountinfo")
    assert output == "kept3\n"
    assert (source / "t").is_dir()


def test_a_tmpfs_has_its_options(docker: Docker) -> None:
    line = "grep ' /m ' /proc/self/mountinfo; stat -c '%a %u' /m"
    told = run(docker, "--tmpfs", "/m:size=64k,mode=711,uid=7,exec", "busybox", "sh", "-c", line)
    assert " rw,nosuid,nodev,relatime - tmpfs tmpfs rw,size=64k,mode=711,uid=7" in told
    assert told.endswith("\n711 7\n")
    mount = "type=tmpfs,dst=/m,tmpfs-size=65536,tmpfs-mode=1770"
    told = run(docker, "--mount", mount, "busybox", "sh", "-c", line)
    assert " rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,size=64k,mode=1770" in told
    assert told.endswith("\n1770 0\n")


@pytest.mark.parametrize("mode", ["shared", "rshared", "slave", "rslave"])
def test_a_mount_that_the_host_does_not_share_is_refused(docker: Docker, source: Path, mode: str) -> None:
    refused = docker("run", "--rm", *QUIET, "-v", f"{source}:/m:{mode}", "busybox", code=125).stderr
    kind = "a shared" if mode.endswith("shared") else "a shared or slave"
    assert f"path {source} is mounted on / but it is not {kind} mount" in refused


def test_the_hosts_devices_can_be_shown_whole(docker: Docker) -> None:
    shown = "echo x > /dev/null; ls -d /dev/pts/ptmx; grep -c ' /dev ' /proc/self/mountinfo"
    assert run(docker, "-v", "/dev:/dev", "busybox", "sh", "-c", shown) == "/dev/pts/ptmx\n1\n"
    assert run(docker, "-t", "-v", "/dev:/dev", "busybox", "tty").startswith("/dev/pts/")


def test_the_hosts_root_can_be_shown_read_only(docker: Docker) -> None:
    look = "ls -d /m/proc/1; touch /m/tmp/x 2>&1"
    shown = docker("run", "--rm", *QUIET, "-v", "/:/m:ro", "busybox", "sh", "-c", look, code=1).stdout
    assert shown == "/m/proc/1\ntouch: /m/tmp/x: Read-only file system\n"
    [mount] = created(docker, "-v", "/:/m:ro")["Mounts"]
    assert mount["Propagation"] == "rslave", "what is shown includes the daemon's own mounts"


# --- images that lead out --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hostile:
    """An image, and the directory of the host that its links lead to."""

    image: str
    outside: Path


@pytest.fixture(scope="module")
def hostile(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    """Links of each kind: absolute, by `..`, through /proc, in chains, at the end of a path."""
    outside = tmp_path_factory.mktemp("outside")
    name = f"cm{uuid.uuid4().hex[:12]}"
    buffer = io.BytesIO(rootfs_tar())
    with tarfile.open(fileobj=buffer, mode="a") as tar:
        for path, target in (
            ("absolute", str(outside)), ("above", "../../../../../.." + str(outside)), ("chain", "./link"),
            ("link", "absolute"),
            ("magic", "/proc/self/root" + str(outside)), ("end", f"{outside}/made"), ("etc/hosts", f"{outside}/hosts"),
            ("parent", f"/proc/1/cwd{outside}"),
        ):  # fmt: skip
            link = tarfile.TarInfo(path)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
    docker("import", "-c", "ENV PATH=/bin", "-", name, stdin=buffer.getvalue())
    yield Hostile(name, outside)
    docker("rmi", "-f", name)


@pytest.mark.parametrize("place", ["/absolute/x", "/above/x", "/chain/x/y", "/end", "/absolute"])
@pytest.mark.parametrize("words", ["-v {0}:{1}", "-v {0}/file:{1}/f", "--tmpfs {1}", "-v {1}"])
def test_a_link_in_an_image_leads_a_mount_nowhere_else(
    hostile: Hostile, docker: Docker, source: Path, place: str, words: str
) -> None:
    outside = hostile.outside
    told = run(docker, *words.format(source, place).split(), hostile.image, "cat", "/proc/self/mountinfo")
    inside = [line.split(" ")[4] for line in told.splitlines()]
    assert any(mounted.startswith(str(outside)) for mounted in inside), "it is mounted where the link leads inside"
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("place", ["/magic/x", "/parent/x"])
def test_a_link_through_proc_leads_a_mount_nowhere_else(
    docker: Docker, hostile: Hostile, source: Path, place: str
) -> None:
    docker("run", "--rm", *QUIET, "-v", f"{source}:{place}", hostile.image, "true", code=None)
    assert list(hostile.outside.iterdir()) == []
    assert [path.name for path in source.iterdir()] == ["file"]
