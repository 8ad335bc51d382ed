from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_containers.content.store import BlobNotFound, DirectoryStore
from jupyter_containers.errors import InvalidParameter, NotFound, Unsupported
from jupyter_containers.images.walk import load
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.platform import Platform
from tests.support import tiny_image
from tests.support.tiny_image import AMD64, DOCKER, TinyImage

ARM64 = Platform("linux", "arm64", "v8")
LAYER = tiny_image.layer({"f": b"1"})


@pytest.fixture
def content(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def store(content: DirectoryStore, made: TinyImage) -> Descriptor:
    for child in made.children:
        store(content, child)
    for blob in (made.manifest, *made.blobs.values()):
        content.write(blob)
    return made.descriptor


@pytest.mark.parametrize("flavour", [tiny_image.OCI, DOCKER])
def test_an_index_leads_to_the_image_of_the_platform(content: DirectoryStore, flavour: tiny_image.Flavour) -> None:
    layer = tiny_image.layer({"f": b"1"}, flavour=flavour)
    arm = tiny_image.image(layer, flavour=flavour, platform=ARM64)
    amd = tiny_image.image(layer, flavour=flavour)
    descriptor = store(content, tiny_image.index(arm, amd, flavour=flavour))
    image = load(content, descriptor, AMD64)
    assert (image.descriptor.digest, image.config_digest) == (amd.digest, amd.image_id)
    assert image.chain == (str(layer.diff_id),)
    assert load(content, descriptor, ARM64).config_digest == arm.image_id
    with pytest.raises(NotFound, match="no matching manifest for linux/s390x"):
        load(content, descriptor, Platform("linux", "s390x"))


def test_a_nested_index_is_followed_but_not_for_ever(content: DirectoryStore) -> None:
    made = tiny_image.image(LAYER)
    nested = tiny_image.index(made)
    for _ in range(2):
        nested = wrapped(nested)
    assert load(content, store(content, nested), AMD64).config_digest == made.image_id
    for _ in range(4):
        nested = wrapped(nested)
    with pytest.raises(InvalidParameter, match="nested"):
        load(content, store(content, nested), AMD64)


def wrapped(inner: TinyImage) -> TinyImage:
    entry = {"mediaType": inner.media_type, "digest": str(inner.digest), "size": len(inner.manifest)}
    body = json.dumps({"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [entry]}).encode()
    return TinyImage(body, media_types.OCI_INDEX, children=(inner,))


def test_an_artifact_is_no_image(content: DirectoryStore) -> None:
    artifact = tiny_image.image(LAYER, flavour=tiny_image.Flavour(config="application/vnd.cncf.helm.config.v1+json"))
    with pytest.raises(Unsupported, match="is an artifact"):
        load(content, store(content, artifact))


def test_layers_and_diff_ids_must_be_as_many(content: DirectoryStore) -> None:
    with pytest.raises(InvalidParameter, match="1 layers, but its config names 0"):
        load(content, store(content, tiny_image.image(LAYER, diff_ids=[])))


def test_an_image_of_another_system_is_refused(content: DirectoryStore) -> None:
    with pytest.raises(Unsupported, match="windows"):
        load(content, store(content, tiny_image.image(LAYER, platform=Platform("windows", "amd64"))))


def test_what_is_no_layer_is_refused(content: DirectoryStore) -> None:
    odd = tiny_image.Flavour(layers={"gzip": "application/x-unknown"})
    with pytest.raises(Unsupported, match="application/x-unknown"):
        load(content, store(content, tiny_image.image(tiny_image.layer({}, flavour=odd), flavour=odd)))


def test_missing_blobs_are_named(content: DirectoryStore) -> None:
    made = tiny_image.image(LAYER)
    with pytest.raises(BlobNotFound, match=str(made.digest)):
        load(content, made.descriptor)
    content.write(made.manifest)
    with pytest.raises(BlobNotFound, match=str(made.image_id)):
        load(content, made.descriptor)


def test_an_image_without_layers_has_no_top(content: DirectoryStore) -> None:
    image = load(content, store(content, tiny_image.image()))
    assert (image.top, image.chain, image.is_host) == ("", (), False)
