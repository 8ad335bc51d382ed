"""Tests of daemon.storage.rows."""

from __future__ import annotations

import pytest

from jupyter_containers.daemon.storage.rows import READERS
from jupyter_containers.metadata import database
from jupyter_containers.metadata.salvage import UNREADABLE

DIGEST = f"sha256:{'a' * 64}"
TARGET = database.to_text({"mediaType": "m", "digest": DIGEST, "size": 1})
SNAPSHOT = database.to_text({"key": "k", "kind": "committed", "number": 3})
VOLUME = database.to_text({"created_at": "", "labels": {}, "options": {}})


def test_each_table_has_a_reader(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = database.Database(tmp_path_factory.mktemp("rows") / "a.db")
    names = made.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    made.close()
    assert {name for (name,) in names} == READERS.keys()


@pytest.mark.parametrize(
    ("table", "row", "flaw"),
    [
        ("image_names", {"name": "a", "target": TARGET, "image_id": DIGEST}, {"image_id": DIGEST[:-1]}),
        ("snapshots", {"key": "k", "number": "3", "record": SNAPSHOT}, {"key": "j"}),
        ("snapshots", {"key": "k", "number": "3", "record": SNAPSHOT}, {"parent": "j"}),
        ("volumes", {"name": "v", "record": VOLUME}, {"record": VOLUME.replace("labels", "mabels")}),
        ("blob_places", {"blob": DIGEST, "descriptor": TARGET}, {"descriptor": "{}"}),
        ("build_cache", {"key": "k", "record": "{}"}, {"record": "[]"}),
    ],
)
def test_what_is_whole_is_read_and_what_is_not_is_not(table: str, row: dict[str, str], flaw: dict[str, str]) -> None:
    READERS[table](row)
    with pytest.raises(UNREADABLE):
        READERS[table](row | flaw)
