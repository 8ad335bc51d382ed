"""Tests of registry.server.documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import documents
from jupyter_containers.registry.server.refusals import Refusal
from tests.support import tiny_image

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))
MANIFEST = json.loads(IMAGE.manifest)


def read(content_type: str = media_types.OCI_MANIFEST, **changes: Any) -> documents.Document:
    data = {key: value for key, value in (MANIFEST | changes).items() if value is not None}
    return documents.read(json.dumps(data).encode(), content_type)


def test_an_image_names_its_config_and_layers() -> None:
    document = read()
    assert {blob.digest for blob in document.blobs} == set(IMAGE.blobs)
    assert document.children == ()


def test_an_index_names_its_children() -> None:
    index = tiny_image.index(IMAGE)
    document = documents.read(index.manifest, index.media_type)
    assert [child.digest for child in document.children] == [IMAGE.digest]
    assert document.blobs == ()


def test_the_kind_of_an_artifact_is_its_own_or_its_config_s() -> None:
    assert read().artifact_type == media_types.OCI_CONFIG
    assert read(artifactType="a/b").artifact_type == "a/b"
    assert read(subject=IMAGE.descriptor.to_json()).subject == IMAGE.digest


@pytest.mark.parametrize("content_type", ["", "application/json", f"{media_types.OCI_MANIFEST}; charset=utf-8"])
def test_the_type_may_stand_inside(content_type: str) -> None:
    assert read(content_type, mediaType=media_types.OCI_MANIFEST).media_type == media_types.OCI_MANIFEST


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"schemaVersion": 1}, "schemaVersion must be 2"),
        ({"mediaType": media_types.OCI_INDEX}, "says that it is"),
        ({"manifests": []}, "ambiguous"),
        ({"layers": None}, "layers must be a list"),
        ({"config": None}, "descriptor must be a JSON object"),
        ({"layers": [{"mediaType": "a", "digest": "sha256:1", "size": 1}]}, "not a sha256"),
        ({"subject": {}}, "without a mediaType"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Refusal, match=why) as refused:
        read(**changes)
    assert (refused.value.answer_status, refused.value.code) == (400, "MANIFEST_INVALID")


@pytest.mark.parametrize("content_type", [*media_types.SCHEMA_1, "text/plain"])
def test_types_that_are_not_supported(content_type: str) -> None:
    with pytest.raises(Refusal, match="not supported"):
        read(content_type, mediaType=None)


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["config", "layers", "subject", "mediaType", "schemaVersion"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_rubbish_is_refused(content: bytes) -> None:
    with pytest.raises(Refusal):
        documents.read(content, media_types.OCI_MANIFEST)


def test_deep_rubbish_is_refused() -> None:
    with pytest.raises(Refusal):
        documents.read(b"[" * 500_000, media_types.OCI_MANIFEST)


def test_layers_that_are_elsewhere() -> None:
    digest = Digest.of(b"")
    assert documents.is_elsewhere(Descriptor(media_types.DOCKER_LAYER_FOREIGN, digest, 0))
    assert documents.is_elsewhere(Descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar", digest, 0))
    assert not documents.is_elsewhere(Descriptor(media_types.OCI_LAYER, digest, 0))


def test_all_digests_are_found_wherever_they_are() -> None:
    one, two = Digest.of(b"1"), Digest.of(b"2")
    data = {"digest": str(one), "x": [{"y": {"digest": str(two)}}, {"digest": 5}, "digest"]}
    assert set(documents.digests_in(data)) == {one, two}
