"""Uploads to our registry on the wire: in one request, in chunks, broken off, taken up again."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_containers.oci.digest import Digest
from tests.support.eventually import eventually
from tests.support.own_registry import OwnRegistry, own_registry

BYTES = bytes(range(256)) * 4000
DIGEST = Digest.of(BYTES)
MISSING = Digest.of(b"missing")


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


@pytest.mark.parametrize("who", ["client", "registry"])
def test_an_upload_survives_the_end_of(registry: OwnRegistry, who: str) -> None:
    content = BYTES * 5
    digest = Digest.of(content)
    path = registry.begin("team/app")
    with registry.send_part(path, content[: 3 << 20], len(content)):
        eventually(lambda: registry.received(path) >= 2 << 20)
        busy = registry.request("PATCH", path, b"x")
        assert (busy.status, busy.code) == (409, "BLOB_UPLOAD_INVALID")
        if who == "registry":
            assert registry.stop(signal.SIGKILL) == -signal.SIGKILL
            registry.start()
    # Until the registry has seen that the other one is gone, the upload is the other one's.
    eventually(lambda: registry.request("PATCH", path, b"").status == 202)
    start = registry.received(path)
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


def test_a_quota_holds_for_all_together_and_what_goes_makes_room(tmp_path: Path) -> None:
    with own_registry(tmp_path / "registry", "--quota", "2000") as registry:
        registry.push_blob("team/app", BYTES[:900])
        path = registry.begin("team/other")
        assert registry.request("PATCH", path, BYTES[:900]).status == 202
        refused = registry.request("POST", f"/v2/team/app/blobs/uploads/?digest={DIGEST}", BYTES[:201])
        assert (refused.status, refused.code) == (403, "DENIED")
        assert "keeps 2000 bytes at most" in refused.content.decode()
        assert registry.request("DELETE", path).status == 204
        registry.push_blob("team/app", BYTES[:500])
        for name in ("team/other", "team/third", "team/fourth"):
            registry.push_blob(name, BYTES[:500])  # which is there only once
        registry.push_blob("team/app", BYTES[:600])
        assert registry.stop() == 0
        registry.start()
        assert registry.request("PATCH", registry.begin("team/app"), b"x").status == 403
