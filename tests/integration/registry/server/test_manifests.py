"""Manifests of our registry on the wire: exact bytes, tags, and what is not taken."""

from __future__ import annotations

from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from tests.support import tiny_image
from tests.support.own_registry import OwnRegistry

IMAGE = tiny_image.image(tiny_image.layer({"etc": None, "etc/a": b"1" * 5000}), tiny_image.layer({"b": b"2"}))
MISSING = Digest.of(b"missing")


def test_a_manifest_keeps_its_bytes_and_its_type(registry: OwnRegistry) -> None:
    registry.push_image("team/app", "1", IMAGE)
    for reference in ("1", str(IMAGE.digest)):
        for headers in ({}, {"Accept": "*/*"}, {"Accept": media_types.DOCKER_MANIFEST}):
            answer = registry.request("GET", f"/v2/team/app/manifests/{reference}", headers=headers)
            assert (answer.status, answer.content) == (200, IMAGE.manifest)
            assert answer.headers["Content-Type"] == IMAGE.media_type
            assert answer.headers["Docker-Content-Digest"] == str(IMAGE.digest)
    head = registry.request("HEAD", "/v2/team/app/manifests/1")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(IMAGE.manifest)))


def test_a_manifest_takes_its_tags_along_and_a_tag_only_itself(registry: OwnRegistry) -> None:
    registry.push_image("team/app", "1", IMAGE)
    for tag in ("2", "3"):
        registry.push_manifest("team/app", tag, IMAGE.manifest, IMAGE.media_type)
    assert registry.request("DELETE", "/v2/team/app/manifests/2").status == 202
    assert registry.request("GET", "/v2/team/app/tags/list").json == {"name": "team/app", "tags": ["1", "3"]}
    assert registry.request("GET", f"/v2/team/app/manifests/{IMAGE.digest}").status == 200
    assert registry.request("DELETE", f"/v2/team/app/manifests/{IMAGE.digest}").status == 202
    assert registry.request("GET", "/v2/team/app/tags/list").json == {"name": "team/app", "tags": []}
    assert registry.request("GET", "/v2/team/app/manifests/1").status == 404


def test_a_manifest_without_its_blobs_is_not_taken(registry: OwnRegistry) -> None:
    answer = registry.push_manifest("team/app", "1", IMAGE.manifest, IMAGE.media_type)
    assert (answer.status, answer.code) == (400, "MANIFEST_BLOB_UNKNOWN")


def test_a_manifest_of_another_digest_is_not_taken(registry: OwnRegistry) -> None:
    registry.push_image("team/app", "1", IMAGE)
    answer = registry.push_manifest("team/app", str(MISSING), IMAGE.manifest, IMAGE.media_type)
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")


def test_a_manifest_that_is_too_large_is_not_read_to_its_end(registry: OwnRegistry) -> None:
    answer = registry.push_manifest("team/app", "1", b" " * ((4 << 20) + 1))
    assert (answer.status, answer.code) == (413, "SIZE_INVALID")
