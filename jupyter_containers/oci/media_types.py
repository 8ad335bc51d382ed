"""OCI media types and their Docker twins. Source: OCI image-spec, media-types.md."""

from __future__ import annotations

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_LAYER_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
DOCKER_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"
DOCKER_SCHEMA_1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

# Ours: the one layer that has no bytes, because it is this machine's own root directory.
HOST_LAYER = "application/vnd.jupyter-containers.host-root.v1"

MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEXES = frozenset({OCI_INDEX, DOCKER_INDEX})
CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})
SCHEMA_1 = frozenset({DOCKER_SCHEMA_1, DOCKER_SCHEMA_1_SIGNED})
ACCEPTED = (OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST)


# Layers that registries do not hand out: their descriptors say where else they are.
_FOREIGN = (DOCKER_LAYER_FOREIGN, "application/vnd.oci.image.layer.nondistributable.")


def is_foreign(media_type: str) -> bool:
    """Say whether a layer of this media type is usually not at a registry, but at the descriptor's `urls`."""
    return media_type.startswith(_FOREIGN)


def is_layer(media_type: str) -> bool:
    """Say whether a descriptor of this media type is a filesystem layer of an image."""
    return media_type.startswith(("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")) or (
        media_type == HOST_LAYER
    )
