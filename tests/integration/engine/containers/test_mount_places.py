"""Places to mount on: made once for an image, hidden under its containers, and gone with the image."""

from __future__ import annotations

import io
import tarfile

from tests.support.api_client import Api
from tests.support.daemon import Daemon

PLACES = {".dockerenv", "dev", "dev/console", "dev/pts", "dev/shm", "etc", "etc/hostname", "etc/hosts", "etc/mtab",
          "etc/resolv.conf", "proc", "sys"}  # fmt: skip


def exported(api: Api, container: str) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(api.get(f"/containers/{container}/export").content)) as archive:
        return {member.name.strip("/"): member for member in archive}


def imported(api: Api, name: str, *members: tarfile.TarInfo) -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    answer = api.post("/images/create", written.getvalue(), fromSrc="-", repo=name)
    assert b"error" not in answer.content, answer.content


def entry(name: str, kind: bytes, *, target: str = "", mode: int = 0o755) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode = kind, target, mode
    return member


def test_a_container_that_never_ran_has_them_and_has_changed_nothing(api: Api) -> None:
    imported(api, "bare", entry("only", tarfile.REGTYPE))
    container = api.create("x", Image="bare")
    found = exported(api, container)
    assert found.keys() == PLACES | {"only"}
    assert found["etc/mtab"].linkname == "/proc/mounts"
    assert api.get(f"/containers/{container}/changes").json is None


def test_what_an_image_has_stays_as_it_is_and_links_lead_nowhere_outside(api: Api) -> None:
    imported(
        api,
        "dressed",
        entry("etc", tarfile.SYMTYPE, target="../../settings"),
        entry("proc", tarfile.DIRTYPE, mode=0o500),
        entry("sys", tarfile.REGTYPE),
    )
    found = exported(api, api.create("x", Image="dressed"))
    assert found["etc"].linkname == "../../settings"
    assert "settings/hosts" in found
    assert found["proc"].mode == 0o500
    assert found["sys"].isfile()


def test_they_are_no_part_of_an_image_that_is_made_of_the_container(api: Api) -> None:
    imported(api, "plain", entry("only", tarfile.REGTYPE))
    container = api.create("x", Image="plain")
    made = api.post("/commit", {}, container=container, repo="made").json["Id"]
    assert len(api.get(f"/images/{made}/json").json["RootFS"]["Layers"]) == 1


def test_all_containers_share_them_and_they_go_with_the_image(api: Api, daemon: Daemon) -> None:
    imported(api, "shared", entry("another", tarfile.REGTYPE))
    folder = daemon.data / "snapshots"
    before = {path.name for path in folder.iterdir()}
    containers = [api.create("x", Image="shared") for _ in range(3)]
    assert len({path.name for path in folder.iterdir()} - before) == len(containers) + 1
    api.post("/images/prune")
    assert len({path.name for path in folder.iterdir()} - before) == len(containers) + 1
    for container in containers:
        api.remove(container)
    api.delete("/images/shared")
    assert {path.name for path in folder.iterdir()} < before
