from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.digest import Digest, DigestMismatch, Hasher

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_digest_of_nothing_is_the_well_known_one() -> None:
    assert str(Digest.of(b"")) == EMPTY


def test_what_is_printed_can_be_parsed() -> None:
    assert str(Digest.parse(EMPTY)) == EMPTY
    assert Digest.parse(f"sha512:{'a' * 128}").algorithm == "sha512"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256",
        "sha256:",
        EMPTY[:-1],
        EMPTY + "0",
        EMPTY.upper(),
        EMPTY.replace("sha256", "md5"),
        "sha512:" + "a" * 64,
        "sha256:" + "g" * 64,
        "sha256:" + "/.." * 21 + "a",
        EMPTY + "\n",
        "sha256:" + "\u0661" * 64,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        Digest.parse(text)


def test_short_form_has_twelve_digits() -> None:
    assert Digest.parse(EMPTY).short == "e3b0c44298fc"


@settings(deadline=None)
@given(st.lists(st.binary()))
def test_hasher_sees_the_same_in_pieces_as_in_one(chunks: list[bytes]) -> None:
    hasher = Hasher()
    for chunk in chunks:
        hasher.update(chunk)
    whole = b"".join(chunks)
    assert hasher.digest.hex == hashlib.sha256(whole).hexdigest()
    assert hasher.size == len(whole)


def test_hasher_names_both_digests_when_they_differ() -> None:
    hasher = Hasher()
    hasher.update(b"x")
    hasher.verify(Digest.of(b"x"))
    with pytest.raises(DigestMismatch) as caught:
        hasher.verify(Digest.of(b"y"), "layer 1")
    assert str(caught.value) == (
        f"layer 1 does not match its digest: expected {Digest.of(b'y')}, got {Digest.of(b'x')}"
    )
