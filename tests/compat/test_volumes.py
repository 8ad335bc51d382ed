"""Volumes: the driver local with its options, what a new one gets of an image, who uses it, and when it goes."""

from __future__ import annotations

import io
import json
import tarfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.busybox_image import rootfs_tar
from tests.support.daemon import Docker
from tests.support.eventually import eventually

QUIET = ("--network", "none")


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    """A name that nobody has; the volume of that name goes with the test."""
    name = f"cv{uuid.uuid4().hex[:12]}"
    yield name
    docker("volume", "rm", "-f", name, f"{name}-2")


@pytest.fixture(scope="module")
def image(docker: Docker) -> Iterator[str]:
    """An image with something at /data: of another owner, with a link, empty and full folders."""
    name = f"cv{uuid.uuid4().hex[:12]}"
    docker("import", "-c", "ENV PATH=/bin", "-c", "VOLUME /vol", "-", name, stdin=_with_data(rootfs_tar()))
    yield name
    docker("rmi", "-f", name)


def _with_data(root: bytes) -> bytes:
    buffer = io.BytesIO(root)
    with tarfile.open(fileobj=buffer, mode="a") as tar:
        for path, mode, owner in (
            ("data", 0o2750, 1000), ("data/empty", 0o700, 5), ("vol", 0o711, 7),
        ):  # fmt: skip
            member = tarfile.TarInfo(path)
            member.type, member.mode, member.uid, member.gid = tarfile.DIRTYPE, mode, owner, owner
            tar.addfile(member)
        for path in ("data/file", "vol/inside"):
            member = tarfile.TarInfo(path)
            member.size, member.mode, member.uid = 2, 0o640, 42
            tar.addfile(member, io.BytesIO(b"x\n"))
        link = tarfile.TarInfo("data/link")
        link.type, link.linkname = tarfile.SYMTYPE, "file"
        tar.addfile(link)
    return buffer.getvalue()


def run(docker: Docker, *words: str, code: int = 0) -> str:
    return docker("run", "--rm", *QUIET, *words, code=code).stdout


def inspect(docker: Docker, what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", what).stdout)[0]
    return found


# --- options ---------------------------------------------------------------------------------------------------------


def test_a_tmpfs_lives_as_long_as_somebody_uses_it(docker: Docker, name: str) -> None:
    docker("volume", "create", name, "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m,uid=1000")
    first = docker("run", "-d", *QUIET, "-v", f"{name}:/m", "busybox", "sleep", "600").stdout.strip()
    assert " tmpfs rw,size=1024k,uid=1000" in docker("exec", first, "grep", " /m ", "/proc/self/mountinfo").stdout
    docker("exec", first, "touch", "/m/file")
    assert run(docker, "-v", f"{name}:/m", "busybox", "ls", "/m") == "file\n"
    docker("exec", first, "ls", "/m/file")
    docker("rm", "-f", first)
    assert run(docker, "-v", f"{name}:/m", "busybox", "ls", "/m") == ""


def test_a_directory_of_the_host_is_bound(docker: Docker, name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    docker("volume", "create", name, "-o", "type=none", "-o", f"device={tmp_path}", "-o", "o=bind,ro")
    assert run(docker, "-v", f"{name}:/m", "busybox", "cat", "/m/file") == "kept"
    failed = docker("run", "--rm", *QUIET, "-v", f"{name}:/m", "busybox", "touch", "/m/x", code=1)
    assert "Read-only file system" in failed.stderr
    docker("volume", "rm", name)
    assert (tmp_path / "file").read_text() == "kept"


def test_what_cannot_be_mounted_is_told_at_the_start(docker: Docker, name: str) -> None:
    docker("volume", "create", name, "-o", "type=none", "-o", "device=/no/such", "-o", "o=bind")
    container = docker("create", *QUIET, "-v", f"{name}:/m", "busybox", "true").stdout.strip()
    refused = docker("start", container, code=1).stderr
    place = inspect(docker, name)["Mountpoint"]
    assert f"failed to mount local volume: mount /no/such:{place}, flags: 0x1000: no such file or directory" in refused
    assert inspect(docker, container)["State"]["Status"] == "created"
    docker("rm", container)
    docker("volume", "rm", name)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("-o", "foo=bar"), 'invalid option: "foo"'),
        (("-o", "type=tmpfs"), 'missing required option: "device"'),
        (("-o", "device=/tmp"), 'missing required option: "type"'),
    ],
)
def test_options_that_do_not_fit_are_refused(
    docker: Docker, name: str, options: tuple[str, ...], sentence: str
) -> None:
    assert f"create {name}: {sentence}" in docker("volume", "create", name, *options, code=1).stderr
    assert name not in docker("volume", "ls", "-q").stdout


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ("a", "volume name is too short, names should be at least two alphanumeric characters"),
        ("-x", "includes invalid characters for a local volume name"),
        ("a b", "includes invalid characters for a local volume name"),
        ("a/b", "includes invalid characters for a local volume name"),
    ],
)
def test_a_bad_name_is_refused(docker: Docker, bad: str, sentence: str) -> None:
    assert f"create {bad}: " in (refused := docker("volume", "create", "--name", bad, code=1).stderr)
    assert sentence in refused
    assert sentence in docker("create", "--mount", f"type=volume,src={bad},dst=/m", "busybox", code=1).stderr


def test_what_is_there_keeps_its_labels_and_options(docker: Docker, name: str) -> None:
    docker("volume", "create", name, "--label", "a=1", "-o", "type=tmpfs", "-o", "device=tmpfs")
    docker("volume", "create", name, "--label", "b=2")
    found = inspect(docker, name)
    assert (found["Labels"], found["Options"]) == ({"a": "1"}, {"type": "tmpfs", "device": "tmpfs"})
    assert (found["Driver"], found["Scope"], found["Name"]) == ("local", "local", name)
    assert found["CreatedAt"].endswith("Z")


def test_a_mount_makes_its_volume_with_labels_and_options(docker: Docker, name: str) -> None:
    mount = f"type=volume,src={name},dst=/m,volume-label=a=b,volume-opt=type=tmpfs,volume-opt=device=tmpfs"
    assert " tmpfs " in run(docker, "--mount", mount, "busybox", "grep", " /m ", "/proc/self/mountinfo")
    found = inspect(docker, name)
    assert (found["Labels"], found["Options"]) == ({"a": "b"}, {"type": "tmpfs", "device": "tmpfs"})


# --- what a new one gets ---------------------------------------------------------------------------------------------


STAT = ("stat", "-c", "%n %a %u %g %F", "/m", "/m/file", "/m/empty", "/m/link")


def test_a_new_volume_gets_what_the_image_has_with_owners_and_modes(docker: Docker, image: str, name: str) -> None:
    original = run(docker, image, "stat", "-c", "%n %a %u %g %F", "/data", "/data/file", "/data/empty", "/data/link")
    run(docker, "-v", f"{name}:/data", image, "true")
    assert run(docker, "-v", f"{name}:/m", "busybox", *STAT) == original.replace("/data", "/m")
    assert "2750 1000 1000 directory" in original


def test_a_volume_with_something_in_it_gets_nothing(docker: Docker, image: str, name: str) -> None:
    run(docker, "-v", f"{name}:/m", "busybox", "touch", "/m/mine")
    assert run(docker, "-v", f"{name}:/data", image, "ls", "/data") == "mine\n"


@pytest.mark.parametrize(
    "words", [("-v", "{}:/data:nocopy"), ("--mount", "type=volume,src={},dst=/data,volume-nocopy")]
)
def test_nocopy_leaves_it_empty(docker: Docker, image: str, name: str, words: tuple[str, ...]) -> None:
    assert run(docker, *(word.format(name) for word in words), image, "ls", "/data") == ""


def test_an_images_own_volume_has_what_the_image_has_there(docker: Docker, image: str) -> None:
    assert run(docker, image, "sh", "-c", "ls /vol; stat -c '%a %u' /vol; grep -c ' /vol ' /proc/self/mountinfo") == (
        "inside\n711 7\n1\n"
    )


def test_a_volume_of_another_container_is_not_filled(docker: Docker, image: str, name: str) -> None:
    owner = docker("create", *QUIET, "-v", f"{name}:/data", "busybox", "true").stdout.strip()
    assert run(docker, "--volumes-from", owner, image, "ls", "/data") == ""
    docker("rm", "-v", owner)


# --- who uses it, when it goes ---------------------------------------------------------------------------------------


def test_a_volume_in_use_names_its_users(docker: Docker, name: str) -> None:
    users = sorted(docker("create", *QUIET, "-v", f"{name}:/m", "busybox").stdout.strip() for _ in range(2))
    refused = docker("volume", "rm", name, code=1).stderr
    assert f"remove {name}: volume is in use - [" in refused
    assert all(user in refused for user in users)
    refused = docker("volume", "rm", "-f", name, code=1).stderr
    assert "volume is in use" in refused
    docker("rm", *users)
    docker("volume", "rm", name)
    assert f"get {name}: no such volume" in docker("volume", "rm", name, code=1).stderr
    docker("volume", "rm", "-f", name)


def mounted(docker: Docker, container: str) -> dict[str, str]:
    return {mount["Destination"]: mount.get("Name", "") for mount in inspect(docker, container)["Mounts"]}


@pytest.mark.parametrize("way", ["rm -v", "--rm", "rm"])
def test_only_volumes_without_a_name_go_with_their_container(docker: Docker, image: str, name: str, way: str) -> None:
    words = ("-v", f"{name}:/named", "-v", "/bare", "--mount", "type=volume,dst=/m", image, "true")
    container = docker("create", *QUIET, *(("--rm",) if way == "--rm" else ()), *words).stdout.strip()
    names = mounted(docker, container)
    assert set(names) == {"/named", "/bare", "/m", "/vol"}
    anonymous = {names[place] for place in ("/bare", "/m", "/vol")}
    assert anonymous <= set(docker("volume", "ls", "-q").stdout.split())
    if way == "--rm":
        docker("start", "-a", container)
        eventually(lambda: container not in docker("ps", "-aq", "--no-trunc").stdout)
    else:
        docker(*way.split(), container)
    left = anonymous & set(docker("volume", "ls", "-q").stdout.split())
    assert left == (anonymous if way == "rm" else set())
    assert name in docker("volume", "ls", "-q").stdout.split()
    if left:
        docker("volume", "rm", *left)


def test_an_anonymous_volume_goes_with_the_last_container_that_has_it(docker: Docker) -> None:
    owner = docker("create", *QUIET, "-v", "/m", "busybox", "touch", "/m/file").stdout.strip()
    docker("start", "-a", owner)
    user = docker("create", *QUIET, "--volumes-from", owner, "busybox", "ls", "/m").stdout.strip()
    docker("rm", "-v", owner)
    assert docker("start", "-a", user).stdout == "file\n"
    volume = mounted(docker, user)["/m"]
    docker("rm", "-v", user)
    assert volume not in docker("volume", "ls", "-q").stdout


def test_volumes_from_may_be_read_only(docker: Docker, name: str) -> None:
    owner = docker("create", *QUIET, "-v", f"{name}:/m", "busybox").stdout.strip()
    run(docker, "--volumes-from", f"{owner}:rw", "busybox", "touch", "/m/x")
    failed = docker("run", "--rm", *QUIET, "--volumes-from", f"{owner}:ro", "busybox", "touch", "/m/y", code=1)
    assert "Read-only file system" in failed.stderr
    docker("rm", owner)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("no-such-one", "No such container: no-such-one"), ("no-such-one:zz", "invalid mode: zz")],
)
def test_volumes_of_nobody_are_refused(docker: Docker, text: str, sentence: str) -> None:
    assert sentence in docker("create", "--volumes-from", text, "busybox", code=1).stderr


# --- lists and prune -------------------------------------------------------------------------------------------------


def test_the_list_is_filtered(docker: Docker, name: str) -> None:
    docker("volume", "create", name, "--label", f"{name}=1")
    docker("volume", "create", f"{name}-2", "--label", name)
    user = docker("create", *QUIET, "-v", f"{name}:/m", "busybox").stdout.strip()

    def found(*filters: str) -> list[str]:
        words = [word for one in (f"name={name}", *filters) for word in ("--filter", one)]
        return sorted(docker("volume", "ls", "-q", *words).stdout.split())

    assert found() == [name, f"{name}-2"]
    assert found("dangling=true") == [f"{name}-2"]
    assert found("dangling=0") == [name]
    assert found(f"label={name}=1") == [name]
    assert found(f"label={name}") == [name, f"{name}-2"]
    assert found(f"label={name}", "label=other") == []
    assert found("driver=local") == [name, f"{name}-2"]
    assert found("driver=loc") == []
    docker("rm", user)


@pytest.mark.parametrize(
    ("text", "sentence"), [("bogus=1", "nvalid filter 'bogus'"), ("dangling=x", "nvalid filter 'dangling=[x]'")]
)
def test_a_bad_filter_is_refused(docker: Docker, text: str, sentence: str) -> None:
    assert sentence in docker("volume", "ls", "--filter", text, code=1).stderr


def test_prune_takes_what_nobody_uses_and_tells_how_much(docker: Docker, name: str) -> None:
    label = f"{name}=1"
    anonymous = docker("volume", "create", "--label", label).stdout.strip()
    used = docker("volume", "create", "--label", label).stdout.strip()
    mounted = docker("volume", "create", "--label", label, "-o", "type=tmpfs", "-o", "device=tmpfs").stdout.strip()
    run(docker, "-v", f"{anonymous}:/m", "busybox", "sh", "-c", "head -c 1000 /dev/zero > /m/file")
    user = docker("create", *QUIET, "-v", f"{used}:/m", "busybox").stdout.strip()
    told = docker("volume", "prune", "-f", "--filter", f"label={label}").stdout
    assert told.split() == ["Deleted", "Volumes:", anonymous, "Total", "reclaimed", "space:", "1kB"]
    docker("rm", user)
    docker("volume", "rm", used, mounted)


# --- events ----------------------------------------------------------------------------------------------------------


def test_events_tell_of_a_volumes_life(docker: Docker, name: str) -> None:
    since = _now()
    docker("volume", "create", name)
    container = docker("create", *QUIET, "-v", f"{name}:/m:ro", "busybox", "true").stdout.strip()
    docker("start", "-a", container)
    eventually(lambda: inspect(docker, container)["State"]["Status"] == "exited")
    docker("rm", container)
    docker("volume", "rm", name)
    words = ("--since", since, "--until", _now(), "--filter", f"volume={name}", "--format", "{{json .}}")
    events = [json.loads(line) for line in docker("events", *words).stdout.splitlines()]
    attributes = {event["Action"]: event["Actor"]["Attributes"] for event in events}
    assert {event["Type"] for event in events} == {"volume"}
    assert [event["Action"] for event in events if event["Action"] != "create"] == ["mount", "unmount", "destroy"]
    assert attributes == {
        "create": {"driver": "local"},
        "mount": {
            "container": container, "destination": "/m", "driver": "local", "propagation": "", "read/write": "false"
        },
        "unmount": {"container": container, "driver": "local"},
        "destroy": {"driver": "local"},
    }  # fmt: skip


def _now() -> str:
    return f"{time.time_ns() / 1e9:.9f}"
