"""The storage as a folder: one content store, and a tree of small files that says which repository shows what.

content/                                            by digest, immutable, each once; or a store given to me
repositories/<name>/_blobs/<algorithm>/<hex>        empty
repositories/<name>/_manifests/<algorithm>/<hex>    the media type
repositories/<name>/_tags/<tag>                     the digest
repositories/<name>/_referrers/<algorithm>/<hex of the subject>/<algorithm>-<hex>      empty
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from jupyter_containers.content.store import BlobNotFound, DirectoryStore
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import refusals
from jupyter_containers.registry.server.storage import Stored

BLOBS, MANIFESTS, TAGS, REFERRERS = "_blobs", "_manifests", "_tags", "_referrers"


class FolderStorage:
    """A Storage in `root`. `lock` is held while something is linked, and while the sweep looks and takes.

    `content` is a store on the same file system whose garbage somebody else collects; without it I have my own.
    """

    def __init__(self, root: Path, content: DirectoryStore | None = None) -> None:
        self._is_owner = content is None
        self.content = content or DirectoryStore(root / "content")
        self.lock = threading.RLock()
        self._root = root / "repositories"
        self._fresh = root / "new"
        for folder in (self._root, self._fresh):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def recover(self) -> None:
        """Remove what a crash left half written. Call once, before anything is asked for."""
        if self._is_owner:
            self.content.recover()
        for path in self._fresh.iterdir():
            path.unlink()

    def size(self) -> int:
        """Return how many bytes all content has."""
        total = 0
        for digest in self.content:
            try:
                total += self.content.size(digest)
            except BlobNotFound:
                continue  # swept this moment
        return total

    def repositories(self) -> list[str]:
        return sorted(name for name in self.all_repositories() if any(self.digests(name, MANIFESTS)))

    def all_repositories(self) -> Iterator[str]:
        """Yield each repository, those without a manifest among them."""
        for folder, below, _files in os.walk(self._root):
            if any(word.startswith("_") for word in below):
                yield os.path.relpath(folder, self._root)
            below[:] = [word for word in below if not word.startswith("_")]

    def knows(self, name: str) -> bool:
        return any((self._root / name / kind).is_dir() for kind in (BLOBS, MANIFESTS))

    def tags(self, name: str) -> list[str]:
        try:
            return sorted(os.listdir(self._root / name / TAGS))
        except FileNotFoundError:
            return []

    def pushed(self, name: str) -> list[tuple[str, float]]:
        """Return the tags with the time of their last push, in seconds since the epoch."""
        return [(tag, (self._root / name / TAGS / tag).stat().st_mtime) for tag in self.tags(name)]

    def resolve(self, name: str, tag: str) -> Digest:
        try:
            return Digest.parse((self._root / name / TAGS / tag).read_text())
        except FileNotFoundError:
            raise refusals.no_manifest(tag) from None

    def has_manifest(self, name: str, digest: Digest) -> bool:
        return self.place(name, MANIFESTS, digest).is_file()

    def manifest(self, name: str, digest: Digest) -> Stored:
        try:
            media_type = self.place(name, MANIFESTS, digest).read_text()
            return Stored(digest, media_type, self.content.read(digest))
        except (FileNotFoundError, BlobNotFound):
            raise refusals.no_manifest(digest) from None

    def put_manifest(
        self, name: str, stored: Stored, *, tags: Sequence[str] = (), subject: Digest | None = None
    ) -> None:
        digest = stored.digest
        with self.lock:
            if not self.content.contains(digest, len(stored.content)):
                with self.content.ingest(os.urandom(16).hex(), expected=digest, size=len(stored.content)) as ingest:
                    ingest.write(stored.content)
                    ingest.commit()
            self._write(self.place(name, MANIFESTS, digest), stored.media_type)
            if subject is not None:
                self._write(self._referrer(name, subject, digest), "")
            for tag in tags:
                self._write(self._root / name / TAGS / tag, str(digest))

    def untag(self, name: str, tag: str) -> None:
        try:
            (self._root / name / TAGS / tag).unlink()
        except FileNotFoundError:
            raise refusals.no_manifest(tag) from None

    def delete_manifest(self, name: str, digest: Digest) -> None:
        with self.lock:
            # Tags first: after a crash in between there is no tag that leads nowhere.
            for tag in self.tags(name):
                if self.resolve(name, tag) == digest:
                    self.untag(name, tag)
            for subject in (self._root / name / REFERRERS).glob("*/*"):
                (subject / f"{digest.algorithm}-{digest.hex}").unlink(missing_ok=True)
            try:
                self.place(name, MANIFESTS, digest).unlink()
            except FileNotFoundError:
                raise refusals.no_manifest(digest) from None

    def referrers(self, name: str, subject: Digest) -> list[Digest]:
        folder = self._root / name / REFERRERS / subject.algorithm / subject.hex
        try:
            found = [Digest.parse(entry.replace("-", ":", 1)) for entry in os.listdir(folder)]
        except FileNotFoundError:
            return []
        return sorted(digest for digest in found if self.has_manifest(name, digest))

    def blob(self, name: str, digest: Digest) -> Path:
        link = self.place(name, BLOBS, digest)
        try:
            # Who has looked will soon refer to it: its time begins anew.
            os.utime(link)
            return self.content.path(digest)
        except (FileNotFoundError, BlobNotFound):
            raise refusals.no_blob(digest) from None

    def blob_size(self, name: str, digest: Digest) -> int | None:
        if not self.place(name, BLOBS, digest).is_file() or not self.content.contains(digest):
            return None
        return self.content.size(digest)

    def holds(self, digest: Digest) -> bool:
        return self.content.contains(digest)

    def link_blob(self, name: str, digest: Digest) -> None:
        with self.lock:
            if not self.content.contains(digest):
                raise refusals.no_blob(digest)
            self._write(self.place(name, BLOBS, digest), "")

    def unlink_blob(self, name: str, digest: Digest) -> None:
        try:
            self.place(name, BLOBS, digest).unlink()
        except FileNotFoundError:
            raise refusals.no_blob(digest) from None

    def digests(self, name: str, kind: str) -> Iterator[Digest]:
        """Yield the digests of a repository's blobs or manifests."""
        for path in (self._root / name / kind).glob("*/*"):
            yield Digest(path.parent.name, path.name)

    def shown(self) -> frozenset[Digest]:
        """Return what any repository shows. Hold the lock for as long as it is to be true."""
        return frozenset(
            digest
            for name in self.all_repositories()
            for kind in (BLOBS, MANIFESTS)
            for digest in self.digests(name, kind)
        )

    def place(self, name: str, kind: str, digest: Digest) -> Path:
        return self._root / name / kind / digest.algorithm / digest.hex

    def _referrer(self, name: str, subject: Digest, digest: Digest) -> Path:
        return self._root / name / REFERRERS / subject.algorithm / subject.hex / f"{digest.algorithm}-{digest.hex}"

    def _write(self, place: Path, text: str) -> None:
        """Let a small file appear whole, and stay after a power cut."""
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._fresh / os.urandom(16).hex()
        with fresh.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(place)
        fd = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
