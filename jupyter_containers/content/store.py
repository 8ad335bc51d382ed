"""The content store: a Protocol, and its implementation as a directory of read-only files."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from jupyter_containers.content.ingest import Ingest
from jupyter_containers.errors import ContainersError, NotFound
from jupyter_containers.oci.digest import HEX_LENGTH, Digest, DigestMismatch

# What read() takes into memory at most: the limit that registries and clients agree on for manifests.
READ_LIMIT = 4 << 20
# How the files of writes begin that end with the daemon, or with the block that makes them.
_ONCE = "once-"
_KEY_DIGITS = 32


def is_resumable(name: str) -> bool:
    """Tell whether a file among the writes that were begun is one that a later daemon can continue."""
    return len(name) == _KEY_DIGITS and not name.startswith(_ONCE)


class BlobNotFound(NotFound):
    """The store has no blob of this digest."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(f"no blob {digest} in the content store")
        self.digest = digest


class BlobTooLarge(ContainersError):
    """A blob that was to be read into memory is larger than agreed."""

    def __init__(self, digest: Digest, size: int, limit: int) -> None:
        super().__init__(f"blob {digest} has {size} bytes, over the limit of {limit}")


class ContentStore(Protocol):
    """Immutable bytes by digest. Synchronous; usable from any thread.

    A blob appears whole or not at all, and never changes; but a power cut may leave one short that was not flushed
    (see `contains` and `read_if_whole`). Example of a life:

        with store.ingest("layer-sha256:…", expected=digest, size=size) as ingest:   # continues at ingest.offset
            for chunk in chunks: ingest.write(chunk)
            ingest.commit()
        with store.open(digest) as blob: …
        store.delete(digest)                                                        # garbage collection only
    """

    def contains(self, digest: Digest, size: int | None = None) -> bool:
        """Say whether the blob is here; one of another size than `size` is what a power cut left, and is not."""

    def size(self, digest: Digest) -> int:
        """Return the blob's size in bytes. Raises BlobNotFound."""

    def path(self, digest: Digest) -> Path:
        """Return where the blob is. Raises BlobNotFound."""

    def open(self, digest: Digest) -> BinaryIO:
        """Open the blob for reading; the caller closes it. Raises BlobNotFound."""

    def read(self, digest: Digest, limit: int = READ_LIMIT) -> bytes:
        """Return the blob's bytes, checked against the digest. Raises BlobNotFound, BlobTooLarge, DigestMismatch."""

    def read_if_whole(self, digest: Digest, limit: int = READ_LIMIT) -> bytes | None:
        """As `read`, but None for a blob that is not here or is damaged: for who can bring it again."""

    def write(self, content: bytes) -> Digest:
        """Keep small content (configs, manifests) in one step; the same content twice is kept once."""

    def ingest(self, key: str, *, expected: Digest | None = None, size: int | None = None) -> Ingest:
        """Begin or continue the write named `key`. Raises IngestInUse while another holds it.

        One without `expected` does not outlive the daemon: nobody could tell what its bytes were to become.
        """

    def recover(self) -> None:
        """Remove what a crash left of writes that cannot be continued. Call once, before anything is written."""

    def delete(self, digest: Digest) -> None:
        """Remove the blob. Raises BlobNotFound."""

    def __iter__(self) -> Iterator[Digest]: ...


class DirectoryStore:
    """`<root>/blobs/<algorithm>/<hex>` and `<root>/ingest/<hash of the key>`; the layout of an OCI image layout."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._blobs = root / "blobs"
        self._ingests = root / "ingest"
        for algorithm in HEX_LENGTH:
            (self._blobs / algorithm).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._ingests.mkdir(parents=True, exist_ok=True, mode=0o700)

    def contains(self, digest: Digest, size: int | None = None) -> bool:
        place = self._place(digest)
        return place.is_file() and size in (None, place.stat().st_size)

    def size(self, digest: Digest) -> int:
        try:
            return self._place(digest).stat().st_size
        except FileNotFoundError:
            raise BlobNotFound(digest) from None

    def path(self, digest: Digest) -> Path:
        path = self._place(digest)
        if not path.is_file():
            raise BlobNotFound(digest)
        return path

    def open(self, digest: Digest) -> BinaryIO:
        try:
            return self._place(digest).open("rb")
        except FileNotFoundError:
            raise BlobNotFound(digest) from None

    def read(self, digest: Digest, limit: int = READ_LIMIT) -> bytes:
        with self.open(digest) as blob:
            size = os.fstat(blob.fileno()).st_size
            if size > limit:
                raise BlobTooLarge(digest, size, limit)
            content = blob.read()
        # write() does not flush: after a power cut a small blob may be empty, and must not be believed.
        actual = Digest.of(content, digest.algorithm)
        if actual != digest:
            raise DigestMismatch(digest, actual, "stored blob")
        return content

    def read_if_whole(self, digest: Digest, limit: int = READ_LIMIT) -> bytes | None:
        try:
            return self.read(digest, limit)
        except (BlobNotFound, DigestMismatch):
            return None

    def write(self, content: bytes) -> Digest:
        digest = Digest.of(content)
        place = self._place(digest)
        if self.contains(digest, len(content)):
            return digest
        temporary = self._ingests / f"{_ONCE}{os.urandom(8).hex()}"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(content)
            temporary.rename(place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return digest

    def ingest(self, key: str, *, expected: Digest | None = None, size: int | None = None) -> Ingest:
        # The key may be anything (a digest from the wire, a name): only its hash becomes a file name.
        name = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:_KEY_DIGITS]
        if expected is None:
            name = f"{_ONCE}{name}"
        return Ingest(self._ingests / name, self.publish, key=key, expected=expected, size=size)

    def recover(self) -> None:
        for path in self._ingests.glob(f"{_ONCE}*"):
            path.unlink()

    def delete(self, digest: Digest) -> None:
        try:
            self._place(digest).unlink()
        except FileNotFoundError:
            raise BlobNotFound(digest) from None

    def __iter__(self) -> Iterator[Digest]:
        for algorithm, length in HEX_LENGTH.items():
            # All names first: who iterates may stop half-way, or delete.
            for name in os.listdir(self._blobs / algorithm):
                if len(name) == length:
                    yield Digest(algorithm, name)

    def remove_stale_ingests(self, older_than_seconds: float) -> int:
        """Remove unfinished writes that nobody has touched for so long; returns how many bytes that freed."""
        freed, limit = 0, time.time() - older_than_seconds
        with os.scandir(self._ingests) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if status.st_mtime < limit:
                    Path(entry.path).unlink(missing_ok=True)
                    freed += status.st_size
        return freed

    def _place(self, digest: Digest) -> Path:
        return self._blobs / digest.algorithm / digest.hex

    def publish(self, partial: Path, digest: Digest, sync: bool) -> None:
        """Move a file that was proved to have `digest`, on the same filesystem, to where the blob is to be."""
        place = self._place(digest)
        partial.rename(place)
        if sync:
            # The name must survive as well, or a row could point to a blob that a power cut took away.
            fd = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
