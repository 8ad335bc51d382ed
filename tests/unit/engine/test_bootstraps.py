"""Tests of engine.bootstraps over real stores and a mirror on the loopback; inside of the root nothing is run here.

What happens inside, with dpkg, is in integration/engine/test_bootstraps.py.
"""

from __future__ import annotations

import asyncio
import tarfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jupyter_containers.bootstrap.resolver import Variant
from jupyter_containers.build.executor import Step
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.engine.bootstraps import BootstrapRequest, Bootstraps, ConfiguringFailed
from jupyter_containers.engine.mirrors import FileRefused
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound, Unsupported
from jupyter_containers.layers.member import InvalidLayer
from jupyter_containers.oci.platform import Platform, host_platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Progress
from tests.support.debian_mirror import Mirror, package
from tests.support.stores import Rooms, with_rooms
from tests.support.web_files import web_files

BASE = package("base-files", files={"etc/os-release": b"ID=test\n", "bin/sh": b"sh"}, fields={"Essential": "yes"})
APT = package("apt", files={"usr/bin/apt-get": b"apt"}, fields={"Depends": "base-files"})


class Inside:
    """Stands for the container: keeps what it was asked to run, and answers."""

    def __init__(self, code: int = 0, said: bytes = b"Setting up apt (1.0) ...\n") -> None:
        self.code, self.said = code, said
        self.steps: list[Step] = []
        self.waits_for: asyncio.Event | None = None

    async def run(self, step: Step, *, output: Callable[[int, bytes], None]) -> int:
        self.steps.append(step)
        output(1, self.said)
        if self.waits_for is not None:
            self.waits_for.set()
            await asyncio.Event().wait()
        return self.code


class Site:
    """A mirror, stores, and the use-case between them."""

    def __init__(self, rooms: Rooms, folder: Path, url: str, inside: Inside) -> None:
        self.rooms, self.url, self.inside = rooms, url, inside
        self.told: list[Progress] = []
        self.ring = str(folder / "ring.gpg")
        stores = Stores(rooms.content, rooms.snapshots)
        self.bootstraps = Bootstraps(
            rooms.images, stores, fetch=rooms.registry.fetch, executor=inside, garbage=rooms.garbage, folder=folder
        )

    async def make(self, image: str = "debian:bookworm", **options: object) -> None:
        request = BootstrapRequest(image, **{"mirror": self.url, "keyring": self.ring, **options})  # type: ignore[arg-type]
        await self.bootstraps.bootstrap(request, self.told.append)

    async def nothing_is_left(self) -> bool:
        await self.rooms.garbage.collect()
        return not [*self.rooms.content, *self.rooms.snapshots.walk(), *self.rooms.images.all()]


def with_site(
    folder: Path, use: Callable[[Site], Awaitable[None]], mirror: Mirror | None = None, inside: Inside | None = None
) -> None:
    mirror = mirror or published()
    (folder / "ring.gpg").write_bytes(mirror.keyring)

    async def run(rooms: Rooms) -> None:
        with web_files(mirror.files) as url:
            await use(Site(rooms, folder, url, inside or Inside()))

    with_rooms(folder, run)


def published(*more: object, suite: str = "bookworm") -> Mirror:
    mirror = Mirror()
    mirror.add(BASE, APT, *more)  # type: ignore[arg-type]
    mirror.publish(suite)
    return mirror


def test_packages_become_an_image_with_a_name(tmp_path: Path) -> None:
    async def use(site: Site) -> None:
        await site.make()
        view = await site.rooms.images.find("debian:bookworm")
        root = site.rooms.snapshots.upper(view.chain) or Path()
        assert (root / "etc/os-release").read_text() == "ID=test\n"
        assert ((root / "bin").is_symlink(), (root / "usr/bin/sh").read_text()) == (True, "sh")
        assert f"URIs: {site.url}\nSuites: bookworm\n" in (root / "etc/apt/sources.list.d/debian.sources").read_text()
        process = view.config.process
        assert process.cmd == ("bash",)
        assert [entry.partition("=")[0] for entry in process.env] == ["PATH"]
        labels = {key.rpartition(".")[2]: value for key, value in process.labels.items()}
        assert labels.pop("snapshot").endswith("Z")
        assert labels == {"suite": "bookworm", "mirror": site.url, "variant": "minbase"}
        assert view.config.platform == host_platform()
        (event,) = site.rooms.told("import")
        assert event.attributes["name"] == "debian:bookworm"

    with_site(tmp_path, use)


def test_what_was_fetched_for_it_does_not_stay(tmp_path: Path) -> None:
    async def use(site: Site) -> None:
        await site.make()
        await site.rooms.garbage.close()
        image = (await site.rooms.images.find("debian:bookworm")).image
        blobs = {image.config_digest, image.descriptor.digest, *(layer.digest for layer in image.manifest.layers)}
        assert set(site.rooms.content) == blobs

    with_site(tmp_path, use)


def folder(mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo()
    member.type, member.mode = tarfile.DIRTYPE, mode
    return member


def test_what_a_directory_is_like_base_files_says(tmp_path: Path) -> None:
    mirror = Mirror()
    mirror.add(
        package("a", files={"tmp": folder(0o755)}, fields={"Essential": "yes"}),
        package("base-files", files={"tmp": folder(0o1777), "bin/sh": b""}, fields={"Essential": "yes"}),
    )
    mirror.publish("bookworm")

    async def use(site: Site) -> None:
        await site.make(variant=Variant.ESSENTIAL)
        view = await site.rooms.images.find("debian:bookworm")
        root = site.rooms.snapshots.upper(view.chain) or Path()
        assert (root / "tmp").stat().st_mode & 0o7777 == 0o1777

    with_site(tmp_path, use, mirror)


def test_the_second_stage_has_no_network_and_finds_packages_unpacked(tmp_path: Path) -> None:
    inside = Inside()

    async def use(site: Site) -> None:
        await site.make(name=Reference.parse("local/base:1"))
        (step,) = inside.steps
        assert step.network == "none"
        assert "dpkg --configure -a" in step.args[-1]
        assert "DEBIAN_FRONTEND=noninteractive" in step.env
        view = await site.rooms.images.find("local/base:1")
        root = site.rooms.snapshots.upper(view.chain) or Path()
        assert (root / "var/lib/dpkg/status").read_text().count("Status: install ok unpacked") == 2
        assert (root / "usr/sbin/policy-rc.d").stat().st_mode & 0o111

    with_site(tmp_path, use, inside=inside)


def test_the_way_of_each_package_is_told(tmp_path: Path) -> None:
    async def use(site: Site) -> None:
        await site.make()
        assert [step.status for step in site.told if step.id == "apt"] == [
            "Waiting", "Downloading", "Download complete", "Extracting", "Unpacked", "Configuring",
            "Configured",
        ]  # fmt: skip
        whole = [step.status for step in site.told if not step.id]
        assert whole[0] == f"Reading bookworm from {site.url}"
        assert whole[1].startswith("Taking 2 packages, ")

    with_site(tmp_path, use)


def test_more_packages_and_fewer_can_be_asked_for(tmp_path: Path) -> None:
    more = package("more", files={"more": b"1"})

    async def use(site: Site) -> None:
        await site.make(variant=Variant.ESSENTIAL, include=("more",))
        view = await site.rooms.images.find("debian:bookworm")
        root = site.rooms.snapshots.upper(view.chain) or Path()
        assert ((root / "more").exists(), (root / "usr/bin/apt-get").exists()) == (True, False)
        assert not (root / "etc/apt").exists()

    with_site(tmp_path, use, published(more))


def test_a_script_that_fails_is_quoted_and_nothing_stays(tmp_path: Path) -> None:
    inside = Inside(7, b"Setting up apt (1.0) ...\nno such user\nfailed while packages were configured\n")

    async def use(site: Site) -> None:
        with pytest.raises(ConfiguringFailed, match=r"exit code 7: .*no such user . failed while packages"):
            await site.make()
        assert await site.nothing_is_left()

    with_site(tmp_path, use, inside=inside)


def test_a_mirror_that_lies_leaves_nothing(tmp_path: Path) -> None:
    mirror = published()
    mirror.files[f"/{APT.filename}"] = BASE.content

    async def use(site: Site) -> None:
        with pytest.raises(FileRefused, match=r"package apt 1.0"):
            await site.make()
        assert await site.nothing_is_left()
        assert site.inside.steps == []

    with_site(tmp_path, use, mirror)


def test_a_hostile_package_changes_nothing_outside_and_leaves_nothing(tmp_path: Path) -> None:
    evil = package("evil", files={"../../../../../evil": b"1"}, fields={"Essential": "yes"})

    async def use(site: Site) -> None:
        with pytest.raises(InvalidLayer, match=r"package evil 1.0: .*leads out of it"):
            await site.make()
        assert await site.nothing_is_left()
        assert not list(tmp_path.rglob("evil"))

    with_site(tmp_path, use, published(evil))


def test_who_gives_up_finds_nothing_left(tmp_path: Path) -> None:
    inside = Inside()

    async def use(site: Site) -> None:
        inside.waits_for = asyncio.Event()
        task = asyncio.ensure_future(site.make())
        await inside.waits_for.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await site.nothing_is_left()

    with_site(tmp_path, use, inside=inside)


def test_two_at_once_are_made_one_after_the_other(tmp_path: Path) -> None:
    async def use(site: Site) -> None:
        await asyncio.gather(site.make(name=Reference.parse("one")), site.make(name=Reference.parse("two")))
        assert [step.status for step in site.told].count("Waiting for another bootstrap") == 1
        assert {tag for view in site.rooms.images.all() for tag in view.tags} == {"one:latest", "two:latest"}

    with_site(tmp_path, use)


def test_a_suite_that_may_be_missing_is_passed_over(tmp_path: Path) -> None:
    mirror = published(suite="trixie")

    async def use(site: Site) -> None:
        lines = (f"deb [signed-by={site.ring}] {site.url} bookworm{ending} main" for ending in ("", "-updates"))
        (tmp_path / "sources.list").write_text("\n".join(lines))
        await site.make("debian:trixie", mirror="")
        assert (await site.rooms.images.find("debian:trixie")).config.process.labels
        with pytest.raises(NotFound, match=r"has no suite bookworm"):
            await site.make("debian:bookworm", mirror="")

    with_site(tmp_path, use, mirror)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"image": "ubuntu:24.04"}, Unsupported, "what can be made is debian:SUITE"),
        ({"platform": Platform("linux", "m68k")}, Unsupported, "scripts run here only for"),
        ({"name": Reference.parse(f"x@sha256:{'0' * 64}")}, InvalidParameter, "cannot be named by a digest"),
        ({"mirror": ""}, NotFound, "no Debian mirror is configured"),
        ({"include": ("nope",)}, NotFound, "no package nope"),
        ({"mirror": "http://127.0.0.1:1", "keyring": "/nope"}, NotFound, "keyring /nope cannot be read"),
    ],
)
def test_what_cannot_be_made_is_refused(
    tmp_path: Path, options: dict[str, object], kind: type[ContainersError], words: str
) -> None:
    async def use(site: Site) -> None:
        with pytest.raises(kind, match=words):
            await site.make(**options)  # type: ignore[arg-type]
        assert await site.nothing_is_left()

    with_site(tmp_path, use)
