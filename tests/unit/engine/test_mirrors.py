"""Tests of engine.mirrors, against a mirror on the loopback that tells the truth, and others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jupyter_containers.bootstrap.origins import Archive, archives
from jupyter_containers.bootstrap.packages import Index, Package
from jupyter_containers.bootstrap.release import ReleaseRefused
from jupyter_containers.bootstrap.signatures import SignatureRefused
from jupyter_containers.engine.mirrors import FileRefused, Mirrors
from jupyter_containers.errors import ContainersError, NotFound
from jupyter_containers.registry import Fetched, Progress
from jupyter_containers.registry.failures import RegistryUnreachable
from tests.support.debian_mirror import ARCHITECTURE, Mirror, key, package
from tests.support.stores import Rooms, with_rooms
from tests.support.web_files import web_files

NOW = datetime.now(UTC)
ONE = package("one", files={"x": b"1" * 1_000_000}, fields={"Essential": "yes"}, compression="")


def tell_nobody(_: Progress) -> None:
    pass


def with_mirror(
    folder: Path, mirror: Mirror, use: Callable[[Mirrors, Archive, Rooms], Awaitable[None]], **settings: str
) -> None:
    """Use a mirror, over stores in a folder, trusting the key that a test's mirror has."""
    ring = folder / "ring.gpg"
    ring.write_bytes(Mirror().keyring)

    async def run(rooms: Rooms) -> None:
        with web_files(mirror.files) as url:
            (archive,) = archives(folder, "bookworm", ARCHITECTURE, mirror=url, keyring=str(ring))
            await use(Mirrors(rooms.registry.fetch, rooms.content, settings, delays_seconds=()), archive, rooms)

    with_rooms(folder, run)


async def all_of_it(mirrors: Mirrors, archive: Archive) -> Package:
    """Fetch release, index, and the package called one."""
    release = await mirrors.release(archive, NOW)
    index = Index(ARCHITECTURE)
    for content in await mirrors.index(archive, release, ARCHITECTURE):
        index.add(content, archive.uri)
    found = index.latest("one")
    assert found is not None
    await mirrors.package(found, tell_nobody)
    return found


def published(**options: object) -> Mirror:
    mirror = Mirror()
    mirror.add(ONE)
    mirror.publish("bookworm", **options)  # type: ignore[arg-type]
    return mirror


@pytest.mark.parametrize(
    "options",
    [
        {}, {"compression": ".gz"}, {"compression": ""}, {"by_hash": False}, {"inline": False},
        {"valid_until": NOW + timedelta(days=1)},
    ],
)  # fmt: skip
def test_what_is_published_is_found(tmp_path: Path, options: dict[str, object]) -> None:
    async def use(mirrors: Mirrors, archive: Archive, rooms: Rooms) -> None:
        found = await all_of_it(mirrors, archive)
        with rooms.content.open(found.digest) as stream:
            assert stream.read() == ONE.content

    with_mirror(tmp_path, published(**options), use)


def test_what_is_here_already_is_not_fetched_again(tmp_path: Path) -> None:
    mirror = published()

    async def use(mirrors: Mirrors, archive: Archive, _: Rooms) -> None:
        found = await all_of_it(mirrors, archive)
        del mirror.files[f"/{ONE.filename}"]
        await mirrors.package(found, tell_nobody)

    with_mirror(tmp_path, mirror, use)


def test_the_way_of_a_package_is_told(tmp_path: Path) -> None:
    async def use(mirrors: Mirrors, archive: Archive, _: Rooms) -> None:
        told: list[Progress] = []
        release = await mirrors.release(archive, NOW)
        index = Index(ARCHITECTURE)
        index.add((await mirrors.index(archive, release, ARCHITECTURE))[0], archive.uri)
        (found,) = index.candidates("one")
        await mirrors.package(found, told.append)
        size = len(ONE.content)
        assert {(one.id, one.status, one.total) for one in told[:-1]} == {("one", "Downloading", size)}
        assert [one.current for one in told[:-1]] == sorted(one.current for one in told[:-1])
        assert told[1].current > 0
        assert told[-1] == Progress("one", "Download complete")

    with_mirror(tmp_path, published(), use)


def index_path(mirror: Mirror) -> str:
    (path,) = (path for path in mirror.files if "by-hash" in path)
    return path


def without_suite(mirror: Mirror) -> None:
    del mirror.files["/dists/bookworm/InRelease"]


def without_signature(mirror: Mirror) -> None:
    lines = mirror.files.pop("/dists/bookworm/InRelease").decode().split("\n")
    mirror.files["/dists/bookworm/InRelease"] = "\n".join(
        lines[3 : lines.index("-----BEGIN PGP SIGNATURE-----")]
    ).encode()


def with_another_date(mirror: Mirror) -> None:
    content = mirror.files["/dists/bookworm/InRelease"]
    mirror.files["/dists/bookworm/InRelease"] = content.replace(b"Origin: Test", b"Origin: Evil")


def with_another_index(mirror: Mirror) -> None:
    content = bytearray(mirror.files[index_path(mirror)])
    content[len(content) // 2] ^= 1
    mirror.files[index_path(mirror)] = bytes(content)


def with_a_longer_index(mirror: Mirror) -> None:
    mirror.files[index_path(mirror)] += b"more"


def with_a_cut_package(mirror: Mirror) -> None:
    mirror.files[f"/{ONE.filename}"] = ONE.content[:-1]


def with_another_package(mirror: Mirror) -> None:
    mirror.files[f"/{ONE.filename}"] = ONE.content.replace(b"1111", b"2222", 1)


def without_package(mirror: Mirror) -> None:
    del mirror.files[f"/{ONE.filename}"]


def with_an_endless_release(mirror: Mirror) -> None:
    mirror.files["/dists/bookworm/InRelease"] = b"x" * (9 << 20)


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (without_suite, NotFound, "mirror .* has no suite bookworm; name another suite"),
        (without_signature, SignatureRefused, "the Release of bookworm at .* is not signed"),
        (with_another_date, SignatureRefused, "the Release of bookworm at .* has a wrong signature"),
        (with_another_index, FileRefused, "index main/.*Packages.xz of suite .* is not what the signed release says"),
        (with_a_longer_index, FileRefused, "has more bytes than promised"),
        (with_a_cut_package, FileRefused, "package one 1.0 from .* has fewer bytes than promised"),
        (with_another_package, FileRefused, "package one 1.0 from .* does not match its digest"),
        (without_package, NotFound, "404"),
        (with_an_endless_release, FileRefused, "over the limit"),
    ],
)
def test_a_mirror_that_lies_is_not_believed(
    tmp_path: Path, spoil: Callable[[Mirror], None], kind: type[ContainersError], words: str
) -> None:
    mirror = published()
    spoil(mirror)

    async def use(mirrors: Mirrors, archive: Archive, rooms: Rooms) -> None:
        with pytest.raises(kind, match=words):
            await all_of_it(mirrors, archive)
        assert list((tmp_path / "content" / "ingest").iterdir()) == []

    with_mirror(tmp_path, mirror, use)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"valid_until": NOW - timedelta(minutes=1)}, "has expired"),
        ({"date": NOW + timedelta(hours=1)}, "yet to come"),
        ({"name": "trixie"}, "is of suite trixie, not bookworm"),
    ],
)
def test_a_release_that_is_not_for_now_is_refused(tmp_path: Path, options: dict[str, object], words: str) -> None:
    async def use(mirrors: Mirrors, archive: Archive, _: Rooms) -> None:
        with pytest.raises(ReleaseRefused, match=words):
            await mirrors.release(archive, NOW)

    with_mirror(tmp_path, published(**options), use)


def test_a_strangers_mirror_is_refused(tmp_path: Path) -> None:
    mirror = Mirror(signer=key("a stranger"))
    mirror.publish("bookworm")

    async def use(mirrors: Mirrors, archive: Archive, _: Rooms) -> None:
        with pytest.raises(SignatureRefused, match=r"none of these keys is in .*ring.gpg"):
            await mirrors.release(archive, NOW)

    with_mirror(tmp_path, mirror, use)


def test_an_index_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    async def use(_: Mirrors, archive: Archive, rooms: Rooms) -> None:
        mirrors = Mirrors(rooms.registry.fetch, rooms.content, {}, index_limit=100)
        with pytest.raises(FileRefused, match=r"unpacks to more than the limit of 100 bytes"):
            await all_of_it(mirrors, archive)

    with_mirror(tmp_path, published(), use)


@pytest.mark.parametrize(
    ("failures", "is_transient", "is_there"), [(3, True, True), (4, True, False), (1, False, False)]
)
def test_what_is_unavailable_is_asked_for_again(
    tmp_path: Path, failures: int, is_transient: bool, is_there: bool
) -> None:
    asked: list[str] = []

    async def use(_: Mirrors, archive: Archive, rooms: Rooms) -> None:
        @asynccontextmanager
        async def fetch(url: str, *, proxy: str | None = None) -> AsyncIterator[Fetched]:
            asked.append(url)
            if len(asked) <= failures:
                raise RegistryUnreachable("not now", is_transient=is_transient)
            async with rooms.registry.fetch(url, proxy=proxy) as fetched:
                yield fetched

        mirrors = Mirrors(fetch, rooms.content, {}, delays_seconds=(0, 0, 0))
        if is_there:
            await mirrors.release(archive, NOW)
        else:
            with pytest.raises(RegistryUnreachable, match=r"not now"):
                await mirrors.release(archive, NOW)

    with_mirror(tmp_path, published(), use)
    assert len(asked) == (4 if is_transient else 1)


def test_apts_proxy_is_used(tmp_path: Path) -> None:
    async def use(mirrors: Mirrors, archive: Archive, _: Rooms) -> None:
        with pytest.raises(RegistryUnreachable, match=r"127\.0\.0\.1:1"):
            await mirrors.release(archive, NOW)

    with_mirror(tmp_path, published(), use, **{"acquire::http::proxy": "http://127.0.0.1:1"})
