"""Our registry on the wire: what it refuses, and how; what expires."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.oci.digest import Digest
from tests.support import tiny_image
from tests.support.eventually import eventually
from tests.support.own_registry import OwnRegistry, own_registry

IMAGE = tiny_image.image(tiny_image.layer({"etc": None, "etc/a": b"1" * 5000}), tiny_image.layer({"b": b"2"}))
BYTES = bytes(range(256)) * 4000
DIGEST = Digest.of(BYTES)
MISSING = Digest.of(b"missing")


REFUSED = [
    ("GET", f"/v2/no/thing/blobs/{MISSING}", 404, "BLOB_UNKNOWN"),
    ("GET", "/v2/no/thing/manifests/1", 404, "NAME_UNKNOWN"),
    ("GET", "/v2/team/app/manifests/none", 404, "MANIFEST_UNKNOWN"),
    ("GET", f"/v2/team/app/manifests/{MISSING}", 404, "MANIFEST_UNKNOWN"),
    ("GET", "/v2/team/app/blobs/sha256:123", 400, "DIGEST_INVALID"),
    ("GET", "/v2/team/app/manifests/sha256:XYZ", 400, "DIGEST_INVALID"),
    ("GET", "/v2/team/app/blobs/md5:" + "a" * 32, 400, "DIGEST_INVALID"),
    ("GET", "/v2/Team/app/manifests/1", 400, "NAME_INVALID"),
    ("GET", "/v2/%2e%2e/%2e%2e/manifests/1", 400, "NAME_INVALID"),
    ("GET", "/v2/a/../b/manifests/1", 400, "NAME_INVALID"),
    ("POST", "/v2/..%2f..%2fetc/blobs/uploads/", 400, "NAME_INVALID"),
    ("POST", "/v2/_blobs/blobs/uploads/", 400, "NAME_INVALID"),
    ("GET", "/v2/team/app/manifests/.hidden", 400, "MANIFEST_INVALID"),
    ("GET", "/v2/team/app/manifests/..%2f..", 404, "UNSUPPORTED"),
    ("PATCH", f"/v2/team/app/blobs/uploads/{'0' * 32}", 404, "BLOB_UPLOAD_UNKNOWN"),
    ("PUT", f"/v2/team/app/blobs/uploads/..?digest={MISSING}", 404, "BLOB_UPLOAD_UNKNOWN"),
    ("GET", "/v2/team/app/tags/list?n=many", 400, "PAGINATION_NUMBER_INVALID"),
    ("GET", "/v2/none/tags/list", 404, "NAME_UNKNOWN"),
    ("DELETE", "/v2/team/app/tags/list", 405, "UNSUPPORTED"),
    ("GET", "/v2/%ff/manifests/1", 400, "NAME_INVALID"),
    ("GET", "/v1/users", 404, "UNSUPPORTED"),
    ("POST", "/v1/search", 405, "UNSUPPORTED"),
    ("GET", "/v1/search?n=many", 400, "PAGINATION_NUMBER_INVALID"),
    ("DELETE", f"/v2/team/app/blobs/{MISSING}", 404, "BLOB_UNKNOWN"),
    ("DELETE", "/v2/team/app/manifests/none", 404, "MANIFEST_UNKNOWN"),
]


def test_what_is_refused_is_refused_in_the_words_of_the_protocol(registry: OwnRegistry) -> None:
    registry.push_image("team/app", "1", IMAGE)
    for method, path, status, code in REFUSED:
        answer = registry.request(method, path)
        assert (method, path, answer.status, answer.code) == (method, path, status, code)
        assert answer.headers["Content-Type"] == "application/json"


def test_what_nobody_needs_expires_while_the_registry_serves(tmp_path: Path) -> None:
    with own_registry(tmp_path / "registry", "--expire", "0.5") as registry:
        registry.push_image("team/app", "1", IMAGE)
        registry.push_blob("team/app", BYTES)
        path = registry.begin("team/app")
        eventually(lambda: registry.request("GET", path).status == 404)
        eventually(lambda: not (registry.root / "content/blobs/sha256" / DIGEST.hex).exists())
        for layer in IMAGE.layers:
            assert registry.request("GET", f"/v2/team/app/blobs/{layer.descriptor.digest}").status == 200


def test_a_damaged_manifest_is_not_served(registry: OwnRegistry) -> None:
    registry.push_image("team/app", "1", IMAGE)
    place = registry.root / "content/blobs/sha256" / IMAGE.digest.hex
    place.chmod(0o600)
    place.write_bytes(IMAGE.manifest.replace(b"2", b"3"))
    answer = registry.request("GET", "/v2/team/app/manifests/1")
    assert (answer.status, answer.code) == (500, "UNKNOWN")
    assert str(registry.root).encode() not in answer.content
