"""Tests of bootstrap.signatures, with keys of their own."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.bootstrap.signatures import Keyring, SignatureRefused
from jupyter_containers.errors import InvalidParameter, Unsupported
from tests.support.debian_mirror import key, keyring, signed

TEXT = "Suite: x\n\n- a line that is escaped\nlast\n"
RING = Keyring("the ring", keyring(key()))


def test_what_is_signed_inside_is_returned_without_what_stands_around_it() -> None:
    content = b"Suite: evil\n\n" + signed(TEXT, key()) + b"\nmore: evil\n"
    assert RING.open_signed(content, "it").strip() == TEXT.strip()


def test_a_signature_beside_it_is_enough() -> None:
    assert RING.check_detached(TEXT.encode(), signed(TEXT, key(), detached=True), "it") == TEXT


def test_one_of_several_signatures_is_enough() -> None:
    from pysequoia import ArmorKind, armor
    from pysequoia.packet import PacketPile

    both = [signed(TEXT, one, detached=True) for one in (key("a stranger"), key())]
    packets = b"".join(bytes(packet) for one in both for packet in PacketPile.from_bytes(one))
    assert RING.check_detached(TEXT.encode(), armor(packets, ArmorKind.Signature).encode(), "it") == TEXT
    assert RING.check_detached(TEXT.encode(), packets, "it") == TEXT


@pytest.mark.parametrize("detached", [False, True])
def test_a_change_is_seen(detached: bool) -> None:
    content = signed(TEXT, key(), detached=detached)
    with pytest.raises(SignatureRefused, match=r"it has a wrong signature"):
        if detached:
            RING.check_detached(TEXT.encode() + b"x", content, "it")
        else:
            RING.open_signed(content.replace(b"last", b"lust"), "it")


@pytest.mark.parametrize("detached", [False, True])
def test_a_strangers_key_is_not_trusted(detached: bool) -> None:
    content = signed(TEXT, key("a stranger"), detached=detached)
    with pytest.raises(SignatureRefused, match=r"it is signed by .*none of these keys is in the ring"):
        if detached:
            RING.check_detached(TEXT.encode(), content, "it")
        else:
            RING.open_signed(content, "it")


@pytest.mark.parametrize("content", [b"", TEXT.encode(), signed(TEXT, key())[:200]])
def test_what_is_not_signed_is_refused(content: bytes) -> None:
    with pytest.raises(SignatureRefused, match=r"it is not signed"):
        RING.open_signed(content, "it")


@pytest.mark.parametrize(
    ("signature", "words"),
    [
        (b"", r"^it is not signed$"),
        # Without the stack that the library adds to its sentence.
        (b"rubbish", r"^it: its signature cannot be read: unexpected EOF$"),
        (bytes(keyring(key())), r"^it has a wrong signature: .*no valid signatures found"),
    ],
)
def test_what_is_no_signature_is_refused(signature: bytes, words: str) -> None:
    with pytest.raises(SignatureRefused, match=words):
        RING.check_detached(TEXT.encode(), signature, "it")


def test_a_key_that_has_expired_is_told() -> None:
    # A new key is a minute old when it is born, for clocks that are behind.
    over = key().extract_certificate().set_expiration(datetime.now(UTC) - timedelta(seconds=5), key().certifier())
    content, ring = signed(TEXT, key()), Keyring("the ring", bytes(over))
    with pytest.raises(SignatureRefused, match=r"which has expired on \d{4}-\d\d-\d\d; update the keyring"):
        ring.open_signed(content, "it")


def test_keys_come_from_several_files_armored_or_not() -> None:
    other = key("a stranger")
    ring = Keyring("both", keyring(key()), str(other.extract_certificate()).encode())
    for signer in (key(), other):
        assert ring.open_signed(signed(TEXT, signer), "it").strip() == TEXT.strip()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "^the ring has no keys$"),
        *((content, "^the ring is no keyring: unexpected EOF$") for content in (b"no key", b"\x00" * 100)),
    ],
)
def test_what_is_no_keyring_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        Keyring("the ring", content)


def test_what_is_signed_and_no_text_is_refused() -> None:
    from pysequoia import SignatureMode, sign

    content = b"\xff\xfe"
    with pytest.raises(InvalidParameter, match=r"not text in UTF-8"):
        RING.check_detached(content, sign(key().signer(), content, mode=SignatureMode.DETACHED), "it")


@settings(max_examples=60)
@given(st.data())
def test_damage_never_changes_what_is_signed(data: st.DataObject) -> None:
    content = bytearray(signed(TEXT, key()))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = RING.open_signed(bytes(content), "it")
    except (SignatureRefused, InvalidParameter):
        return
    # White space at the ends of lines is no part of what is signed in this form (RFC 9580, 7.2).
    assert [line.rstrip() for line in found.strip().split("\n")] == [line.rstrip() for line in TEXT.strip().split("\n")]


def test_without_the_library_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysequoia", None)
    with pytest.raises(
        Unsupported, match=r"needs the Python package pysequoia; install it with pip install '.*\[bootstrap\]'"
    ):
        Keyring("the ring", b"")
