"""Tests of bootstrap.packages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.deb822 import single
from jupyter_containers.bootstrap.packages import Index, Package
from jupyter_containers.bootstrap.relations import parse
from jupyter_containers.errors import InvalidParameter

ONE = f"""Package: one
Version: 1.0-1
Architecture: amd64
Essential: yes
Priority: required
Pre-Depends: libc6
Depends: two | three, four (>= 2)
Provides: virtual, numbered (= 7)
Conflicts: five
Breaks: six (<< 3)
Filename: pool/o/one.deb
Size: 123
SHA256: {"a" * 64}
"""


def entry(name: str, version: str = "1", **fields: str) -> str:
    known = {
        "Package": name, "Version": version, "Architecture": "amd64", "Filename": f"pool/{name}.deb", "Size": "1",
        "SHA256": "0" * 64,
    } | fields  # fmt: skip
    return "".join(f"{key}: {value}\n" for key, value in known.items())


def indexed(*entries: str, archive: str = "http://m") -> Index:
    index = Index("amd64")
    index.add("\n".join(entries).encode(), archive)
    return index


def test_a_package_is_read_from_its_paragraph() -> None:
    package = Package.of(single(ONE, "it"), "http://m/debian")
    assert (package.name, package.version_text, package.size) == ("one", "1.0-1", 123)
    assert package.url == "http://m/debian/pool/o/one.deb"
    assert (package.is_essential, package.is_required) == (True, True)
    assert [" | ".join(map(str, group)) for group in package.needs] == ["libc6", "two | three", "four (>= 2)"]
    assert [str(group[0]) for group in package.rejects] == ["five", "six (<< 3)"]


@pytest.mark.parametrize(
    ("relation", "is_so"),
    [
        ("one", True), ("one (>= 1)", True), ("one (>> 2)", False), ("virtual", True), ("virtual (>= 1)", False),
        ("numbered (>= 7)", True), ("numbered (>> 7)", False), ("other", False),
    ],
)  # fmt: skip
def test_a_package_satisfies_what_it_is_and_what_it_provides(relation: str, is_so: bool) -> None:
    package = Package.of(single(ONE, "it"), "http://m")
    assert package.satisfies(parse(relation, "it")[0][0]) is is_so


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("Package", "../one", "impossible name"),
        ("Package", "ONE", "impossible name"),
        ("Version", "", "not a version"),
        ("Filename", "../../etc/passwd", "not below its archive"),
        ("Filename", "/etc/passwd", "not below its archive"),
        ("Filename", "", "not below its archive"),
        ("Size", "-1", "no size in bytes"),
        ("Size", "1" * 16, "no size in bytes"),
        ("SHA256", "x", "not a sha256"),
        ("Depends", "!", "depends of package one is not a list"),
    ],
)
def test_a_paragraph_that_cannot_be_believed_is_refused(field: str, value: str, words: str) -> None:
    fields = {**single(ONE, "it"), field.lower(): value}
    with pytest.raises(InvalidParameter, match=words):
        Package.of(fields, "http://m")


def test_the_latest_version_of_all_archives_comes_first() -> None:
    index = indexed(entry("one", "1.2"), entry("one", "1.10"))
    index.add(entry("one", "1.9").encode(), "http://updates")
    assert [package.version_text for package in index.candidates("one")] == ["1.10", "1.9", "1.2"]
    index.add(entry("one", "1.10+deb12u1").encode(), "http://security")
    latest = index.latest("one")
    assert latest is not None
    assert latest.url == "http://security/pool/one.deb"
    assert index.latest("unknown") is None


def test_of_equal_versions_the_archive_that_was_named_first_has_it() -> None:
    index = indexed(entry("one"))
    index.add(bytearray(entry("one").encode()), "http://other")
    assert [package.archive for package in index.candidates("one")] == ["http://m", "http://other"]


def test_packages_of_other_architectures_are_none() -> None:
    index = indexed(entry("one", Architecture="arm64"), entry("two", Architecture="all"))
    assert index.latest("one") is None
    assert index.latest("two") is not None


def test_those_who_provide_a_name_are_found() -> None:
    index = indexed(entry("b", Provides="x (= 1),\n y"), entry("a", Provides="x"), entry("x", Provides="x"))
    assert [package.name for package in index.providers("x")] == ["a", "b"]
    assert [package.name for package in index.providers("y")] == ["b"]


def test_basic_is_what_is_essential_or_required_in_its_latest_version() -> None:
    index = indexed(
        entry("one", Essential="yes"), entry("two", Priority="required"), entry("three", Priority="important"),
        entry("four", "1", Priority="required"), entry("four", "2", Priority="optional"),
    )  # fmt: skip
    assert [package.name for package in index.basic()] == ["one", "two"]


def test_a_paragraph_that_nobody_asks_for_may_be_bad() -> None:
    index = indexed(entry("one"), entry("two", Filename="/etc/passwd"))
    assert index.latest("one") is not None
    with pytest.raises(InvalidParameter, match="not below"):
        index.latest("two")


def test_a_paragraph_without_a_package_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="without a package"):
        indexed("Version: 1\n")


@given(st.text("PackageVrsion: 1\n-", max_size=80))
def test_rubbish_is_an_index_or_refused(text: str) -> None:
    index = Index("amd64")
    try:
        index.add(text.encode(), "http://m")
        list(index.basic())
    except InvalidParameter:
        pass
