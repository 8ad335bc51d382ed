from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_containers import metadata
from jupyter_containers.metadata.database import DamagedDatabase, Database, NewerSchema, from_text, to_text

MIGRATIONS = Path(metadata.__file__).parent / "migrations"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "metadata.db")
    yield database
    database.close()


def names(database: Database) -> list[str]:
    return [row[0] for row in database.rows("SELECT name FROM volumes ORDER BY name")]


def add(database: Database, name: str) -> None:
    database.execute("INSERT INTO volumes VALUES (?, '{}')", (name,))


def test_content_survives_closing(tmp_path: Path) -> None:
    for round_ in ("first", "second"):
        database = Database(tmp_path / "metadata.db")
        add(database, round_)
        database.close()
    database = Database(tmp_path / "metadata.db")
    assert names(database) == ["first", "second"]
    database.close()


def test_content_survives_a_crash_without_closing(tmp_path: Path) -> None:
    crashed = Database(tmp_path / "metadata.db")
    add(crashed, "written")
    # What a killed daemon leaves: the database file and its log, copied while the connection is still open.
    copy = tmp_path / "copy"
    copy.mkdir()
    for suffix in ("", "-wal"):
        (copy / f"metadata.db{suffix}").write_bytes((tmp_path / f"metadata.db{suffix}").read_bytes())
    recovered = Database(copy / "metadata.db")
    assert names(recovered) == ["written"]
    recovered.close()
    crashed.close()


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    database = Database(tmp_path / "metadata.db")
    add(database, "x")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()
    assert modes == {"metadata.db": 0o600, "metadata.db-wal": 0o600, "metadata.db-shm": 0o600}


def test_the_log_is_written_ahead_and_not_synced_each_time(database: Database) -> None:
    assert database.row("PRAGMA journal_mode") == ("wal",)
    assert database.row("PRAGMA synchronous") == (1,)


def test_the_steps_of_the_schema_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted(MIGRATIONS.glob("*.sql"))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("version", range(1, len(list(MIGRATIONS.glob("*.sql"))) + 1))
def test_an_older_database_is_brought_up_to_date_with_its_rows(tmp_path: Path, version: int) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as old:
        for path in sorted(MIGRATIONS.glob("*.sql"))[:version]:
            old.executescript(path.read_text())
        old.execute(f"PRAGMA user_version = {version}")
        old.execute("INSERT INTO volumes VALUES ('kept', '{}')")
    tables = "SELECT name, sql FROM sqlite_master ORDER BY name"
    with closing(Database(tmp_path / "old.db")) as database, closing(Database(tmp_path / "new.db")) as fresh:
        assert names(database) == ["kept"]
        assert database.rows(tables) == fresh.rows(tables)


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "metadata.db"
    Database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerSchema, match=r"has schema 99, this version knows schemas up to \d+; start the newer"):
        Database(path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (99,)
    connection.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "metadata.db"
    path.write_bytes(b"no database " * 100)
    with pytest.raises(DamagedDatabase, match="cannot read database"):
        Database(path)
    assert path.read_bytes().startswith(b"no database")


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction():
        add(database, "a")
        raise RuntimeError
    assert names(database) == []
    with database.transaction():
        add(database, "a")
        add(database, "b")
    assert names(database) == ["a", "b"]


def test_an_inner_transaction_that_fails_takes_only_its_own_back(database: Database) -> None:
    with database.transaction():
        add(database, "outer")
        with pytest.raises(RuntimeError), database.transaction():
            add(database, "inner")
            with database.transaction():
                add(database, "innermost")
            raise RuntimeError
        add(database, "after")
    assert names(database) == ["after", "outer"]


def test_an_outer_transaction_that_fails_takes_the_inner_one_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction():
        with database.transaction():
            add(database, "inner")
        raise RuntimeError
    assert names(database) == []


def test_a_refused_statement_leaves_the_database_usable(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError), database.transaction():
        add(database, "a")
        add(database, "a")
    add(database, "b")
    assert names(database) == ["b"]


def test_transactions_of_two_threads_do_not_mix(database: Database) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with pytest.raises(RuntimeError), database.transaction():
            add(database, "first")
            inside.set()
            go_on.wait(5)
            raise RuntimeError

    def second() -> None:
        inside.wait(5)
        threading.Timer(0.01, go_on.set).start()
        add(database, "second")

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Had the second write fallen into the first one's transaction, it would be gone with it.
    assert names(database) == ["second"]


def test_records_are_text_without_spaces() -> None:
    record = {"a": [1, None, True], "ü": "\ud800"}
    assert " " not in to_text(record)
    assert from_text(to_text(record)) == record


def test_the_log_has_its_room_before_the_disk_is_full(tmp_path: Path) -> None:
    database = Database(tmp_path / "metadata.db")
    try:
        log = tmp_path / "metadata.db-wal"
        room = log.stat().st_blocks * 512
        for number in range(500):
            database.execute("INSERT INTO volumes VALUES (?, '{}')", (str(number),))
        assert room >= 8 << 20
        assert log.stat().st_blocks * 512 == room
    finally:
        database.close()
    assert not log.exists()


# Pages are kept to be read again; what frees them gives the memory back only together with the C library.
_GIVEN_BACK = """
import sys
from pathlib import Path
from jupyter_containers.linux import memory
from jupyter_containers.metadata.database import Database
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
database = Database(Path(sys.argv[1]))
for number in range(2000):
    row = (str(number), str(number), "x" * 3000)
    database.execute("INSERT INTO containers (id, name, record) VALUES (?, ?, ?)", row)
memory.give_back()
held = resident()
database.give_back()
memory.give_back()
print(held - resident())
"""


def test_pages_in_memory_are_given_back(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _GIVEN_BACK, str(tmp_path / "db")], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 1_000_000
