"""Tests of client.folders: entries as the daemon tells them, and as the beginning of a tar does."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Generator

import pytest

from jupyter_containers.client import folders
from jupyter_containers.client.folders import entry, of_tar


def pieces(*names: str, size: int = 0) -> Generator[bytes, None, None]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 0 if name.endswith("/") else size
            member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            tar.addfile(member, io.BytesIO(bytes(size)))
    content = buffer.getvalue()
    yield from (content[place : place + 512] for place in range(0, len(content), 512))


def test_an_entry_has_a_kind() -> None:
    body = {"name": "x", "size": 7, "mode": 0o755, "mtime": "2026-01-02T03:04:05Z", "linkTarget": ""}
    assert (entry(body).kind, entry(body).mode, entry(body).changed_at.year) == ("file", 0o755, 2026)
    assert entry({**body, "mode": 1 << 31 | 0o700}).kind == "folder"
    assert entry({**body, "mode": 1 << 27 | 0o777, "linkTarget": "/y"}).link_target == "/y"


def test_of_a_tar_only_what_is_directly_in_the_folder_counts() -> None:
    found = of_tar(pieces("./", "./b/", "./b/deep", "./a"))
    assert [(one.name, one.kind) for one in found.entries] == [("a", "file"), ("b", "folder")]
    assert found.is_whole


def test_of_a_large_tar_the_beginning_is_read_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_BYTES", 5000)
    stream = pieces("./", "./a", "./b", "./c", size=3000)
    found = of_tar(stream)
    assert [one.name for one in found.entries] == ["a", "b"]
    assert (found.count, found.is_whole) == (None, False)
    assert next(stream, b"closed") == b"closed"
