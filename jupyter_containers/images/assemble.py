"""Make images: a snapshot's changes become a layer, layers and a config become a manifest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images.walk import Image
from jupyter_containers.layers.diff import Diff, diff, diff_trees
from jupyter_containers.layers.whiteouts import OPAQUE_XATTR, USER_OPAQUE_XATTR
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import ImageConfig
from jupyter_containers.oci.manifest import Manifest
from jupyter_containers.snapshots.snapshotter import OVERLAY_FORMAT, Snapshotter

NO_ANNOTATIONS: Mapping[str, str] = MappingProxyType({})


def assemble(content: ContentStore, config: ImageConfig, layers: Sequence[Descriptor]) -> Image:
    """Write config and manifest of an image with these layers, bottom first, and return it.

    The config names one diff id for each layer; InvalidParameter otherwise. The layers' blobs are there already.
    """
    return assemble_around(content, config, content.write(config.to_bytes()), layers)


def assemble_around(
    content: ContentStore,
    config: ImageConfig,
    config_digest: Digest,
    layers: Sequence[Descriptor],
    *,
    annotations: Mapping[str, str] = NO_ANNOTATIONS,
) -> Image:
    """Write a manifest for a config that is in the store: its bytes are the image's id, and stay as they came."""
    if len(layers) != len(config.diff_ids):
        raise InvalidParameter(f"an image of {len(layers)} layers cannot have {len(config.diff_ids)} diff ids")
    manifest = Manifest(
        media_type=media_types.OCI_MANIFEST,
        config=Descriptor(media_types.OCI_CONFIG, config_digest, content.size(config_digest)),
        layers=tuple(layers),
        annotations=annotations,
    )
    manifest_bytes = manifest.to_bytes()
    digest = content.write(manifest_bytes)
    descriptor = Descriptor(media_types.OCI_MANIFEST, digest, len(manifest_bytes), platform=config.platform)
    return Image(descriptor, manifest, config, config_digest)


def export_snapshot(
    content: ContentStore, snapshotter: Snapshotter, key: str, *, omit: Collection[bytes] = ()
) -> tuple[Descriptor, Digest]:
    """Write what a snapshot adds to its parent as an uncompressed layer; returns its descriptor and diff id.

    `omit` are paths (without a slash in front) of an overlay snapshot that are left out, see layers.diff.
    Best for a snapshot that nobody writes to at the moment. The blob is not flushed to disk: it can be made again.
    """
    with content.ingest(f"export:{key}") as ingest:
        ingest.restart()  # the start of an export that was cut off is of no use: the snapshot may have changed
        written = _write(snapshotter, key, ingest.write, omit)
        ingest.commit(written.stream_bytes, written.diff_id, sync=False)
    return Descriptor(media_types.OCI_LAYER, written.diff_id, written.stream_bytes), written.diff_id


def _write(snapshotter: Snapshotter, key: str, write: Callable[[bytes], object], omit: Collection[bytes]) -> Diff:
    record = snapshotter.stat(key)
    directory = snapshotter.upper(key)
    if directory is None or record.adopted_path is not None:
        raise InvalidParameter(f"snapshot {key} has no files of its own that could become a layer")
    if snapshotter.layer_format == OVERLAY_FORMAT:
        xattr = USER_OPAQUE_XATTR if snapshotter.user_xattr else OPAQUE_XATTR
        return diff(directory, write, opaque_xattr=xattr, omit=omit)
    parent = snapshotter.upper(record.parent) if record.parent is not None else None
    return diff_trees(directory, parent, write)
