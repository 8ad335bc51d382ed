from __future__ import annotations

import pytest

from jupyter_containers.oci import media_types


@pytest.mark.parametrize(
    "media_type",
    [
        media_types.OCI_LAYER,
        media_types.OCI_LAYER_GZIP,
        media_types.OCI_LAYER_ZSTD,
        media_types.DOCKER_LAYER,
        media_types.DOCKER_LAYER_GZIP,
        media_types.DOCKER_LAYER_FOREIGN,
        media_types.HOST_LAYER,
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ],
)
def test_layers_are_known_as_layers(media_type: str) -> None:
    assert media_types.is_layer(media_type)


@pytest.mark.parametrize("media_type", ["", "text/plain", media_types.OCI_CONFIG, media_types.OCI_EMPTY])
def test_other_blobs_are_no_layers(media_type: str) -> None:
    assert not media_types.is_layer(media_type)


def test_what_is_accepted_is_manifests_and_indexes() -> None:
    assert set(media_types.ACCEPTED) == media_types.MANIFESTS | media_types.INDEXES
    assert not media_types.SCHEMA_1 & set(media_types.ACCEPTED)
