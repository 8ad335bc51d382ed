"""Our registry on the wire: each request of the protocol, with the status codes and errors that it asks for."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from tests.support import tiny_image
from tests.support.eventually import eventually
from tests.support.own_registry import OwnRegistry, own_registry

IMAGE = tiny_image.image(tiny_image.layer({"etc": None, "etc/a": b"1" * 5000}), tiny_image.layer({"b": b"2"}))
BYTES = bytes(range(256)) * 4000
DIGEST = Digest.of(BYTES)
MISSING = Digest.of(b"missing")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with own_registry(tmp_path / "registry") as registry:
        yield registry


def test_the_root_says_that_this_is_a_registry(registry: OwnRegistry) -> None:
    answer = registry.request("GET", "/v2/")
    assert answer.status == 200
    assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"
    assert answer.json == {}


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
    ("GET", "/v1/search", 404, "UNSUPPORTED"),
    ("DELETE", f"/v2/team/app/blobs/{MISSING}", 404, "BLOB_UNKNOWN"),
    ("DELETE", "/v2/team/app/manifests/none", 404, "MANIFEST_UNKNOWN"),
]


def test_what_is_refused_is_refused_in_the_words_of_the_protocol(registry: OwnRegistry) -> None:
    registry.push_image("team/app", "1", IMAGE)
    for method, path, status, code in REFUSED:
        answer = registry.request(method, path)
        assert (method, path, answer.status, answer.code) == (method, path, status, code)
        assert answer.headers["Content-Type"] == "application/json"


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


def test_chunks_must_come_in_order(registry: OwnRegistry) -> None:
    path = registry.begin("team/app")
    first = registry.request("PATCH", path, BYTES[:1000], {"Content-Range": "0-999"})
    assert (first.status, first.headers["Range"], first.headers["Location"]) == (202, "0-999", path)
    wrong = registry.request("PATCH", path, BYTES[2000:3000], {"Content-Range": "2000-2999"})
    assert (wrong.status, wrong.headers["Range"]) == (416, "0-999")
    assert registry.request("GET", path).headers["Range"] == "0-999"
    short = registry.request("PATCH", path, b"abc", {"Content-Range": "1000-1999"})
    assert (short.status, short.code) == (400, "SIZE_INVALID")
    registry.request("PATCH", path, BYTES[1000:5000], {"Content-Range": "1000-4999"})
    last = {"Content-Range": f"5000-{len(BYTES) - 1}"}
    done = registry.request("PUT", f"{path}?digest={DIGEST}", BYTES[5000:], last)
    assert (done.status, done.headers["Location"]) == (201, f"/v2/team/app/blobs/{DIGEST}")
    assert registry.request("GET", done.headers["Location"]).content == BYTES
    assert registry.request("GET", path).status == 404


def test_an_upload_can_be_given_up(registry: OwnRegistry) -> None:
    path = registry.begin("team/app")
    registry.request("PATCH", path, b"abc")
    assert registry.request("DELETE", path).status == 204
    assert registry.request("GET", path).code == "BLOB_UPLOAD_UNKNOWN"
    assert list((registry.root / "uploads").iterdir()) == []


def test_an_upload_belongs_to_its_repository(registry: OwnRegistry) -> None:
    session = registry.begin("team/app").rpartition("/")[2]
    assert registry.request("GET", f"/v2/team/other/blobs/uploads/{session}").status == 404


@pytest.mark.parametrize("way", ["put", "post"])
def test_bytes_of_another_digest_are_not_kept(registry: OwnRegistry, way: str) -> None:
    path = registry.begin("team/app") if way == "put" else "/v2/team/app/blobs/uploads/"
    answer = registry.request(way.upper(), f"{path}?digest={MISSING}", BYTES)
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert list((registry.root / "uploads").iterdir()) == []
    assert registry.request("HEAD", f"/v2/team/app/blobs/{MISSING}").status == 404


def received(registry: OwnRegistry, path: str) -> int:
    """Return how many bytes of an upload the registry says that it has."""
    return int(registry.request("GET", path).headers["Range"].removeprefix("0-")) + 1


@pytest.mark.parametrize("who", ["client", "registry"])
def test_an_upload_survives_the_end_of(registry: OwnRegistry, who: str) -> None:
    content = BYTES * 5
    digest = Digest.of(content)
    path = registry.begin("team/app")
    with registry.send_part(path, content[: 3 << 20], len(content)):
        eventually(lambda: received(registry, path) >= 2 << 20)
        busy = registry.request("PATCH", path, b"x")
        assert (busy.status, busy.code) == (409, "BLOB_UPLOAD_INVALID")
        if who == "registry":
            assert registry.stop(signal.SIGKILL) == -signal.SIGKILL
            registry.start()
    # Until the registry has seen that the other one is gone, the upload is the other one's.
    eventually(lambda: registry.request("PATCH", path, b"").status == 202)
    start = received(registry, path)
    assert 2 << 20 <= start <= 3 << 20
    rest = {"Content-Range": f"{start}-{len(content) - 1}"}
    assert registry.request("PATCH", path, content[start:], rest).status == 202
    assert registry.request("PUT", f"{path}?digest={digest}").status == 201
    assert registry.request("GET", f"/v2/team/app/blobs/{digest}").content == content


def test_many_push_the_same_blob_at_once(registry: OwnRegistry) -> None:
    names = [f"team/app{number % 3}" for number in range(12)]
    with ThreadPoolExecutor(12) as threads:
        assert set(threads.map(lambda name: registry.push_blob(name, BYTES), names)) == {DIGEST}
    for name in set(names):
        assert registry.request("GET", f"/v2/{name}/blobs/{DIGEST}").content == BYTES
    assert len(list((registry.root / "content" / "blobs").rglob("*"))) == 3  # two folders, one blob
    assert list((registry.root / "uploads").iterdir()) == []


def test_a_blob_is_mounted_from_another_repository(registry: OwnRegistry) -> None:
    registry.push_blob("team/app", BYTES)
    assert registry.request("HEAD", f"/v2/team/other/blobs/{DIGEST}").status == 404
    answer = registry.request("POST", f"/v2/team/other/blobs/uploads/?mount={DIGEST}&from=team/app")
    assert (answer.status, answer.headers["Location"]) == (201, f"/v2/team/other/blobs/{DIGEST}")
    assert registry.request("GET", f"/v2/team/other/blobs/{DIGEST}").content == BYTES
    assert registry.request("POST", f"/v2/third/blobs/uploads/?mount={DIGEST}").status == 201
    missing = registry.request("POST", f"/v2/third/blobs/uploads/?mount={MISSING}&from=team/app")
    assert missing.status == 202
    assert registry.request("PUT", f"{missing.headers['Location']}?digest={MISSING}", b"missing").status == 201


def test_what_one_repository_deletes_another_keeps(registry: OwnRegistry) -> None:
    registry.push_blob("team/app", BYTES)
    registry.push_blob("team/other", BYTES)
    assert registry.request("DELETE", f"/v2/team/app/blobs/{DIGEST}").status == 202
    assert registry.request("GET", f"/v2/team/app/blobs/{DIGEST}").status == 404
    assert registry.request("GET", f"/v2/team/other/blobs/{DIGEST}").content == BYTES


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


def test_lists_come_in_pages_and_in_order(registry: OwnRegistry) -> None:
    registry.push_image("team/app", "b", IMAGE)
    for tag in ("a", "B", "10", "9"):
        registry.push_manifest("team/app", tag, IMAGE.manifest, IMAGE.media_type)
    seen, path = [], "/v2/team/app/tags/list?n=2"
    while path:
        answer = registry.request("GET", path)
        seen.append(answer.json["tags"])
        path = answer.headers.get("Link", "<>").partition("<")[2].partition(">")[0]
    assert seen == [["10", "9"], ["B", "a"], ["b"]]
    assert registry.request("GET", "/v2/team/app/tags/list?n=0").json["tags"] == []
    assert registry.request("GET", "/v2/team/app/tags/list?last=B").json["tags"] == ["a", "b"]
    registry.push_image("another", "1", IMAGE)
    registry.push_blob("no/manifest", BYTES)
    assert registry.request("GET", "/v2/_catalog").json == {"repositories": ["another", "team/app"]}
    assert registry.request("GET", "/v2/_catalog?n=1").headers["Link"] == '</v2/_catalog?n=1&last=another>; rel="next"'


def test_referrers_are_found_by_their_subject(registry: OwnRegistry) -> None:
    empty = registry.request("GET", f"/v2/team/app/referrers/{IMAGE.digest}")
    assert (empty.status, empty.json["manifests"]) == (200, [])
    config = {"mediaType": media_types.OCI_EMPTY, "digest": str(Digest.of(b"{}")), "size": 2}
    registry.push_blob("team/app", b"{}")
    made = {}
    for kind in ("a/signature", "a/sbom"):
        content = json.dumps(
            {
                "schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "artifactType": kind, "config": config,
                "layers": [config], "subject": IMAGE.descriptor.to_json(), "annotations": {"by": kind},
            }
        ).encode()  # fmt: skip
        answer = registry.push_manifest("team/app", str(Digest.of(content)), content)
        assert (answer.status, answer.headers["OCI-Subject"]) == (201, str(IMAGE.digest))
        made[kind] = content
    answer = registry.request("GET", f"/v2/team/app/referrers/{IMAGE.digest}")
    assert answer.headers["Content-Type"] == media_types.OCI_INDEX
    assert "OCI-Filters-Applied" not in answer.headers
    assert {entry["artifactType"] for entry in answer.json["manifests"]} == set(made)
    answer = registry.request("GET", f"/v2/team/app/referrers/{IMAGE.digest}?artifactType=a/sbom")
    assert answer.headers["OCI-Filters-Applied"] == "artifactType"
    digest = Digest.of(made["a/sbom"])
    assert answer.json["manifests"] == [
        {
            "mediaType": media_types.OCI_MANIFEST, "digest": str(digest), "size": len(made["a/sbom"]),
            "artifactType": "a/sbom", "annotations": {"by": "a/sbom"},
        }
    ]  # fmt: skip
    registry.request("DELETE", f"/v2/team/app/manifests/{digest}")
    left = registry.request("GET", f"/v2/team/app/referrers/{IMAGE.digest}").json["manifests"]
    assert [entry["artifactType"] for entry in left] == ["a/signature"]


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


def test_sha512_is_kept_as_sha512(registry: OwnRegistry) -> None:
    digest = Digest.of(BYTES, "sha512")
    assert registry.request("POST", f"/v2/team/app/blobs/uploads/?digest={digest}", BYTES).status == 201
    answer = registry.request("GET", f"/v2/team/app/blobs/{digest}")
    assert (answer.content, answer.headers["Docker-Content-Digest"]) == (BYTES, str(digest))


def test_a_compressed_body_is_kept_as_it_came(registry: OwnRegistry) -> None:
    answer = registry.request(
        "POST", f"/v2/team/app/blobs/uploads/?digest={DIGEST}", BYTES, {"Content-Encoding": "gzip"}
    )
    assert answer.status == 201


def test_a_limit_on_blobs_holds(tmp_path: Path) -> None:
    with own_registry(tmp_path / "registry", "--blob-limit", "1000") as registry:
        registry.push_blob("team/app", BYTES[:1000])
        answer = registry.request("POST", f"/v2/team/app/blobs/uploads/?digest={DIGEST}", BYTES)
        assert (answer.status, answer.code) == (413, "SIZE_INVALID")
        path = registry.begin("team/app")
        assert registry.request("PATCH", path, BYTES[:600]).status == 202
        assert registry.request("PATCH", path, BYTES[:600]).status == 413
        assert registry.request("GET", path).headers["Range"] == "0-599"


def test_what_nobody_needs_expires_while_the_registry_serves(tmp_path: Path) -> None:
    with own_registry(tmp_path / "registry", "--expire", "0.5") as registry:
        registry.push_image("team/app", "1", IMAGE)
        registry.push_blob("team/app", BYTES)
        path = registry.begin("team/app")
        eventually(lambda: registry.request("GET", path).status == 404)
        eventually(lambda: not (registry.root / "content/blobs/sha256" / DIGEST.hex).exists())
        for layer in IMAGE.layers:
            assert registry.request("GET", f"/v2/team/app/blobs/{layer.descriptor.digest}").status == 200
