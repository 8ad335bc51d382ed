"""A database that may be damaged: what is wrong with the file, which rows can still be read, which cannot be used."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_containers.errors import ContainersError
from jupyter_containers.metadata.database import Database, NewerSchema

_LOG = "-wal"
_LOGS = (_LOG, "-shm")
# SQLite's message about damage may itself be no text.
_UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class UselessRow:
    """A row that cannot be read; `key` is what names it in its table, `raw_key` its bytes, which may be no text."""

    table: str
    column: str
    raw_key: bytes

    @property
    def key(self) -> str:
        return self.raw_key.decode("utf-8", "replace")


# Reads a row, its columns by name as text; raises one of UNREADABLE for what is no row of that table.
Reader = Callable[[Mapping[str, str]], object]
UNREADABLE = (ContainersError, ValueError, KeyError, TypeError, AttributeError)


def copy(path: Path, folder: Path) -> Path:
    """Copy a database and its log, which a crash may have left, into a folder; the index of the log is made anew."""
    target = folder / path.name
    for suffix in ("", _LOG):
        source = Path(f"{path}{suffix}")
        if source.exists():
            shutil.copyfile(source, f"{target}{suffix}")
    return target


def problem(path: Path) -> str:
    """Return what is wrong with a database, "" when nothing is; the file is not touched. Raises NewerSchema."""
    with TemporaryDirectory(prefix="jupyter-containers-") as folder:
        copied = copy(path, Path(folder))
        try:
            with closing(sqlite3.connect(copied)) as connection:
                lines = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
            if _schema(copied) != _schema(Path(folder) / "new.db"):
                return "is damaged: its tables are not as they were made"
        except NewerSchema:
            raise
        except (*_UNREADABLE, ContainersError) as error:
            return f"cannot be read: {error}"
    return "" if lines == ["ok"] else f"is damaged: {'; '.join(lines)}".replace("\n", " ")


def _schema(path: Path) -> list[tuple[object, ...]]:
    """Return how the tables of a database are made, once it is brought up to date; one that is not there is made."""
    with closing(Database(path)) as database:
        return database.rows("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")


def salvage(path: Path, new: Path) -> None:
    """Make a new database at `new` of all rows that can be read from a damaged one, which is not touched."""
    remove(new)
    database = Database(new)
    try:
        tables = database.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        with TemporaryDirectory(prefix="jupyter-containers-") as folder:
            old = copy(path, Path(folder))
            for (table,) in tables:
                columns = ", ".join(row[1] for row in database.rows(f"PRAGMA table_info({table})"))
                for row in _readable(old, table, columns):
                    marks = ", ".join("?" * len(row))
                    # A damaged row may have text where a number belongs, which IGNORE does not pass over.
                    with suppress(sqlite3.IntegrityError):
                        database.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", row)
    finally:
        # Writes the log back, so that one file is all.
        database.close()


def _readable(path: Path, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a table from its beginning until a damaged page, and again from its end."""
    for order in ("ASC", "DESC"):
        try:
            with closing(sqlite3.connect(path)) as connection:
                yield from connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1 {order}")
            return
        except _UNREADABLE:
            continue


def remove(path: Path) -> None:
    """Remove a database that nobody has open, with what belongs to it; nothing when it is not there."""
    for suffix in ("", *_LOGS):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def move(path: Path, target: Path) -> None:
    """Rename a database that nobody has open, with what belongs to it."""
    for suffix in ("", *_LOGS):
        if Path(f"{path}{suffix}").exists():
            Path(f"{path}{suffix}").rename(f"{target}{suffix}")


def useless_rows(database: Database, readers: Mapping[str, Reader]) -> list[UselessRow]:
    """Return the rows that the reader of their table cannot read."""
    found = []
    for table, reader in readers.items():
        columns = [row[1] for row in database.rows(f"PRAGMA table_info({table})")]
        column = next(name for name in columns if name != "position")
        # As bytes: a row may have what is no text, at which SQLite's reader would give up altogether.
        wanted = ", ".join(f"CAST({name} AS BLOB)" for name in columns)
        for row in database.rows(f"SELECT {wanted} FROM {table}"):
            content: dict[str, bytes] = dict(zip(columns, row, strict=True))
            if not _is_readable(content, reader):
                found.append(UselessRow(table, column, content[column]))
    return found


def forget(database: Database, row: UselessRow) -> None:
    """Remove a row."""
    database.execute(f"DELETE FROM {row.table} WHERE CAST({row.column} AS BLOB) = ?", (row.raw_key,))


def _is_readable(content: Mapping[str, bytes | None], reader: Reader) -> bool:
    try:
        reader({name: value.decode() for name, value in content.items() if value is not None})
    except UNREADABLE:
        return False
    return True
