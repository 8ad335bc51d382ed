"""Uploads whose request is ended while bytes are written; what is on the wire is in tests/integration."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.registry.server import sessions
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.site import Site
from jupyter_containers.registry.server.targets import Kind, Target
from jupyter_containers.registry.server.uploads import Uploads


class Body:
    """One chunk, then the end."""

    def __init__(self, content: bytes) -> None:
        self._chunks = [content]

    async def readany(self) -> bytes:
        return self._chunks.pop() if self._chunks else b""


def test_an_upload_is_given_back_when_its_bytes_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DirectoryStore(tmp_path / "content")
    site = Site(FolderStorage(tmp_path, store), Uploads(tmp_path / "uploads", store.publish))
    begun, may_end = threading.Event(), threading.Event()

    async def use() -> None:
        session = site.uploads.begin("app")
        ingest = site.uploads.open(session)
        write = ingest.write

        def slow(piece: Any) -> None:
            begun.set()
            assert may_end.wait(10)
            write(piece)

        monkeypatch.setattr(ingest, "write", slow)
        site.uploads.keep(session, ingest)
        request: Any = SimpleNamespace(headers={}, content_length=5, content=Body(b"12345"))
        appending = asyncio.ensure_future(sessions.append(site, request, Target(Kind.UPLOAD, "app", session)))
        await asyncio.to_thread(begun.wait, 10)
        appending.cancel()
        await asyncio.wait([appending], timeout=0.1)
        assert not appending.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await appending
        assert site.uploads.offset(session, "app") == 5
        site.uploads.close()

    asyncio.run(use())
