from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.oci import media_types
from jupyter_containers.oci.manifest import MAX_MANIFEST_BYTES, Index, Manifest, parse_manifest
from jupyter_containers.oci.platform import Platform
from tests.support import tiny_image

LAYER = tiny_image.layer({"a": b"1"})


def written(**fields: Any) -> bytes:
    return json.dumps({"schemaVersion": 2} | fields).encode()


CONFIG = {"mediaType": media_types.OCI_CONFIG, "digest": f"sha256:{'a' * 64}", "size": 2}


@pytest.mark.parametrize("flavour", [tiny_image.OCI, tiny_image.DOCKER], ids=["oci", "docker"])
def test_an_image_is_read_and_written_byte_for_byte(flavour: tiny_image.Flavour) -> None:
    image = tiny_image.image(tiny_image.layer({"a": b"1"}, flavour=flavour), flavour=flavour)
    manifest = parse_manifest(image.manifest, flavour.manifest)
    assert isinstance(manifest, Manifest)
    assert manifest.media_type == flavour.manifest
    assert manifest.config.digest == image.image_id
    assert [layer.digest for layer in manifest.layers] == [image.layers[0].descriptor.digest]
    assert manifest.to_bytes() == image.manifest


@pytest.mark.parametrize("flavour", [tiny_image.OCI, tiny_image.DOCKER], ids=["oci", "docker"])
def test_an_index_is_read_and_written_byte_for_byte(flavour: tiny_image.Flavour) -> None:
    index = tiny_image.index(tiny_image.image(), tiny_image.image(platform=Platform("linux", "s390x")), flavour=flavour)
    read = parse_manifest(index.manifest, f"{flavour.index}; charset=utf-8")
    assert isinstance(read, Index)
    assert [str(entry.platform) for entry in read.manifests] == ["linux/amd64", "linux/s390x"]
    assert read.to_bytes() == index.manifest


def test_oci_documents_need_not_name_their_own_type() -> None:
    assert isinstance(parse_manifest(written(config=CONFIG, layers=[])), Manifest)
    assert isinstance(parse_manifest(written(manifests=[])), Index)
    assert parse_manifest(written(manifests=[]), media_types.DOCKER_INDEX).media_type == media_types.DOCKER_INDEX


def test_a_document_that_is_both_is_refused() -> None:
    """CVE-2021-41190: two readers must not see two images behind one digest."""
    with pytest.raises(InvalidParameter, match="both layers and manifests"):
        parse_manifest(written(config=CONFIG, layers=[], manifests=[]))


def test_a_type_that_contradicts_the_transport_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="but came as"):
        parse_manifest(written(mediaType=media_types.OCI_MANIFEST, config=CONFIG, layers=[]), media_types.OCI_INDEX)


def test_content_that_contradicts_its_own_type_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="unsupported manifest"):
        parse_manifest(written(mediaType=media_types.OCI_INDEX, config=CONFIG, layers=[]))
    with pytest.raises(InvalidParameter, match="unsupported manifest"):
        parse_manifest(written(mediaType=media_types.OCI_MANIFEST, manifests=[]))


@pytest.mark.parametrize("media_type", [*sorted(media_types.SCHEMA_1), None])
def test_schema_1_is_refused_and_says_what_to_do(media_type: str | None) -> None:
    with pytest.raises(InvalidParameter, match="schema 1 is not supported; push the image again"):
        parse_manifest(json.dumps({"schemaVersion": 1, "fsLayers": []}).encode(), media_type)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"{}", "unsupported manifest"),
        (written(config=CONFIG, layers=None), "layers must be a list"),
        (written(config=CONFIG), "layers must be a list"),
        (written(layers=[]), "descriptor must be a JSON object"),
        (written(manifests={}), "manifests must be a list"),
        (written(config=CONFIG, layers=["x"]), "descriptor must be a JSON object"),
        (b" " * (MAX_MANIFEST_BYTES + 1), "over the limit"),
    ],
    ids=range(12),
)
def test_what_cannot_be_read_is_refused_with_a_reason(content: bytes, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        parse_manifest(content)


@settings(deadline=None)
@given(st.binary() | st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(
    st.sampled_from(["layers", "config", "manifests", "mediaType", "schemaVersion", "size", "digest"]), inner,
) | st.lists(inner)).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_bytes_raise_anything_but_a_refusal(content: bytes) -> None:
    try:
        parse_manifest(content)
    except InvalidParameter:
        pass


def offer(*platforms: str) -> Index:
    images = [tiny_image.image(LAYER, platform=Platform(*text.split("/"))) for text in platforms]
    index = parse_manifest(tiny_image.index(*images).manifest)
    assert isinstance(index, Index)
    return index


def test_the_best_variant_that_the_machine_can_run_is_chosen() -> None:
    index = offer("linux/arm/v6", "linux/arm/v7", "linux/arm/v8")
    assert index.choose(Platform("linux", "arm", "v7")) == index.manifests[1]


def test_the_first_of_equals_is_chosen() -> None:
    index = offer("windows/amd64", "linux/amd64", "linux/amd64")
    assert index.choose(Platform("linux", "amd64")) == index.manifests[1]


def test_attestations_and_entries_without_platform_are_never_chosen() -> None:
    bare = written(manifests=[{"mediaType": media_types.OCI_MANIFEST, "digest": f"sha256:{'a' * 64}", "size": 1}])
    for index in (offer("unknown/unknown"), parse_manifest(bare)):
        assert isinstance(index, Index)
        with pytest.raises(NotFound, match="no matching manifest for linux/amd64 in the manifest list entries"):
            index.choose(Platform("linux", "amd64"))


def test_a_refusal_names_what_is_offered() -> None:
    with pytest.raises(NotFound, match=r"offered: linux/s390x, linux/arm/v7"):
        offer("linux/s390x", "linux/arm/v7").choose(Platform("linux", "amd64"))
