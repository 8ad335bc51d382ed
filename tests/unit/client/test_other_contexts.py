"""Tests of client.other_contexts."""

from __future__ import annotations

import gzip
import io

import pytest

from jupyter_containers.client.other_contexts import RemoteContext, TarContext, is_remote, is_tar, read_start
from tests.support.tiny_image import tar_of

TAR = tar_of({"Dockerfile": b"FROM x\n"})


def test_a_tar_is_sent_as_it_is() -> None:
    stream = io.BytesIO(TAR)
    start = read_start(stream)
    assert len(start) == 512
    context = TarContext(stream, "sub/Dockerfile", start)
    assert b"".join(context.chunks()) == TAR
    assert (context.remote, context.dockerfile_name) == ("", "sub/Dockerfile")
    assert b"".join(TarContext(io.BytesIO(b"")).chunks()) == b""


def test_of_a_context_elsewhere_nothing_is_sent() -> None:
    assert list(RemoteContext("https://example.org/x.git").chunks()) == []


def test_tars_are_known_by_their_beginning() -> None:
    assert is_tar(TAR)
    assert is_tar(gzip.compress(TAR))
    assert not is_tar(b"FROM x\n")
    assert not is_tar(b"")


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("https://example.org/x", True), ("git@example.org:x", True), ("github.com/a/b", True), ("ssh://x", True),
        ("folder", False), ("./http", False), ("/github.com/a", False), ("file:///x", False),
    ],
)  # fmt: skip
def test_urls_are_known_as_docker_knows_them(text: str, remote: bool) -> None:
    assert is_remote(text) is remote
