"""Snapshots on overlayfs: a snapshot's directory has only what it changes, the kernel shows the stack as one tree.

Three kernel facts shape this file (kernel documentation, "Overlay Filesystem"):

- A lower directory may not lie inside another one (ELOOP). The host's "/" contains our layers, so it comes in through
  an overlay of its own, mounted read-only first ("the step"). Where "/" is an overlay already, there is no room for
  the step (two may be stacked, not three), and our folder must be on another file system, as it must for `upperdir`.
- An opaque mark on the root of a layer is not honoured: such a layer ends the chain (LABEL_OPAQUE).
- Unmounting syncs the *whole* file system under `upperdir` unless "volatile" is given: 300 ms beside a busy writer.
  What will be thrown away or made again (build steps, `--rm` containers) should carry LABEL_VOLATILE.
"""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.linux import mountinfo
from jupyter_containers.linux.trees import remove_path
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.oci.snapshot_record import ACTIVE, LABEL_OPAQUE, LABEL_VOLATILE, VIEW, SnapshotRecord
from jupyter_containers.snapshots.directories import DirectorySnapshotter
from jupyter_containers.snapshots.snapshotter import OVERLAY_FORMAT, SnapshotRecords

# Against defaults that a distribution may have switched on: what a container writes must not lean on file handles of
# its lower layers (index), nor leave file contents there (metacopy).
_OPTIONS = ("index=off", "metacopy=off")


class OverlaySnapshotter(DirectorySnapshotter):
    """`<root>/<number>/{fs,work}`, and `host{,-upper,-work}` for what stands on an adopted directory.

    `user_xattr` uses user.overlay.* attributes, which an unprivileged user namespace may write (Linux 5.11).
    """

    layer_format = OVERLAY_FORMAT

    def __init__(self, root: Path, records: SnapshotRecords, *, user_xattr: bool = False, boot: str = "") -> None:
        super().__init__(root, records, boot=boot)
        self.user_xattr = user_xattr
        # Committed snapshots do not change, so what lies under one is worked out once.
        self._stacks: dict[str, tuple[Path, ...]] = {}
        self._on_overlay: dict[Path, bool] = {}

    def lowers(self, key: str) -> tuple[Path, ...]:
        return self._lowers_of(self.stat(key))

    def _lowers_of(self, record: SnapshotRecord) -> tuple[Path, ...]:
        if record.labels.get(LABEL_OPAQUE) or record.parent is None:
            return ()
        return self._stack(record.parent)

    def _stack(self, name: str) -> tuple[Path, ...]:
        """Return the directories of a committed snapshot and all under it, the topmost first."""
        known = self._stacks.get(name)
        if known is None:
            record = self.stat(name)
            known = self._stacks[name] = (self._files(record), *self._lowers_of(record))
        return known

    def _mounts_of(self, record: SnapshotRecord) -> tuple[Mount, ...]:
        lowers = self._lowers_of(record)
        if record.kind == ACTIVE and not lowers:
            return (Mount("/", "bind", str(self._files(record)), ("bind", "rw")),)
        if record.kind == VIEW and len(lowers) <= 1:
            only = lowers[0] if lowers else self._files(record)
            return (Mount("/", "bind", str(only), ("bind", "ro")),)
        adopted = lowers[-1] if not lowers[-1].is_relative_to(self._root) else None
        options = [*_OPTIONS, *(["userxattr"] if self.user_xattr else [])]
        # The masks of the host image keep some directories visible by redirects; nobody else may have any.
        follows = adopted is not None and not self.user_xattr
        options.append("redirect_dir=follow" if follows else "redirect_dir=nofollow")
        if adopted is None or self._is_on_overlay(adopted):
            return (self._overlay(record, lowers, options),)
        step = self._step(record, adopted)
        return step, self._overlay(record, (*lowers[:-1], Path(step.destination)), options)

    def _overlay(self, record: SnapshotRecord, lowers: tuple[Path, ...], options: list[str]) -> Mount:
        options.append("lowerdir=" + ":".join(str(lower) for lower in lowers))
        if record.kind == VIEW:
            return Mount("/", "overlay", "overlay", ("ro", *options))
        directory = self._directory(record)
        if record.labels.get(LABEL_VOLATILE):
            # The mark of an earlier mount makes the kernel refuse the next one, lest data lost in a crash goes
            # unnoticed. This label says that nobody would mind.
            remove_path(directory / "work" / "work" / "incompat")
            options.append("volatile")
        options += [f"upperdir={directory / 'fs'}", f"workdir={directory / 'work'}"]
        return Mount("/", "overlay", "overlay", tuple(options))

    def _step(self, record: SnapshotRecord, adopted: Path) -> Mount:
        """Return the mount that brings in an adopted directory which contains our own."""
        step = self._directory(record) / "host"
        for name in ("host", "host-upper", "host-work"):
            (self._directory(record) / name).mkdir(exist_ok=True)
        # Two lower directories are the least without an upper, and the other one would lie inside "/" again: so an
        # empty upper, which a read-only mount never writes. Volatile, because there is nothing to sync.
        remove_path(f"{step}-work/work/incompat")
        layers = ("volatile", f"lowerdir={adopted}", f"upperdir={step}-upper", f"workdir={step}-work")
        return Mount(str(step), "overlay", "overlay", ("ro", *_OPTIONS, *layers))

    def _is_on_overlay(self, path: Path) -> bool:
        known = self._on_overlay.get(path)
        if known is None:
            known = self._on_overlay[path] = _file_system_type(path) == "overlay"
        return known

    def _fill(self, record: SnapshotRecord) -> None:
        if record.adopted_path is None:
            self._make_files_directory(record)
        if record.kind == ACTIVE and record.parent is not None:
            (self._directory(record) / "work").mkdir(mode=0o700)

    def _freeze(self, record: SnapshotRecord) -> None:
        for name in ("work", "host", "host-upper", "host-work"):
            remove_path(self._directory(record) / name)

    def _forget(self, record: SnapshotRecord) -> None:
        self._stacks.pop(record.key, None)


def _file_system_type(path: Path) -> str:
    """Return the type of the file system at `path` by the mount table: the last of the longest mount points."""
    kind, longest = "", -1
    for entry in mountinfo.read():
        length = len(str(entry.mount_point))
        if length >= longest and path.is_relative_to(entry.mount_point):
            kind, longest = entry.fs_type, length
    return kind
