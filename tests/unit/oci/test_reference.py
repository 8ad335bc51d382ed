from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import InvalidReference, Reference

HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("text", "full", "familiar"),
    [
        ("busybox", "docker.io/library/busybox", "busybox"),
        ("busybox:1", "docker.io/library/busybox:1", "busybox:1"),
        ("docker.io/busybox", "docker.io/library/busybox", "busybox"),
        ("index.docker.io/busybox:1", "docker.io/library/busybox:1", "busybox:1"),
        ("library/busybox", "docker.io/library/busybox", "busybox"),
        ("team/app", "docker.io/team/app", "team/app"),
        ("a/b/c", "docker.io/a/b/c", "a/b/c"),
        ("library/a/b", "docker.io/library/a/b", "library/a/b"),
        ("localhost/app", "localhost/app", "localhost/app"),
        ("localhost:5000/app:2", "localhost:5000/app:2", "localhost:5000/app:2"),
        ("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b"),
        ("[::1]:5000/app", "[::1]:5000/app", "[::1]:5000/app"),
        ("Foo/bar", "Foo/bar", "Foo/bar"),
        ("quay.example/x/y.z_1--2", "quay.example/x/y.z_1--2", "quay.example/x/y.z_1--2"),
        ("a__b", "docker.io/library/a__b", "a__b"),
        (f"a@sha256:{HEX}", f"docker.io/library/a@sha256:{HEX}", f"a@sha256:{HEX}"),
        (f"h.io/a:1@sha256:{HEX}", f"h.io/a:1@sha256:{HEX}", f"h.io/a:1@sha256:{HEX}"),
    ],
)
def test_names_mean_what_docker_means_by_them(text: str, full: str, familiar: str) -> None:
    reference = Reference.parse(text)
    assert (str(reference), reference.familiar) == (full, familiar)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":tag",
        "a:",
        "a/",
        "/a",
        "a//b",
        "-a",
        "a-",
        "a..b",
        "a___b",
        "a:-tag",
        "a:" + "t" * 129,
        "a@sha256:abc",
        "a@",
        "a b",
        "a\n",
        "host.io:port/a",
        "host.io:80:80/a",
        "h_h.io/a",
        "../a",
        "a/../b",
        "ä",
        "http://host/a",
    ],
)
def test_what_docker_refuses_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference, match="invalid reference format"):
        Reference.parse(text)


def test_capitals_are_refused_with_dockers_sentence() -> None:
    with pytest.raises(InvalidReference, match=r"repository name \(library/BusyBox\) must be lowercase"):
        Reference.parse("BusyBox")


def test_sixty_four_hex_digits_are_an_id_and_never_a_name() -> None:
    with pytest.raises(InvalidReference, match="cannot specify 64-byte hexadecimal strings"):
        Reference.parse(HEX)
    assert Reference.parse(HEX[:63]).path == f"library/{HEX[:63]}"


def test_a_name_has_at_most_255_characters() -> None:
    longest = "a" * (255 - len("h.io/"))
    assert Reference.parse(f"h.io/{longest}").path == longest
    with pytest.raises(InvalidReference, match="must not be more than 255 characters"):
        Reference.parse(f"h.io/{longest}a")


def test_latest_is_added_only_without_tag_and_digest() -> None:
    assert Reference.parse("a").with_default_tag().tag == "latest"
    assert Reference.parse("a:1").with_default_tag().tag == "1"
    assert Reference.parse(f"a@sha256:{HEX}").with_default_tag().tag is None


def test_tag_and_digest_can_be_exchanged() -> None:
    reference = Reference.parse(f"a:1@sha256:{HEX}")
    assert str(reference.with_tag("2")) == "docker.io/library/a:2"
    assert str(reference.with_digest(Digest.of(b""))) == f"docker.io/library/a@sha256:{HEX}"
    with pytest.raises(InvalidReference, match="invalid tag"):
        reference.with_tag("not a tag")


@settings(deadline=None)
@given(
    st.from_regex(
        r"([a-z0-9.-]{1,9}(:[0-9]{1,4})?/)?[a-z0-9._-]{1,9}(/[a-z0-9._-]{1,5})?(:[\w.-]{1,5})?", fullmatch=True
    )
)
def test_what_is_accepted_can_be_printed_and_parsed_again(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except InvalidReference:
        return
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(reference.familiar) == reference
