"""Blobs of our registry on the wire: whole, in parts, deleted."""

from __future__ import annotations

from jupyter_containers.oci.digest import Digest
from tests.support.own_registry import OwnRegistry

BYTES = bytes(range(256)) * 4000
DIGEST = Digest.of(BYTES)


def test_a_blob_comes_back_whole_and_in_parts(registry: OwnRegistry) -> None:
    registry.push_blob("team/app", BYTES)
    path = f"/v2/team/app/blobs/{DIGEST}"
    head = registry.request("HEAD", path)
    assert (head.status, head.headers["Content-Length"], head.content) == (200, str(len(BYTES)), b"")
    assert head.headers["Docker-Content-Digest"] == str(DIGEST)
    assert registry.request("GET", path).content == BYTES
    part = registry.request("GET", path, headers={"Range": "bytes=10-19"})
    assert (part.status, part.content) == (206, BYTES[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(BYTES)}"
    assert registry.request("GET", path, headers={"Range": "bytes=-5"}).content == BYTES[-5:]


def test_a_range_that_is_not_there_leaves_the_connection_usable(registry: OwnRegistry) -> None:
    registry.push_blob("team/app", BYTES)
    connection = registry.connect()
    connection.request("GET", f"/v2/team/app/blobs/{DIGEST}", headers={"Range": f"bytes={len(BYTES)}-"})
    answer = connection.getresponse()
    assert answer.status == 416
    assert answer.getheader("Content-Range") == f"bytes */{len(BYTES)}"
    answer.read()
    connection.request("GET", "/v2/")
    assert connection.getresponse().read() == b"{}"
    connection.close()


def test_what_one_repository_deletes_another_keeps(registry: OwnRegistry) -> None:
    registry.push_blob("team/app", BYTES)
    registry.push_blob("team/other", BYTES)
    assert registry.request("DELETE", f"/v2/team/app/blobs/{DIGEST}").status == 202
    assert registry.request("GET", f"/v2/team/app/blobs/{DIGEST}").status == 404
    assert registry.request("GET", f"/v2/team/other/blobs/{DIGEST}").content == BYTES


def test_sha512_is_kept_as_sha512(registry: OwnRegistry) -> None:
    digest = Digest.of(BYTES, "sha512")
    assert registry.request("POST", f"/v2/team/app/blobs/uploads/?digest={digest}", BYTES).status == 201
    answer = registry.request("GET", f"/v2/team/app/blobs/{digest}")
    assert (answer.content, answer.headers["Docker-Content-Digest"]) == (BYTES, str(digest))
