"""Tests of metadata.salvage."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.salvage import UselessRow, copy, forget, move, problem, salvage, useless_rows
from jupyter_containers.metadata.volumes import Volumes


def make(path: Path, count: int = 1) -> None:
    database = Database(path)
    for number in range(count):
        Volumes(database).add(f"volume-{number:04}", {"labels": {"long": "x" * 200}})
    database.close()


def test_a_whole_one_has_no_problem_and_is_not_touched(tmp_path: Path) -> None:
    make(tmp_path / "a.db")
    before = (tmp_path / "a.db").read_bytes()
    assert problem(tmp_path / "a.db") == ""
    assert (tmp_path / "a.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


def test_rows_before_and_behind_a_damaged_page_are_saved(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path, 400)
    content = bytearray(path.read_bytes())
    # A leaf in the middle of the table: the first row in it is as it was written.
    middle = content.index(b"volume-0200") // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    assert problem(path)
    salvage(path, tmp_path / "b.db")
    assert problem(tmp_path / "b.db") == ""
    database = Database(tmp_path / "b.db")
    names = [name for name, _ in Volumes(database).all()]
    database.close()
    assert 350 < len(names) < 400
    assert (names[0], names[-1]) == ("volume-0000", "volume-0399")


def test_a_row_of_wrong_types_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("ALTER TABLE volumes RENAME TO gone")
        connection.execute("CREATE TABLE volumes (name TEXT, record)")
        connection.execute("INSERT INTO volumes VALUES ('number', x'00'), ('whole', '{}')")
    salvage(path, tmp_path / "b.db")
    database = Database(tmp_path / "b.db")
    assert Volumes(database).all() == [("whole", {})]
    database.close()


def test_a_table_of_another_shape_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("ALTER TABLE image_names RENAME COLUMN name TO nbme")
    assert problem(path) == "is damaged: its tables are not as they were made"


def test_what_is_no_database_gives_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"nothing" * 999)
    assert "not a database" in problem(tmp_path / "a.db")
    salvage(tmp_path / "a.db", tmp_path / "b.db")
    assert problem(tmp_path / "b.db") == ""


def test_a_copy_and_a_move_take_the_log_along(tmp_path: Path) -> None:
    for name in ("a.db", "a.db-wal"):
        (tmp_path / name).write_text(name)
    (tmp_path / "to").mkdir()
    assert copy(tmp_path / "a.db", tmp_path / "to") == tmp_path / "to" / "a.db"
    assert (tmp_path / "to" / "a.db-wal").read_text() == "a.db-wal"
    move(tmp_path / "a.db", tmp_path / "b.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.db", "b.db-wal", "to"]


def test_a_row_that_is_no_object_can_be_forgotten(tmp_path: Path) -> None:
    make(tmp_path / "a.db")
    database = Database(tmp_path / "a.db")
    database.execute("INSERT INTO volumes VALUES ('torn', '[')")
    # Bytes that are no text, at which a plain SELECT fails.
    database.execute("INSERT INTO volumes VALUES (CAST(x'80' AS TEXT), CAST(x'7b80' AS TEXT))")
    found = useless_rows(database, {"volumes": lambda row: json.loads(row["record"])})
    assert found == [UselessRow("volumes", "name", b"torn"), UselessRow("volumes", "name", b"\x80")]
    assert found[1].key == "\ufffd"
    for row in found:
        forget(database, row)
    assert [name for name, _ in Volumes(database).all()] == ["volume-0000"]
    database.close()
