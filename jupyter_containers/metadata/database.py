"""The one connection to metadata.db: opened, migrated, locked, and shared by all threads of the daemon.

WAL with `synchronous=NORMAL`: a power cut may lose the last transactions, never the order or the integrity of the rest.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_containers.errors import ContainersError, Unsupported

_MIGRATIONS = Path(__file__).parent / "migrations"
# Twice what the log grows to before SQLite writes it back into the database (1000 pages of 4 KiB), and some.
_LOG_BYTES = 10 << 20


class NewerSchema(Unsupported):
    """The database was written by a newer version of this program."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} has schema {found}, this version knows schemas up to {known}; start the newer version again, "
            "or move the folder away to begin empty"
        )
        self.found = found
        self.known = known


class DamagedDatabase(ContainersError):
    """The file is not a database that SQLite can read."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot read database {path}: {why}; restore it, or move the folder away to begin empty")


class DiskFull(ContainersError):
    """There is no room to write down what happens."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"cannot write database {path}: no space left on device", errno=errno.ENOSPC)


class Database:
    """Open (or make) the database at `path` and bring its schema up to date. Use from any thread; `close` at the end.

    Raises NewerSchema or DamagedDatabase, and then leaves the file as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = _connect(path)
        try:
            _migrate(self._connection, path)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise DamagedDatabase(path, str(error)) from error
        except BaseException:
            self._connection.close()
            raise
        _reserve_log(path)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all calls inside one step: all or nothing. Other threads wait; do nothing slow inside, never await.

        May be nested: an inner one that fails undoes only its own calls.
        """
        with self._lock:
            begin, commit, rollback = _statements(self._depth)
            self._connection.execute(begin)
            self._depth += 1
            try:
                yield
                self._connection.execute(commit)
            except BaseException:
                # A full disk may have made SQLite roll everything back by itself.
                for statement in rollback if self._connection.in_transaction else ():
                    self._connection.execute(statement)
                raise
            finally:
                self._depth -= 1

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Run one writing statement; return how many rows it touched. Raises DiskFull."""
        with self._lock:
            try:
                return self._connection.execute(statement, parameters).rowcount
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                    raise DiskFull(self.path) from error
                raise

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def row(self, query: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query, or None."""
        with self._lock:
            found: tuple[Any, ...] | None = self._connection.execute(query, parameters).fetchone()
            return found

    def give_back(self) -> None:
        """Let go of the pages that are kept in memory to be read again."""
        with self._lock:
            self._connection.execute("PRAGMA shrink_memory")

    def close(self) -> None:
        """Write the log back into the database file and let go of it."""
        with self._lock:
            self._connection.close()


def to_text(record: Any) -> str:
    """Return a record's JSON values as the text of a column."""
    return json.dumps(record, separators=(",", ":"))


def from_text(text: str) -> Any:
    """Return the JSON values in the text of a column."""
    return json.loads(text)


def _connect(path: Path) -> sqlite3.Connection:
    # Environment variables of containers hold secrets, so nobody else may read; -wal and -shm take over this mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise DamagedDatabase(path, str(error)) from error
    return connection


def _reserve_log(path: Path) -> None:
    """Give the write-ahead log its blocks now: on a full disk containers must still be seen to end, and be removable.

    SQLite writes such a log from its beginning again and again, and takes what is behind the last frame for no frame.
    Source: SQLite "Write-Ahead Logging", "WAL-mode File Format". The log has no locks that closing could drop.
    """
    try:
        log_fd = os.open(f"{path}-wal", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.posix_fallocate(log_fd, 0, _LOG_BYTES)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EOPNOTSUPP, errno.EINVAL):
            raise
    finally:
        os.close(log_fd)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    migrations = _migrations()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise NewerSchema(path, version, len(migrations))
    for number, script in enumerate(migrations[version:], start=version + 1):
        # One transaction for the step and its number: a crash leaves either the old schema or the new one.
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
        except sqlite3.DatabaseError:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _migrations() -> list[str]:
    files = sorted(path for path in _MIGRATIONS.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", path.name))
    return [path.read_text(encoding="utf-8") for path in files]


def _statements(depth: int) -> tuple[str, str, tuple[str, ...]]:
    """Return how to begin, to keep and to undo a transaction at this depth of nesting."""
    if depth == 0:
        return "BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",)
    name = f"level_{depth}"
    return f"SAVEPOINT {name}", f"RELEASE {name}", (f"ROLLBACK TO {name}", f"RELEASE {name}")
