"""Tests of bootstrap.origins."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.bootstrap.origins import Archive, architecture_of, archives, suite_of
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound, Unsupported
from jupyter_containers.oci.platform import Platform
from tests.support.debian_mirror import key, keyring


@pytest.fixture
def ring(tmp_path: Path) -> str:
    path = tmp_path / "ring.gpg"
    path.write_bytes(keyring(key()))
    return str(path)


def configured(folder: Path, *lines: str) -> Path:
    (folder / "sources.list").write_text("\n".join(lines))
    return folder


def places(found: list[Archive]) -> list[tuple[str, str, bool]]:
    return [(archive.uri, archive.suite, archive.is_guess) for archive in found]


@pytest.mark.parametrize(
    ("image", "suite"),
    [("debian:bookworm", "bookworm"), ("debian:12", "bookworm"), ("debian:sid", "sid"), ("debian:13", "trixie")],
)
def test_the_tag_is_the_suite(image: str, suite: str) -> None:
    assert suite_of(image) == suite


@pytest.mark.parametrize(
    ("image", "kind", "words"),
    [
        ("ubuntu:24.04", Unsupported, "cannot make 'ubuntu:24.04': what can be made is debian:SUITE"),
        ("docker.io/library/debian:12", Unsupported, "cannot make"),
        ("debian", InvalidParameter, "which release"),
        ("debian:../x", InvalidParameter, "cannot be a suite"),
        ("debian:99", InvalidParameter, "cannot be a suite"),
    ],
)
def test_other_images_are_refused(image: str, kind: type[ContainersError], words: str) -> None:
    with pytest.raises(kind, match=words):
        suite_of(image)


@pytest.mark.parametrize(
    ("platform", "name"),
    [("linux/amd64", "amd64"), ("linux/386", "i386"), ("linux/arm/v7", "armhf"), ("linux/arm/v6", "armel"),
     ("linux/arm64", "arm64"), ("linux/ppc64le", "ppc64el")],
)  # fmt: skip
def test_architectures_have_names_of_debians_own(platform: str, name: str) -> None:
    assert architecture_of(Platform.parse(platform)) == name


def test_an_architecture_without_a_debian_is_refused() -> None:
    with pytest.raises(Unsupported, match="no Debian for linux/sparc"):
        architecture_of(Platform("linux", "sparc"))


def test_the_hosts_own_sources_come_first(tmp_path: Path, ring: str) -> None:
    folder = configured(
        tmp_path,
        f"deb [signed-by={ring}] http://s/security bookworm-security main",
        f"deb [signed-by={ring}] http://m/debian bookworm main contrib",
        f"deb [signed-by={ring}] http://m/debian bookworm contrib",
        f"deb [signed-by={ring}] http://m/debian bookworm-updates main",
        f"deb [signed-by={ring}] http://other/ bookworm contrib",
        "deb [signed-by=/nonexistent] http://vendor/ stable main",
    )
    found = archives(folder, "bookworm", "amd64")
    assert places(found) == [
        ("http://m/debian", "bookworm", False),
        ("http://m/debian", "bookworm-updates", False),
        ("http://s/security", "bookworm-security", False),
    ]
    assert found[0].components == ("main",)
    assert found[0].url("InRelease") == "http://m/debian/dists/bookworm/InRelease"
    assert found[0].keyring.name == ring


def test_sources_for_other_architectures_are_none(tmp_path: Path, ring: str) -> None:
    folder = configured(
        tmp_path,
        f"deb [arch=arm64 signed-by={ring}] http://arm bookworm main",
        f"deb [arch=i386,amd64 signed-by={ring}] http://m bookworm main",
    )
    assert places(archives(folder, "bookworm", "amd64")) == [("http://m", "bookworm", False)]
    assert places(archives(folder, "bookworm", "arm64")) == [("http://arm", "bookworm", False)]


def test_another_suite_is_looked_for_beside_a_release_of_debian(tmp_path: Path, ring: str) -> None:
    folder = configured(
        tmp_path,
        f"deb [signed-by={ring}] http://vendor/ nodistro main",
        f"deb [signed-by={ring}] http://m/debian bookworm main",
        f"deb [signed-by={ring}] http://s/security bookworm-security main",
    )
    assert places(archives(folder, "trixie", "amd64")) == [
        ("http://m/debian", "trixie", False),
        ("http://s/security", "trixie-security", True),
    ]
    assert places(archives(folder, "sid", "amd64")) == [("http://m/debian", "sid", False)]


def test_a_mirror_that_is_named_stands_alone(tmp_path: Path, ring: str) -> None:
    folder = configured(tmp_path, "deb http://m/debian bookworm main")
    found = archives(folder, "bookworm", "amd64", mirror="http://n/debian/", keyring=ring)
    assert places(found) == [("http://n/debian", "bookworm", False)]


@pytest.mark.parametrize("lines", [(), ("deb http://m/ubuntu noble main",), ("deb http://m ./",)])
def test_a_host_without_a_mirror_says_so(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with pytest.raises(NotFound, match=f"no Debian mirror is configured .*{tmp_path}/sources.list.* --mirror"):
        archives(configured(tmp_path, *lines), "bookworm", "amd64")


@pytest.mark.parametrize(
    ("mirror", "words"),
    [
        ("ftp://m/debian", "neither http nor https"),
        ("file:/srv/debian", "neither http nor https"),
        ("http:///debian", "neither http nor https"),
        ("http://[m/debian", r"mirror http://\[m/debian cannot be an address: Invalid IPv6 URL; name another"),
        ("http://m:99999/debian", "cannot be an address: Port out of range"),
        ("https://user:secret@m/debian", r"wants a login is not supported \(on m\)"),
    ],
)
def test_a_mirror_that_cannot_be_used_is_refused(tmp_path: Path, mirror: str, words: str) -> None:
    with pytest.raises(Unsupported, match=words) as refused:
        archives(tmp_path, "bookworm", "amd64", mirror=mirror, keyring="/nonexistent")
    assert "secret" not in refused.value.message


def test_a_key_may_stand_in_the_source_itself(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    lines = str(key().extract_certificate()).splitlines()
    text = "".join(f" {line.strip() or '.'}\n" for line in lines)
    (tmp_path / "sources.list.d" / "x.sources").write_text(
        f"Types: deb\nURIs: http://m\nSuites: bookworm\nComponents: main\nSigned-By:\n{text}"
    )
    assert archives(tmp_path, "bookworm", "amd64")[0].keyring.name == "the source's Signed-By"


@pytest.mark.parametrize(
    ("keyring_name", "kind", "words"),
    [
        ("/nonexistent/ring.gpg", NotFound, "keyring /nonexistent/ring.gpg cannot be read"),
        ("ABCDEF0123", Unsupported, "must be named by its path"),
        ("/dev/zero", InvalidParameter, "keyring /dev/zero is no file"),
        ("/etc", InvalidParameter, "keyring /etc is no file"),
    ],
)
def test_a_keyring_that_is_none_is_refused(
    tmp_path: Path, keyring_name: str, kind: type[ContainersError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        archives(tmp_path, "bookworm", "amd64", mirror="http://m", keyring=keyring_name)


def test_a_keyring_is_of_a_keyrings_size(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(5 << 20))
    with pytest.raises(InvalidParameter, match="over the limit of"):
        archives(tmp_path, "bookworm", "amd64", mirror="http://m", keyring=str(tmp_path / "large"))
