"""Tests of registry.server.targets."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import targets
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.targets import Kind, Target, target_of

DIGEST = Digest.of(b"")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v2", Target(Kind.ROOT)),
        ("/v2/", Target(Kind.ROOT)),
        ("/v2/_catalog", Target(Kind.CATALOG)),
        ("/v2/a/tags/list", Target(Kind.TAGS, "a")),
        ("/v2/a/b/c/manifests/1", Target(Kind.MANIFEST, "a/b/c", "1")),
        ("/v2/a/blobs/sha256%3Aabc", Target(Kind.BLOB, "a", "sha256:abc")),
        ("/v2/a/blobs/uploads/", Target(Kind.UPLOADS, "a")),
        ("/v2/a/blobs/uploads", Target(Kind.UPLOADS, "a")),
        ("/v2/a/blobs/uploads/x", Target(Kind.UPLOAD, "a", "x")),
        ("/v2/a/referrers/d", Target(Kind.REFERRERS, "a", "d")),
        # Words of the protocol are names, too, as long as the whole can be read.
        ("/v2/manifests/manifests/manifests", Target(Kind.MANIFEST, "manifests", "manifests")),
        ("/v2/a/blobs/uploads/blobs/x", Target(Kind.BLOB, "a/blobs/uploads", "x")),
        ("/v2/tags/list/tags/list", Target(Kind.TAGS, "tags/list")),
    ],
)
def test_a_path_is_read(path: str, target: Target) -> None:
    assert target_of(path) == target


@pytest.mark.parametrize("name", ["a", "a/b", "a.b", "a__b", "a---b", "0/1", "a" * 255])
def test_names_of_the_grammar_are_taken(name: str) -> None:
    assert targets.repository(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "A", "a/", "/a", "a//b", ".", "..", "a/..", "../a", "_a", "a_", "a..b", "a___b", "a b", "a\n", "é", "a" * 256],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        targets.repository(name)
    assert (refused.value.answer_status, refused.value.code) == (400, "NAME_INVALID")


@given(st.text(alphabet=st.sampled_from("ab.-_/%2e0A\\\0:~") | st.characters(), max_size=40))
def test_whatever_comes_is_a_safe_target_or_a_refusal(rest: str) -> None:
    try:
        target = target_of(f"/v2/{rest}")
    except Refusal as refused:
        assert 400 <= refused.answer_status < 500
        return
    for part in PurePosixPath(target.name).parts:
        assert part not in ("/", "..") and not part.startswith(("_", "."))


@given(st.text(max_size=140))
def test_a_tag_is_a_file_name_of_one_part(text: str) -> None:
    if targets.is_tag(text):
        assert text == PurePosixPath(text).name
        assert not text.startswith((".", "-"))


def test_a_reference_is_a_digest_or_a_tag() -> None:
    assert targets.reference(str(DIGEST)) == DIGEST
    assert targets.reference("1.0") == "1.0"
    for text, code in (("sha256:1", "DIGEST_INVALID"), ("-1", "MANIFEST_INVALID")):
        with pytest.raises(Refusal) as refused:
            targets.reference(text)
        assert refused.value.code == code


def test_a_session_is_one_of_our_words() -> None:
    assert targets.session("0123456789abcdef" * 2) == "0123456789abcdef" * 2
    for text in ("..", "x" * 32, "0" * 31):
        with pytest.raises(Refusal) as refused:
            targets.session(text)
        assert refused.value.code == "BLOB_UPLOAD_UNKNOWN"
