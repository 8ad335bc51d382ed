"""From layers to snapshots: each layer that is not there yet is applied on top of the one below and committed.

A snapshot is named by its chain id, so images share what they have in common, and the second unpacking of anything is
a look at the records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images import host
from jupyter_containers.images.walk import Image
from jupyter_containers.layers.apply import Applied, apply
from jupyter_containers.layers.member import InvalidLayer, LayerNotApplied
from jupyter_containers.layers.whiteouts import OPAQUE_XATTR, USER_OPAQUE_XATTR, Whiteouts
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest, DigestMismatch
from jupyter_containers.oci.image_config import chain_ids
from jupyter_containers.oci.media_types import HOST_LAYER
from jupyter_containers.oci.snapshot_record import LABEL_DISPOSABLE, LABEL_HOST, LABEL_OPAQUE
from jupyter_containers.snapshots.snapshotter import OVERLAY_FORMAT, SnapshotExists, Snapshotter

EXTRACTING = "Extracting"
COMPLETE = "Pull complete"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one layer is, in Docker's words; `id` is its short digest, `current` and `total` bytes of the blob."""

    id: str
    status: str
    current: int = 0
    total: int = 0


Listener = Callable[[Progress], None]


def unpack(
    image: Image, content: ContentStore, snapshotter: Snapshotter, *, on_progress: Listener | None = None
) -> str:
    """Make the committed snapshots of an image, and return the name of the topmost; "" for an image without layers.

    What is there already is used. Calls for the same layer at the same time wait for one another. `on_progress` is
    called in this thread; what it raises stops the work. After a failure nothing of the layer at hand is left.

    Raises BlobNotFound, InvalidLayer, LayerNotApplied, and DigestMismatch when a layer is not the one that the config
    promised.
    """
    layers = list(zip(image.manifest.layers, image.config.diff_ids, strict=True))
    return unpack_stack(layers, content, snapshotter, owner=f"image {image.config_digest}", on_progress=on_progress)


def unpack_stack(
    layers: Sequence[tuple[Descriptor, Digest]],
    content: ContentStore,
    snapshotter: Snapshotter,
    *,
    owner: str = "the build cache",
    on_progress: Listener | None = None,
) -> str:
    """Make the committed snapshots of layers (with their diff ids, bottom first), as `unpack` does.

    `owner` is who has told of them, for messages.
    """
    names = [str(chain_id) for chain_id in chain_ids(diff_id for _, diff_id in layers)]
    _refuse_borrowed_host(layers, names, snapshotter, owner)
    if not names or snapshotter.exists(names[-1]):
        return names[-1] if names else ""
    parent: str | None = None
    for name, (layer, diff_id) in zip(names, layers, strict=True):
        with snapshotter.exclusive(name):
            if not snapshotter.exists(name):
                _unpack_layer(content, snapshotter, layer, _Place(name, parent, diff_id), on_progress)
        parent = name
    return names[-1]


def _refuse_borrowed_host(
    layers: Sequence[tuple[Descriptor, Digest]], names: Sequence[str], snapshotter: Snapshotter, owner: str
) -> None:
    """Who promises the host's own layer, with another to show for it, must not get the host's snapshot."""
    is_host = any(layer.media_type == HOST_LAYER for layer, _ in layers)
    if not names or is_host or not snapshotter.exists(names[0]):
        return
    if LABEL_HOST in snapshotter.stat(names[0]).labels:
        raise InvalidParameter(f"{owner} claims a layer that is the host's own root")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a layer belongs: the name of its snapshot, the one below, and the diff id it must have."""

    name: str
    parent: str | None
    diff_id: Digest


def _unpack_layer(
    content: ContentStore, snapshotter: Snapshotter, layer: Descriptor, place: _Place, on_progress: Listener | None
) -> None:
    if layer.media_type == HOST_LAYER:
        if place.parent is not None:
            raise InvalidParameter(f"layer {layer.digest} is the host's root, but does not lie at the bottom")
        host.make_snapshot(content.read(layer.digest), place.name, snapshotter)
        return
    key = f"unpack:{place.name}"
    if snapshotter.exists(key):
        snapshotter.remove(key)  # of an attempt that was cut off; nobody else is at it, see exclusive()
    snapshotter.prepare(key, place.parent, labels={LABEL_DISPOSABLE: "true"})
    try:
        applied = _apply(content, snapshotter, layer, key, on_progress)
        if applied.diff_id != place.diff_id:
            raise DigestMismatch(place.diff_id, applied.diff_id, f"unpacked layer {layer.digest}")
        labels = {LABEL_OPAQUE: "true"} if applied.opaque_root else None
        try:
            snapshotter.commit(place.name, key, labels=labels, size_bytes=applied.size_bytes)
        except SnapshotExists:
            # A step of a build has come to the same meanwhile.
            snapshotter.remove(key)
    except BaseException:
        snapshotter.remove(key)
        raise
    if on_progress is not None:
        on_progress(Progress(layer.digest.short, COMPLETE))


def _apply(
    content: ContentStore, snapshotter: Snapshotter, layer: Descriptor, key: str, on_progress: Listener | None
) -> Applied:
    target = snapshotter.upper(key)
    assert target is not None, "an active snapshot has a directory of its own"

    def tell(current: int) -> None:
        if on_progress is not None:
            on_progress(Progress(layer.digest.short, EXTRACTING, current, layer.size))

    return apply_layer(content, snapshotter, layer, target, lowers=snapshotter.lowers(key), tell=tell)


def apply_layer(
    content: ContentStore,
    snapshotter: Snapshotter,
    layer: Descriptor,
    target: Path,
    *,
    lowers: tuple[Path, ...],
    tell: Callable[[int], None] = lambda _current: None,
) -> Applied:
    """Unpack a layer into a directory, in the snapshotter's form; `lowers` are those under it, the nearest first.

    Raises BlobNotFound, InvalidLayer, LayerNotApplied.
    """
    # With nothing below there is nothing to hide, and alone the layer is shown as it lies, whiteouts and all.
    is_stacked = snapshotter.layer_format == OVERLAY_FORMAT and bool(lowers)
    try:
        with content.open(layer.digest) as blob:
            return apply(
                blob,
                target,
                whiteouts=Whiteouts.OVERLAY if is_stacked else Whiteouts.DELETE,
                lowers=lowers,
                opaque_xattr=USER_OPAQUE_XATTR if snapshotter.user_xattr else OPAQUE_XATTR,
                on_progress=tell,
            )
    except (InvalidLayer, LayerNotApplied) as error:
        raise type(error)(f"layer {layer.digest}: {error.message}", **error.details) from error
