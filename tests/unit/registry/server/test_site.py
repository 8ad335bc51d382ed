"""Tests of registry.server.site: bodies in pieces, of bounded size."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web

from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.site import PIECE, open_site, pieces


class Script:
    """A body that says these things one after the other; then it ends, or is silent for ever."""

    def __init__(self, chunks: Sequence[bytes | Exception], *, ends: bool = True) -> None:
        self._chunks = list(chunks)
        self._ends = ends

    async def readany(self) -> bytes:
        if not self._chunks:
            return b"" if self._ends else await asyncio.Event().wait() and b""
        chunk = self._chunks.pop(0)
        if isinstance(chunk, Exception):
            raise chunk
        return chunk


def gathered(body: Script, error: type[Exception] | None = None) -> list[bytes]:
    async def gather() -> list[bytes]:
        seen: list[bytes] = []
        try:
            async for piece in pieces(body, 0.05):
                seen.append(piece)
        except Exception as raised:
            if error is None or not isinstance(raised, error):
                raise
        else:
            assert error is None, "nothing was raised"
        return seen

    return asyncio.run(gather())


def test_small_chunks_are_gathered() -> None:
    assert gathered(Script([b"a", b"b", b"c"])) == [b"abc"]
    assert gathered(Script([])) == []


def test_a_piece_is_of_bounded_size() -> None:
    chunk = bytes(PIECE // 4)
    assert [len(piece) for piece in gathered(Script([chunk] * 6))] == [PIECE, PIECE // 2]


@pytest.mark.parametrize("error", [web.RequestPayloadError, ConnectionResetError])
def test_what_came_before_a_break_is_not_lost(error: type[Exception]) -> None:
    assert gathered(Script([b"a", b"b", error()]), error) == [b"ab"]


def test_the_silent_are_not_waited_for() -> None:
    assert gathered(Script([b"a"], ends=False), Refusal) == [b"a"]


def test_a_site_is_opened_in_an_empty_folder(tmp_path: Path) -> None:
    site, storage = open_site(tmp_path / "new", 5)
    assert site.storage is storage
    assert site.blob_limit == 5
    session = site.uploads.begin("a")
    with site.uploads.hold(session, "a"):
        ingest = site.uploads.open(session)
        ingest.write(b"abc")
        site.uploads.commit(session, ingest, Digest.of(b"abc"))
    assert storage.holds(Digest.of(b"abc"))
