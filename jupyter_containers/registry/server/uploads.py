"""Uploads that are not finished: files that grow, survive a restart, and expire when nobody comes back.

uploads/<session>.json    which repository it is for
uploads/<session>.part    the bytes so far
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_containers.content.ingest import Ingest
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import refusals
from jupyter_containers.registry.server.refusals import Refusal

# An open ingest keeps its running hash, so that the next chunk need not read all that came before it.
_KEPT_OPEN = 32


class Uploads:
    """The sessions in a folder. `publish` moves a proved file to where blobs are (see DirectoryStore).

    Usable from any thread; one user of a session at a time. Life: begin → (hold → open → write)* → commit or cancel.
    """

    def __init__(self, folder: Path, publish: Callable[[Path, Digest, bool], None]) -> None:
        self._folder = folder
        self._publish = publish
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._idle: OrderedDict[str, Ingest] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def begin(self, repository: str) -> str:
        """Start a session; return its name."""
        session = os.urandom(16).hex()
        self._record(session).write_text(json.dumps({"repository": repository}))
        return session

    @contextmanager
    def hold(self, session: str, repository: str) -> Iterator[None]:
        """Be the only one to use a session. Raises Refusal if it is not there, or if somebody else does (409)."""
        with self._lock:
            if session in self._held:
                raise Refusal(409, "BLOB_UPLOAD_INVALID", f"upload {session} is being written by another request")
            self._held.add(session)
        try:
            self.check(session, repository)
            yield
        finally:
            with self._lock:
                self._held.discard(session)

    def open(self, session: str) -> Ingest:
        """Return the bytes so far, to be continued, of a session that the caller holds. Give it to `keep` afterwards.

        Reads them once after a restart: a running hash cannot be stored.
        """
        with self._lock:
            ingest = self._idle.pop(session, None)
        return ingest or Ingest(self._part(session), self._publish, key=session)

    def keep(self, session: str, ingest: Ingest) -> None:
        """Take back what `open` gave; the bytes stay for the next."""
        with self._lock:
            self._idle[session] = ingest
            surplus = [self._idle.popitem(last=False)[1] for _ in range(len(self._idle) - _KEPT_OPEN)]
        for other in surplus:
            other.suspend()

    def offset(self, session: str, repository: str) -> int:
        """Return how many bytes are there. Raises Refusal."""
        self.check(session, repository)
        try:
            return self._part(session).stat().st_size
        except FileNotFoundError:
            return 0

    def check(self, session: str, repository: str) -> None:
        """Raise Refusal unless there is such a session for this repository."""
        try:
            record = json.loads(self._record(session).read_text() or "{}")
        except FileNotFoundError:
            raise refusals.no_upload(session) from None
        if record.get("repository") != repository:
            raise refusals.no_upload(session)

    def commit(self, session: str, ingest: Ingest, expected: Digest) -> None:
        """Turn the bytes into a blob and end the session. Raises DigestMismatch; the session is then still there."""
        ingest.commit(expected=expected)
        self._record(session).unlink(missing_ok=True)

    def cancel(self, session: str) -> None:
        """End a session that the caller holds and throw its bytes away."""
        with self._lock:
            ingest = self._idle.pop(session, None)
        self._record(session).unlink(missing_ok=True)
        self._part(session).unlink(missing_ok=True)
        if ingest is not None:
            ingest.abort()

    def expire(self, idle_seconds: float) -> int:
        """End the sessions that nobody has touched for so long; return how many that were."""
        limit, ended = time.time() - idle_seconds, 0
        for path in list(self._folder.iterdir()):
            session = path.stem
            with self._lock:
                if session in self._held or self._touched(session) > limit:
                    continue
                self._held.add(session)
            try:
                self.cancel(session)
                ended += 1
            finally:
                with self._lock:
                    self._held.discard(session)
        return ended

    def size(self) -> int:
        """Return how many bytes have come of all that is not finished."""
        with os.scandir(self._folder) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.name.endswith(".part"))

    def close(self) -> None:
        """Let go of all files; the bytes stay."""
        while self._idle:
            self._idle.popitem()[1].suspend()

    def _touched(self, session: str) -> float:
        times = [time.time()] if not self._record(session).exists() and not self._part(session).exists() else [0.0]
        for path in (self._record(session), self._part(session)):
            try:
                times.append(path.stat().st_mtime)
            except FileNotFoundError:
                continue
        return max(times)

    def _record(self, session: str) -> Path:
        return self._folder / f"{session}.json"

    def _part(self, session: str) -> Path:
        return self._folder / f"{session}.part"
