"""The two protocols of this room, and its errors: what a snapshotter promises, and what it wants remembered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from jupyter_containers.errors import Conflict, NotFound
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.oci.snapshot_record import SnapshotRecord

# How a layer lies in the directory that upper() names; see Snapshotter.layer_format.
OVERLAY_FORMAT = "overlay"
PLAIN_FORMAT = "plain"


class SnapshotNotFound(NotFound):
    def __init__(self, key: str) -> None:
        super().__init__(f"no snapshot {key}")
        self.key = key


class SnapshotExists(Conflict):
    def __init__(self, key: str) -> None:
        super().__init__(f"snapshot {key} exists already")
        self.key = key


class SnapshotInUse(Conflict):
    def __init__(self, key: str, children: Iterable[str]) -> None:
        names = ", ".join(sorted(children))
        super().__init__(f"snapshot {key} is the parent of {names}; remove those first")
        self.key = key


class WrongSnapshotKind(Conflict):
    def __init__(self, record: SnapshotRecord, wanted: str) -> None:
        super().__init__(f"snapshot {record.key} is {record.kind}, not {wanted}")
        self.key = record.key


class SnapshotRecords(Protocol):
    """Where records are kept (metadata implements it). Usable from any thread; each call is one transaction.

    While commit() is at work two records share one number for a moment: `number` must not be declared unique.
    """

    def add(self, record: SnapshotRecord) -> None:
        """Remember a new record. Raises Conflict when its key is taken."""

    def get(self, key: str) -> SnapshotRecord | None: ...

    def update(self, record: SnapshotRecord) -> None:
        """Replace the record of the same key. Raises NotFound."""

    def remove(self, key: str) -> None:
        """Forget a record; nothing when it is not there."""

    def children(self, key: str) -> list[str]:
        """Return the keys of the records whose parent is `key`."""

    def all(self) -> list[SnapshotRecord]: ...


class Snapshotter(Protocol):
    """File systems that grow on one another. Synchronous; usable from any thread.

    A snapshot is *active* (writable, no children), *committed* (frozen, may be a parent, its name is the chain id of
    the layers under it) or a *view* (read-only, throw-away). A worked example, two layers and a container:

        prepare("unpack:1")                      # empty, active
        apply(layer_1, upper("unpack:1"))
        commit("sha256:aaa", "unpack:1")         # now "sha256:aaa"; "unpack:1" is gone
        prepare("unpack:2", "sha256:aaa"); apply(layer_2, upper("unpack:2")); commit("sha256:bbb", "unpack:2")
        prepare("container:web", "sha256:bbb")   # its mounts go into the runtime spec as Spec.rootfs
        remove("container:web")

    Whoever prepares under a key of his own cleans it up with remove(); recover() at the start of the daemon removes
    directories without a record and records without a directory.
    """

    @property
    def layer_format(self) -> str:
        """OVERLAY_FORMAT: upper() holds the changes, whiteouts as overlayfs knows them. PLAIN_FORMAT: all files."""

    @property
    def user_xattr(self) -> bool:
        """True when whiteout marks in upper() are user.overlay.* attributes, not trusted.overlay.* ones."""

    def prepare(
        self, key: str, parent: str | None = None, *, labels: Mapping[str, str] | None = None
    ) -> tuple[Mount, ...]:
        """Make a writable snapshot on top of a committed one. Raises SnapshotExists, SnapshotNotFound.

        `labels`: see oci.snapshot_record; LABEL_VOLATILE for what need not survive a power cut, LABEL_DISPOSABLE for
        what need not survive the daemon.
        """

    def view(self, key: str, parent: str | None = None) -> tuple[Mount, ...]:
        """Make a read-only snapshot of a committed one. Raises SnapshotExists, SnapshotNotFound."""

    def mounts(self, key: str) -> tuple[Mount, ...]:
        """Return what makes the root of an active snapshot or a view, bottom first (for Spec.rootfs).

        Ask before each start: a volatile snapshot is made mountable again by this call.
        """

    def commit(
        self, name: str, key: str, *, labels: Mapping[str, str] | None = None, size_bytes: int | None = None
    ) -> SnapshotRecord:
        """Freeze the active snapshot `key` under `name`; it must not be mounted writable any more.

        `size_bytes` saves counting when the caller knows it. Raises SnapshotExists when `name` is taken; `key` is then
        still there.
        """

    def exclusive(self, name: str) -> AbstractContextManager[None]:
        """Let one thread at a time make what is to become `name`; the others wait, and then find it made."""

    def remove(self, key: str) -> None:
        """Remove a snapshot and its files (never those of an adopted one). Raises SnapshotNotFound, SnapshotInUse."""

    def stat(self, key: str) -> SnapshotRecord:
        """Raises SnapshotNotFound."""

    def exists(self, key: str) -> bool: ...

    def walk(self) -> Iterator[SnapshotRecord]: ...

    def usage(self, key: str) -> int:
        """Return the bytes in the files of this snapshot alone, without its parents; 0 for an adopted one."""

    def upper(self, key: str) -> Path | None:
        """Return the directory where the snapshot's own files are; None for a view. Adopted: the directory itself."""

    def lowers(self, key: str) -> tuple[Path, ...]:
        """Return the directories under this snapshot, the nearest first; () without a parent and in PLAIN_FORMAT."""

    def mounted(self, key: str, *, read_only: bool = False) -> AbstractContextManager[Path]:
        """Mount an active snapshot, a view or (read-only) a committed one for the time of a `with` block.

        The mount is made in the caller's mount namespace, which should be private to the daemon.
        """

    def adopt(self, name: str, path: Path) -> SnapshotRecord:
        """Make an existing directory a committed snapshot without copying; the same again is accepted.

        Raises SnapshotExists when `name` is something else.
        """

    def recover(self) -> None:
        """Bring records and directories together after a crash, and remove what was disposable.

        Call once, before anything is mounted.
        """
