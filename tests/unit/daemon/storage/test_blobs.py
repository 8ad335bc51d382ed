"""Tests of daemon.storage.blobs."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_containers.daemon.storage.blobs import check, check_unfinished
from tests.support.resting_store import resting_store


def test_only_a_blob_with_another_digest_is_found(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        good, bad = store.content.write(b"good"), store.content.write(b"bad")
        os.truncate(store.content.path(bad), 1)
        (finding,) = check(store)
        assert finding.name == str(bad)
        assert "its 1 bytes have the digest sha256:" in finding.problem
        assert not store.has_blob(bad)
        assert finding.mend is not None
        finding.mend()
        assert list(store.content) == [good]


def test_writes_that_can_be_continued_stay(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        folder = tmp_path / "content" / "ingest"
        folder.mkdir()
        for name in ("once-1", "0" * 32):
            (folder / name).write_bytes(b"half")
        assert [finding.name for finding in check_unfinished(store)] == [str(folder / "once-1")]
