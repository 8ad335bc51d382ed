"""ADD of URLs: fetched once each, before anything runs; blamed on their line."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.build.context import Context
from jupyter_containers.build.downloads import fetch_all
from jupyter_containers.build.graph import Vertex, vertex
from jupyter_containers.build.operations.definitions import CopyFiles, ImageRoot
from jupyter_containers.errors import InvalidParameter, NotFound, Unsupported


class Web:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def fetch(self, url: str, folder: Path) -> Path:
        self.asked.append(url)
        if "ghost" in url:
            raise NotFound("no ghost")
        path = folder / "file"
        path.write_text(url)
        return path


def added(*urls: str) -> Vertex:
    copy = CopyFiles((), "/d/", unpacks=True, remote=urls, word="ADD")
    return vertex(copy, (vertex(ImageRoot(None)),), lines=(3, 3), source="ADD …")


def context(tmp_path: Path) -> Context:
    root = tmp_path / "tree"
    root.mkdir()
    return Context(root)


def test_each_url_is_fetched_once_and_outside_the_context(tmp_path: Path) -> None:
    web, found = Web(), context(tmp_path)
    asyncio.run(fetch_all(added("http://a", "http://b", "http://a"), web, found))
    assert web.asked == ["http://a", "http://b"]
    assert [path.read_text() for path in found.fetched.values()] == ["http://a", "http://b"]
    assert not list(found.root.iterdir())


def test_a_failure_is_that_of_the_line(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="ADD failed: no ghost") as caught:
        asyncio.run(fetch_all(added("http://ghost"), Web(), context(tmp_path)))
    assert caught.value.details["line"] == 3


def test_without_a_way_to_fetch_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="COPY a file of the context"):
        asyncio.run(fetch_all(added("http://a"), None, context(tmp_path)))
    asyncio.run(fetch_all(vertex(ImageRoot(None)), None, Context(tmp_path)))


def test_a_file_that_is_not_what_the_checksum_says_is_refused(tmp_path: Path) -> None:
    found, good = context(tmp_path), added("http://a")
    digest = hashlib.sha256(b"http://a").hexdigest()
    assert isinstance(good.operation, CopyFiles)
    asyncio.run(fetch_all(replace(good, operation=replace(good.operation, checksum=f"sha256:{digest}")), Web(), found))
    with pytest.raises(InvalidParameter, match="digest mismatch sha256:") as caught:
        asyncio.run(fetch_all(replace(good, operation=replace(good.operation, checksum="sha256:0")), Web(), found))
    assert caught.value.details["line"] == 3
