"""Tests of bootstrap.release."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.release import Release, ReleaseRefused
from jupyter_containers.errors import InvalidParameter, NotFound

HEX = "0" * 64
TEXT = f"""Origin: Debian
Suite: oldstable
Codename: bookworm
Date: Sat, 11 Jul 2026 10:16:37 UTC
Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC
Acquire-By-Hash: yes
Architectures: all amd64
Components: main updates/contrib
MD5Sum:
 {"0" * 32} 10 main/binary-amd64/Packages.gz
SHA256:
 {HEX} 10 main/binary-amd64/Packages.gz
 {HEX} 9 main/binary-amd64/Packages.xz
 {HEX} 99 main/binary-amd64/Packages
 {HEX} 99 contrib/binary-amd64/Packages
"""
IN_TIME = datetime(2026, 7, 12, tzinfo=UTC)


def parsed(text: str = TEXT) -> Release:
    return Release.parse(text, "it")


def test_a_release_is_read() -> None:
    release = parsed()
    assert (release.suite, release.codename, release.by_hash) == ("oldstable", "bookworm", True)
    assert release.date == datetime(2026, 7, 11, 10, 16, 37, tzinfo=UTC)
    assert (release.architectures, release.components) == (("all", "amd64"), ("main", "updates/contrib"))
    assert release.files["main/binary-amd64/Packages.gz"].size == 10


def test_the_smallest_index_that_we_can_read_is_chosen() -> None:
    assert parsed().index("main", "amd64", "it").path == "main/binary-amd64/Packages.xz"
    assert parsed().index("contrib", "amd64", "it").path == "contrib/binary-amd64/Packages"


@pytest.mark.parametrize(
    ("component", "architecture", "words"),
    [
        ("main", "arm64", "it has no architecture arm64; there are all, amd64"),
        ("extra", "amd64", "it has no component extra"),
        ("main", "all", "names no index main/binary-all/Packages"),
    ],
)
def test_what_is_not_there_is_told(component: str, architecture: str, words: str) -> None:
    with pytest.raises(NotFound, match=words):
        parsed().index(component, architecture, "it")


@pytest.mark.parametrize("suite", ["bookworm", "oldstable", "bookworm/updates"])
def test_a_release_goes_by_both_names_and_lies_in_folders_below_them(suite: str) -> None:
    parsed().check(suite, IN_TIME, "it")


@pytest.mark.parametrize(
    ("suite", "now", "words"),
    [
        ("trixie", IN_TIME, "is of suite bookworm, not trixie"),
        ("trixie/updates", IN_TIME, "is of suite bookworm, not trixie/updates"),
        ("", IN_TIME, "is of suite bookworm, not "),
        ("bookworm", datetime(2026, 7, 19, tzinfo=UTC), "has expired: it was valid until 2026-07-18 10:16 UTC"),
        ("bookworm", datetime(2026, 7, 11, 10, tzinfo=UTC), "which is yet to come"),
    ],
)
def test_a_release_that_is_not_to_be_believed_is_refused(suite: str, now: datetime, words: str) -> None:
    with pytest.raises(ReleaseRefused, match=words):
        parsed().check(suite, now, "it")


def test_a_release_without_a_name_is_not_every_suite() -> None:
    nameless = parsed(TEXT.replace("Suite: oldstable\n", ""))
    for suite in ("trixie", "trixie/updates"):
        with pytest.raises(ReleaseRefused, match=f"is of suite bookworm, not {suite}"):
            nameless.check(suite, IN_TIME, "it")


def test_one_without_an_end_is_valid_for_ever() -> None:
    text = "\n".join(line for line in TEXT.split("\n") if not line.startswith("Valid-Until"))
    parsed(text).check("bookworm", datetime(2099, 1, 1, tzinfo=UTC), "it")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("SHA256:", "SHA1:", "has no SHA256 digests"),
        ("Date: Sat, 11", "Date: nonsense", "Date of it is no date"),
        ("Valid-Until: Sat, 18", "Valid-Until: 99", "Valid-Until of it is no date"),
        ("Date: ", "Dated: ", "Date of it is no date: ''"),
        (" 9 main", " x main", "no digest of a file"),
        (f" {HEX} 9", f" {HEX[1:]} 9", "not a sha256"),
        (TEXT, "Origin: x\n", "has no SHA256 digests"),
    ],
)
def test_what_is_no_release_is_refused(old: str, new: str, words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        parsed(TEXT.replace(old, new, 1))


@given(st.data())
def test_a_damaged_release_is_refused_or_read(data: st.DataObject) -> None:
    text = list(TEXT)
    for _ in range(data.draw(st.integers(1, 3))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.characters(codec="utf-8"))
    try:
        assert parsed("".join(text)).date.tzinfo is not None
    except InvalidParameter:
        pass
