"""What the registry needs of a storage: repositories, and in each of them tags, manifests and blobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jupyter_containers.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class Stored:
    """A manifest: the bytes that came, and the media type that they came with."""

    digest: Digest
    media_type: str
    content: bytes


class Storage(Protocol):
    """Which repository shows what. Synchronous; usable from any thread. Names are valid ones.

    Content is kept once, however many repositories show it, and shown by none that was not given it:

        storage.link_blob("team/app", digest)               # after an upload, or a mount from another repository
        storage.put_manifest("team/app", stored, tags=["1"])
        storage.resolve("team/app", "1")
        storage.delete_manifest("team/app", stored.digest)  # and its tags; blobs stay until garbage is swept

    Whatever returns has happened and survives a crash. Methods raise Refusal for what is not there.
    """

    def repositories(self) -> list[str]:
        """Return the names of repositories that show a manifest, sorted."""

    def knows(self, name: str) -> bool:
        """Say whether anything was ever put there."""

    def tags(self, name: str) -> list[str]:
        """Return the tags, sorted."""

    def resolve(self, name: str, tag: str) -> Digest: ...

    def manifest(self, name: str, digest: Digest) -> Stored: ...

    def has_manifest(self, name: str, digest: Digest) -> bool: ...

    def put_manifest(
        self, name: str, stored: Stored, *, tags: Sequence[str] = (), subject: Digest | None = None
    ) -> None: ...

    def untag(self, name: str, tag: str) -> None: ...

    def delete_manifest(self, name: str, digest: Digest) -> None: ...

    def referrers(self, name: str, subject: Digest) -> list[Digest]:
        """Return the manifests that name `subject` as theirs, sorted; `subject` need not be there."""

    def blob(self, name: str, digest: Digest) -> Path:
        """Return the file of a blob; the sweep then leaves it alone for a while."""

    def blob_size(self, name: str, digest: Digest) -> int | None:
        """Return how many bytes a blob has, None if the repository does not show it."""

    def holds(self, digest: Digest) -> bool:
        """Say whether any repository could be given this blob without an upload."""

    def link_blob(self, name: str, digest: Digest) -> None:
        """Show a blob that is held in a repository."""

    def unlink_blob(self, name: str, digest: Digest) -> None: ...
