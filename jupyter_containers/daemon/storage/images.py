"""Images: manifest, config, layers and snapshots of each must be here; names must point at images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from jupyter_containers.daemon.storage.finding import Finding
from jupyter_containers.daemon.storage.store import Store
from jupyter_containers.errors import ContainersError
from jupyter_containers.images.unpack import unpack
from jupyter_containers.images.walk import Image, load, load_index
from jupyter_containers.metadata.images import ImageName, ImageRecord
from jupyter_containers.oci import media_types


def check(store: Store) -> Iterator[Finding]:
    """Yield names that point nowhere, images that cannot be read, and layers that are missing."""
    known = {record.id for record in store.image_records.all()}
    for name in store.image_names.all():
        if name.image_id not in known:
            yield Finding(
                "image name", name.name, f"points at {name.image_id}, which is not here", "forget the name",
                partial(store.image_names.remove, name.name), in_rows=True,
            )  # fmt: skip
        elif name.target.media_type in media_types.INDEXES:
            yield from _check_index(store, name)
    for record in store.image_records.all():
        try:
            image = load(store.content, record.target)
        except ContainersError as error:
            yield Finding(
                "image", _called(store, record), f"cannot be used: {error.message}",
                "forget it; pull or build it again", partial(_forget, store, record), in_rows=True,
            )  # fmt: skip
            continue
        yield from _check_layers(store, record, image)


def _check_index(store: Store, name: ImageName) -> Iterator[Finding]:
    """Yield what a name lacks of the images for other platforms that it means."""
    record = store.image_records.get(name.image_id)
    try:
        missing = load_index(store.content, name.target).missing
        problem = f"{missing[0].platform or missing[0].digest} is missing in its index" if missing else ""
    except ContainersError as error:
        problem = f"its index cannot be used: {error.message}"
    if problem and record is not None:
        yield Finding(
            "image name", name.name, problem, "let it mean the image for this machine; load or build it again",
            partial(store.image_names.set, name.name, record.target, name.image_id), in_rows=True,
        )  # fmt: skip


def _check_layers(store: Store, record: ImageRecord, image: Image) -> Iterator[Finding]:
    name, snapshots = _called(store, record), store.snapshots
    absent = [layer.digest for layer in image.manifest.layers if not store.has_blob(layer.digest)]
    lacking = [chain for chain in image.chain if not snapshots.exists(chain)]
    # Where a snapshot is missing, its layer must be here to be unpacked.
    lost = {layer.digest for layer, chain in zip(image.manifest.layers, image.chain, strict=True) if chain in lacking}
    if lost & set(absent):
        yield Finding(
            "image", name, f"layer {next(iter(lost & set(absent)))} is missing, unpacked as well as packed",
            "forget it; pull or build it again", partial(_forget, store, record), in_rows=True,
        )  # fmt: skip
        return
    if lacking:
        store.promised.update(lacking)
        yield Finding(
            "image", name, f"{len(lacking)} of {len(image.chain)} layers are not unpacked", "unpack them again",
            lambda: _unpack(store, image),
        )  # fmt: skip
    for digest in absent:
        yield Finding(
            "image", name, f"layer {digest} is missing: it runs, but can be neither pushed nor saved",
            "pull or build it again",
        )  # fmt: skip


def check_sizes(store: Store) -> Iterator[Finding]:
    """Yield images whose noted size is not that of their layers."""
    snapshots = store.snapshots
    for record in store.image_records.all():
        try:
            image = load(store.content, record.target)
            size = sum(snapshots.stat(chain).size_bytes or 0 for chain in image.chain)
        except ContainersError:
            continue  # told by check()
        if record.size != size:
            yield Finding(
                "image", _called(store, record), f"its layers have {size} bytes, noted are {record.size}",
                f"note {size}", partial(store.image_records.add, replace(record, size=size)), in_rows=True,
            )  # fmt: skip


def _called(store: Store, record: ImageRecord) -> str:
    names = ", ".join(name.name for name in store.image_names.names_of(record.id))
    return f"{record.id.short} ({names})" if names else record.id.short


def _forget(store: Store, record: ImageRecord) -> None:
    with store.database.transaction():
        for name in store.image_names.names_of(record.id):
            store.image_names.remove(name.name)
        store.image_records.remove(record.id)


def _unpack(store: Store, image: Image) -> None:
    snapshots, wanted = store.snapshots, image.chain
    # Below a layer that is whole one may be missing: unpack() would see the topmost, and be content.
    for count in range(1, len(wanted) + 1):
        if not snapshots.exists(wanted[count - 1]):
            unpack(_bottom(image, count), store.content, snapshots)


def _bottom(image: Image, count: int) -> Image:
    """Return an image of the lowest `count` layers."""
    manifest = replace(image.manifest, layers=image.manifest.layers[:count])
    return replace(image, manifest=manifest, config=replace(image.config, diff_ids=image.config.diff_ids[:count]))
