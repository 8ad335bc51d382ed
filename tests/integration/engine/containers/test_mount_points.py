"""Mounts of containers, looked at from the host and from inside: options, propagation, parts of volumes, restarts."""

from __future__ import annotations

import ctypes
import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mountinfo, mounts, namespaces
from jupyter_containers.linux.mountinfo import MountEntry
from tests.support.api_client import Api
from tests.support.daemon import Daemon
from tests.support.eventually import eventually

pytestmark = pytest.mark.needs("root", "overlay")

TMPFS = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}


@pytest.fixture
def fast(api: Api) -> Iterator[str]:
    """A volume that is a tmpfs."""
    assert api.post("/volumes/create", {"Name": "fast", "DriverOpts": TMPFS}).status == 201
    yield "fast"
    for container in api.get("/containers/json", all=1).json:
        api.remove(container["Id"])
    assert api.delete("/volumes/fast").status == 204


def on_host(path: Path | str) -> list[MountEntry]:
    return [entry for entry in mountinfo.read() if entry.mount_point == str(path)]


def inside(api: Api, container: str, place: str) -> list[MountEntry]:
    pid = api.state(container)["Pid"]
    return [entry for entry in mountinfo.read(pid) if entry.mount_point == place]


def place_of(api: Api, volume: str) -> Path:
    return Path(api.get(f"/volumes/{volume}").json["Mountpoint"])


# --- the driver's mounts ---------------------------------------------------------------------------------------------


def test_a_volume_is_mounted_on_the_host_while_somebody_uses_it(api: Api, fast: str) -> None:
    place = place_of(api, fast)
    first = api.run("sleep", "600", host={"Binds": [f"{fast}:/m"]})
    [entry] = on_host(place)
    assert (entry.fs_type, "size=1024k" in entry.super_options) == ("tmpfs", True)
    (place / "file").write_text("shared")
    second = api.run("sleep", "600", host={"Binds": [f"{fast}:/n:ro"]})
    [seen] = inside(api, second, "/n")
    assert (seen.major_minor, "ro" in seen.options) == (entry.major_minor, True)
    api.remove(first)
    assert len(on_host(place)) == 1
    api.remove(second)
    assert not on_host(place)
    assert list(place.iterdir()) == []


def test_a_start_that_fails_leaves_no_mount(api: Api, fast: str) -> None:
    place = place_of(api, fast)
    container = api.create("/no/such", host={"Binds": [f"{fast}:/m"]})
    assert api.post(f"/containers/{container}/start").status == 400
    assert not on_host(place)
    other = {"type": "none", "o": "bind", "device": "/no/such"}
    assert api.post("/volumes/create", {"Name": "nowhere", "DriverOpts": other}).status == 201
    container = api.create("true", host={"Binds": [f"{fast}:/m", "nowhere:/n"]})
    refused = api.post(f"/containers/{container}/start")
    assert refused.status == 500
    assert "failed to mount local volume: mount /no/such:" in refused.message
    assert not on_host(place)
    api.remove(container)
    api.delete("/volumes/nowhere")


def test_what_a_volume_shows_outlives_it(api: Api, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    shown = {"type": "none", "o": "bind", "device": str(tmp_path)}
    api.post("/volumes/create", {"Name": "shown", "DriverOpts": shown})
    assert api.output("cat", "/m/file", host={"Binds": ["shown:/m"]}) == "mine"
    assert api.delete("/volumes/shown").status == 204
    assert (tmp_path / "file").read_text() == "mine"


def test_files_are_copied_from_and_to_a_mounted_volume_of_a_container_that_does_not_run(
    api: Api, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    shown = {"type": "none", "o": "bind", "device": str(tmp_path)}
    api.post("/volumes/create", {"Name": "shown", "DriverOpts": shown})
    container = api.create("true", host={"Binds": ["shown:/m"]})
    got = api.get(f"/containers/{container}/archive", path="/m/file")
    with tarfile.open(fileobj=io.BytesIO(got.content)) as tar:
        assert tar.getnames() == ["file"]
    (tmp_path / "file").unlink()
    assert api.request("PUT", f"/containers/{container}/archive", got.content, path="/m").status == 200
    assert (tmp_path / "file").read_text() == "mine"
    assert not on_host(place_of(api, "shown"))
    api.remove(container)
    api.delete("/volumes/shown")


def test_a_new_one_is_filled_also_when_it_is_mounted(api: Api, tmp_path: Path) -> None:
    shown = {"type": "none", "o": "bind", "device": str(tmp_path)}
    api.post("/volumes/create", {"Name": "shown", "DriverOpts": shown})
    api.output("true", host={"Binds": ["shown:/etc"]})
    assert (tmp_path / "passwd").exists()
    assert not on_host(place_of(api, "shown"))
    api.delete("/volumes/shown")


# --- parts of volumes ------------------------------------------------------------------------------------------------


def part(subpath: str, **more: Any) -> dict[str, Any]:
    return {"Mounts": [
        {"Type": "volume", "Source": "whole", "Target": "/m", "VolumeOptions": {"Subpath": subpath}, **more}
    ]}  # fmt: skip


@pytest.fixture
def whole(api: Api) -> Iterator[Path]:
    api.output("sh", "-c", "mkdir -p /v/a/b; echo deep > /v/a/b/file; ln -s a/b /v/link; ln -s / /v/root",
               host={"Binds": ["whole:/v"]})  # fmt: skip
    yield place_of(api, "whole")
    for container in api.get("/containers/json", all=1).json:
        api.remove(container["Id"])
    assert api.delete("/volumes/whole").status == 204


def test_a_part_of_a_volume_is_shown(api: Api, whole: Path) -> None:
    assert api.output("cat", "/m/file", host=part("a/b")) == "deep\n"
    assert api.output("cat", "/m", host=part("a/b/file")) == "deep\n"
    assert api.output("cat", "/m/file", host=part("link")) == "deep\n"
    # A link to / leads to the top of the volume, not of the host.
    assert api.output("ls", "/m", host=part("root")).split() == ["a", "link", "root"]


def test_files_are_copied_into_a_part_of_a_volume_of_a_container_that_does_not_run(api: Api, whole: Path) -> None:
    container = api.create("true", host=part("a/b"))
    got = api.get(f"/containers/{container}/archive", path="/m/file")
    with tarfile.open(fileobj=io.BytesIO(got.content)) as tar:
        assert tar.getnames() == ["file"]
    (whole / "a/b/file").unlink()
    assert api.request("PUT", f"/containers/{container}/archive", got.content, path="/m").status == 200
    assert (whole / "a/b/file").read_text() == "deep\n"


def test_a_part_that_is_not_there_is_told(api: Api, whole: Path) -> None:
    container = api.create("true", host=part("a/none"))
    refused = api.post(f"/containers/{container}/start")
    assert (refused.status, refused.message) == (
        400, f"cannot access path {whole}/a/none: no such file or directory"
    )  # fmt: skip


@contextmanager
def swapped_for_a_link(folder: Path, target: Path | str) -> Iterator[None]:
    """Exchange the directory `x` in a folder and a link all the time, without a moment in which neither is there."""
    (folder / "y").symlink_to(target)
    done, exchange = threading.Event(), ctypes.CDLL(None, use_errno=True).renameat2
    here, there, flag = os.fsencode(folder / "x"), os.fsencode(folder / "y"), 2  # RENAME_EXCHANGE

    def swap() -> None:
        while not done.is_set():
            assert exchange(c.AT_FDCWD, here, c.AT_FDCWD, there, flag) == 0

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_part_that_is_swapped_for_a_link_meanwhile_never_leads_out(api: Api, whole: Path) -> None:
    (whole / "x").mkdir()
    listed: set[str] = set()
    with swapped_for_a_link(whole, "/"):
        for _ in range(20):
            container = api.create("sh", "-c", "ls /m 2>/dev/null", host=part("x"))
            if api.post(f"/containers/{container}/start").status == 204:
                api.wait(container)
                listed |= set(api.logs(container).split())
            api.remove(container)
    # What is at the top of the volume, which is where the link leads inside.
    assert listed == {"a", "link", "root", "x", "y"}


def test_a_target_that_is_swapped_for_a_link_meanwhile_never_leads_out(api: Api, whole: Path, tmp_path: Path) -> None:
    (whole / "x").mkdir()
    started = 0
    with swapped_for_a_link(whole, tmp_path):
        for number in range(20):
            host = {"Binds": ["whole:/m", f"{whole}:/m/x/made{number}"], "Tmpfs": {f"/m/x/tmpfs{number}": ""}}
            container = api.create("true", host=host)
            if api.post(f"/containers/{container}/start").status == 204:
                started += 1
            api.remove(container)
    assert started
    assert list(tmp_path.iterdir()) == []


# --- how far a mount reaches -----------------------------------------------------------------------------------------


@pytest.fixture
def nested(tmp_path: Path) -> Iterator[Path]:
    """A directory of the host with another file system mounted in it, both shared."""
    top = tmp_path / "top"
    (top / "below").mkdir(parents=True)
    mounts.mount("tmpfs", top, "tmpfs")
    mounts.mount(None, top, None, c.MS_SHARED)
    (top / "below").mkdir()
    mounts.mount("tmpfs", top / "below", "tmpfs")
    yield top
    while on_host(top / "below"):
        mounts.unmount(top / "below", c.MNT_DETACH)
    mounts.unmount(top, c.MNT_DETACH)


TRY = ("sh", "-c", "for d in /m /m/below; do touch $d/x 2>/dev/null && echo rw || echo ro; done")


def bind(source: Path, **options: Any) -> dict[str, Any]:
    mount = {"Type": "bind", "Source": str(source), "Target": "/m", "ReadOnly": True, "BindOptions": options}
    return {"Mounts": [mount]}


def test_read_only_reaches_what_is_mounted_below(api: Api, nested: Path) -> None:
    assert api.output(*TRY, host=bind(nested)).split() == ["ro", "ro"]
    assert api.output(*TRY, host={"Binds": [f"{nested}:/m:ro"]}).split() == ["ro", "ro"]
    assert api.output(*TRY, host=bind(nested, ReadOnlyForceRecursive=True)).split() == ["ro", "ro"]


def test_read_only_may_leave_out_what_is_mounted_below(api: Api, nested: Path) -> None:
    assert api.output(*TRY, host=bind(nested, ReadOnlyNonRecursive=True)).split() == ["ro", "rw"]
    assert api.at("1.43").output(*TRY, host=bind(nested)).split() == ["ro", "rw"]


def test_a_mount_that_is_not_recursive_shows_nothing_below(api: Api, nested: Path) -> None:
    container = api.run("sleep", "600", host=bind(nested, NonRecursive=True))
    assert inside(api, container, "/m")
    assert not inside(api, container, "/m/below")


@pytest.mark.parametrize(("mode", "seen"), [("rprivate", 0), ("rslave", 1), ("rshared", 1)])
def test_a_mount_made_on_the_host_later_is_seen_where_it_should(api: Api, nested: Path, mode: str, seen: int) -> None:
    container = api.run("sleep", "600", host={"Binds": [f"{nested}:/m:{mode}"]})
    (nested / "later").mkdir()
    mounts.mount("tmpfs", nested / "later", "tmpfs")
    try:
        assert len(inside(api, container, "/m/later")) == seen
    finally:
        mounts.unmount(nested / "later", c.MNT_DETACH)


def test_a_disk_that_is_mounted_after_the_daemon_has_started_is_found(api: Api, daemon: Daemon, nested: Path) -> None:
    disk = nested / "below/disk"
    disk.mkdir()
    assert not Path(f"/proc/{daemon.pid}/root{disk}").exists(), "the daemon sees it itself: nothing is tested"
    (disk / "file").write_text("found")
    assert api.output("cat", "/m/file", host=bind(disk)) == "found"
    api.output("touch", "/m/x", host={"Binds": [f"{disk}/new:/m"]})
    assert (disk / "new/x").exists()


def test_a_shared_mount_shows_the_host_what_a_container_mounts(api: Api, nested: Path) -> None:
    script = "mkdir /m/mine && mount -t tmpfs tmpfs /m/mine && sleep 600"
    host = {"Binds": [f"{nested}:/m:rshared"], "Privileged": True}
    container = api.run("sh", "-c", script, host=host)
    try:
        eventually(lambda: on_host(nested / "mine"))
    finally:
        api.remove(container)
        while on_host(nested / "mine"):
            mounts.unmount(nested / "mine", c.MNT_DETACH)


def test_nothing_of_a_container_is_mounted_on_the_host(api: Api, daemon: Daemon, nested: Path) -> None:
    container = api.run("sleep", "600", host={"Binds": [f"{nested}:/m:rslave", f"{nested}:/n:rshared"]})
    ours = [entry.mount_point for entry in mountinfo.read() if entry.mount_point.startswith(str(daemon.data.parent))]
    assert not ours
    api.remove(container)


def test_what_somebody_has_mounted_in_a_volume_is_not_removed_with_it(api: Api, daemon: Daemon) -> None:
    def where(path: Path) -> bool:
        return any(entry.mount_point == str(path) for entry in mountinfo.read(daemon.pid))

    place = Path(api.post("/volumes/create", {"Name": "outer"}).json["Mountpoint"])
    (place / "disk").mkdir()
    # As on hosts whose mounts are shared: the daemon sees it, too.
    in_mounts_of(daemon.pid, lambda: mounts.mount("tmpfs", place / "disk", "tmpfs"))
    assert where(place / "disk")
    in_mounts_of(daemon.pid, (place / "disk/file").touch)
    assert api.delete("/volumes/outer").status == 204
    assert not place.exists()
    [left] = [Path(e.mount_point) for e in mountinfo.read(daemon.pid) if str(place.parents[1]) in e.mount_point]
    in_mounts_of(daemon.pid, (left / "file").stat)
    in_mounts_of(daemon.pid, lambda: mounts.unmount(left, c.MNT_DETACH))
    for part_ in (left, left.parent, left.parent.parent):
        part_.rmdir()


def in_mounts_of(pid: int, step: Callable[[], object]) -> None:
    """Do a step in a child process that has entered the mounts of another."""
    child = os.fork()
    if not child:
        code = 1
        try:
            namespaces.setns(os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY), c.CLONE_NEWNS)
            step()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
