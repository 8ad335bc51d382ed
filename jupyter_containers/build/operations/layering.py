"""From an active snapshot to a layer: what every operation that changes files has in common. Synchronous."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from jupyter_containers.build.blocking import check, in_thread
from jupyter_containers.build.filesystem import EMPTY_DIFF_IDS, Filesystem, Layer
from jupyter_containers.content.store import ContentStore
from jupyter_containers.images.assemble import export_snapshot
from jupyter_containers.images.unpack import unpack_stack
from jupyter_containers.oci.snapshot_record import LABEL_DISPOSABLE, LABEL_VOLATILE
from jupyter_containers.snapshots.snapshotter import SnapshotExists, Snapshotter


@dataclass(frozen=True, slots=True)
class Stores:
    content: ContentStore
    snapshotter: Snapshotter

    def prepare(self, key: str, parent: Filesystem) -> None:
        """Make an active snapshot on the parent's; whoever calls removes it."""
        self.snapshotter.prepare(key, parent.chain or None, labels={LABEL_DISPOSABLE: "true", LABEL_VOLATILE: "true"})

    def seal(self, key: str, parent: Filesystem) -> Layer | None:
        """Make a layer of what the snapshot has on its parent, and a committed snapshot of it; None if it is nothing.

        The active snapshot is gone afterwards.
        """
        descriptor, diff_id = export_snapshot(self.content, self.snapshotter, key)
        if diff_id in EMPTY_DIFF_IDS:
            self.snapshotter.remove(key)
            return None
        layer = Layer(descriptor, diff_id)
        name = parent.with_layer(layer).chain
        try:
            self.snapshotter.commit(name, key)
        except SnapshotExists:
            # Other work had exactly this result before: it stands for both.
            self.snapshotter.remove(key)
        return layer

    def change(self, key: str, parent: Filesystem, work: Callable[[], None]) -> Layer | None:
        """Prepare, let `work` change the files, and seal. When the work fails nothing is left."""
        try:
            self.prepare(key, parent)
            work()
            return self.seal(key, parent)
        except BaseException:
            self.discard(key)
            raise

    def lay(self, filesystem: Filesystem, stop: Stop) -> None:
        """Have the snapshots of a filesystem whose layers are all in the content store.

        Raises what images.unpack raises, and Cancelled: no layer is half unpacked then.
        """
        pairs = [(layer.descriptor, layer.diff_id) for layer in filesystem.layers]
        unpack_stack(pairs, self.content, self.snapshotter, on_progress=lambda _: check(stop))

    def discard(self, key: str) -> None:
        """Remove an active snapshot if it is there."""
        if self.snapshotter.exists(key):
            self.snapshotter.remove(key)

    async def discard_after(self, key: str, error: BaseException) -> None:
        """Remove an active snapshot after a failure, which stays the one that is reported."""
        try:
            await in_thread(lambda _: self.discard(key))
        except OSError as second:
            error.add_note(f"and the snapshot {key} could not be removed: {second}")


Stop = threading.Event
