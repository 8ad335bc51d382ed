from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.build.caches.equality import same_files
from jupyter_containers.content.store import DirectoryStore


def tar(*members: tuple[str, bytes], reverse: bool = False, **changed: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in reversed(members) if reverse else members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for attribute, value in changed.items():
                setattr(member, attribute, value)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


ONE = (("a", b"1"), ("b", b"2"))


@pytest.mark.parametrize(
    "other",
    [tar(*ONE), tar(*ONE, reverse=True), tar(*ONE, mtime=5), gzip.compress(tar(*ONE)), tar(("./a", b"1"), ONE[1])],
)
def test_order_times_and_compression_do_not_count(tmp_path: Path, other: bytes) -> None:
    store = DirectoryStore(tmp_path)
    assert same_files(store, store.write(tar(*ONE)), store.write(other))


@pytest.mark.parametrize(
    "other",
    [
        tar(ONE[0]),
        tar(ONE[0], ("b", b"3")),
        tar(*ONE, mode=0o600),
        tar(*ONE, uid=1),
        tar(*ONE, gid=1),
        tar(*ONE, ("a", b"")),
    ],
)
def test_all_else_counts(tmp_path: Path, other: bytes) -> None:
    store = DirectoryStore(tmp_path)
    assert not same_files(store, store.write(tar(*ONE)), store.write(other))
