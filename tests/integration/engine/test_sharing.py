"""The daemon's own registry: its images at once and without a copy, and what others push to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.addresses import Address
from jupyter_containers.errors import Conflict, ContainersError, NotFound
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.daemon import Daemon, running_daemon
from tests.support.docker_archive import docker_archive, oci_archive
from tests.support.eventually import eventually
from tests.support.own_registry import OwnRegistry

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1" * 5000}, compression="none"), tiny_image.layer({"b": b"2"}))
OTHER = tiny_image.image(tiny_image.layer({"c": os.urandom(50_000)}))


@pytest.fixture
def sharer(tmp_path: Path) -> Iterator[Daemon]:
    with running_daemon(tmp_path / "d") as daemon:
        load(daemon, {"team/app:1": IMAGE, "plain:2": IMAGE, "r.example.org/private/app:1": IMAGE})
        yield daemon


@pytest.fixture
def client(sharer: Daemon) -> Iterator[Client]:
    with Client(Address(sharer.socket)) as client:
        yield client


def load(daemon: Daemon, images: dict[str, tiny_image.TinyImage]) -> None:
    answer = Api(os.fspath(daemon.socket)).post("/images/load", docker_archive(images))
    assert answer.status == 200, answer.content


def share(client: Client, *images: str, **settings: str) -> OwnRegistry:
    """Return a bare client of the registry that begins to serve."""
    registry = OwnRegistry(Path())
    registry.address = client.registries.share(images, listen="127.0.0.1:0", **settings).url.partition("//")[2]
    return registry


def blobs(daemon: Daemon) -> set[str]:
    return {path.name for path in (daemon.data / "content" / "blobs" / "sha256").iterdir()}


def test_images_are_there_at_once_and_as_they_lie_in_the_store(sharer: Daemon, client: Client) -> None:
    registry, before = share(client), blobs(sharer)
    assert registry.request("GET", "/v2/_catalog").json == {"repositories": ["plain", "team/app"]}
    assert registry.request("GET", "/v2/team/app/tags/list").json == {"name": "team/app", "tags": ["1"]}
    manifest = registry.request("GET", "/v2/team/app/manifests/1")
    digest = Digest.of(manifest.content)
    assert manifest.headers["Docker-Content-Digest"] == str(digest)
    for entry in (manifest.json["config"], *manifest.json["layers"]):
        blob = registry.request("GET", f"/v2/team/app/blobs/{entry['digest']}")
        assert str(Digest.of(blob.content)) == entry["digest"]
    assert Digest.of(registry.request("GET", f"/v2/team/app/manifests/{digest}").content) == digest
    assert blobs(sharer) == before
    client.images.tag("team/app:1", "team/new:3")
    assert registry.request("GET", "/v2/team/new/tags/list").json["tags"] == ["3"]
    client.images.remove("team/new:3")
    assert registry.request("GET", "/v2/team/new/tags/list").status == 404


def test_a_name_for_several_platforms_is_there_for_all_of_them(sharer: Daemon, client: Client) -> None:
    arm = tiny_image.image(tiny_image.layer({"arm": b"1"}), platform=Platform("linux", "arm64"))
    both = tiny_image.index(arm, OTHER)
    Api(os.fspath(sharer.socket)).post("/images/load", oci_archive(both, Reference.parse("several:1")))
    registry = share(client, "several")
    index = registry.request("GET", "/v2/several/manifests/1")
    assert (index.content, index.headers["Content-Type"]) == (both.manifest, both.media_type)
    client.images.pull(f"{registry.address}/several:1", platform="linux/arm64")
    assert client.images.inspect(f"{registry.address}/several:1")["Id"] == str(arm.image_id)


def test_only_what_is_offered_is_there(sharer: Daemon, client: Client) -> None:
    registry = share(client, "team/*")
    assert registry.request("GET", "/v2/_catalog").json == {"repositories": ["team/app"]}
    assert registry.request("GET", "/v2/plain/manifests/2").status == 404
    load(sharer, {"secret:1": OTHER})
    hidden = OTHER.layers[0].descriptor.digest
    for path in (f"mount={hidden}", f"mount={hidden}&from=secret"):
        assert registry.request("POST", f"/v2/mine/blobs/uploads/?{path}").status == 202
    assert registry.request("GET", f"/v2/team/app/blobs/{hidden}").status == 404


def test_what_is_pushed_is_in_the_daemons_store_and_outlives_collections(sharer: Daemon, client: Client) -> None:
    registry = share(client)
    registry.push_image("others/tool", "1", OTHER)
    layer = OTHER.layers[0].descriptor.digest
    assert layer.hex in blobs(sharer)
    client.images.prune({"dangling": ["false"]})
    assert {digest.hex for digest in OTHER.blobs} <= blobs(sharer)
    told: list[str] = []
    client.images.pull(f"{registry.address}/others/tool:1", lambda step: told.append(step.status))
    assert "Already exists" in told
    client.images.remove(f"{registry.address}/others/tool:1")
    assert registry.request("GET", f"/v2/others/tool/blobs/{layer}").content == OTHER.blobs[layer]
    assert registry.request("DELETE", f"/v2/others/tool/manifests/{OTHER.digest}").status == 202
    assert registry.request("GET", "/v2/others/tool/manifests/1").status == 404


def test_a_name_of_the_daemon_cannot_be_taken(client: Client) -> None:
    registry = share(client)
    for content in OTHER.blobs.values():
        registry.push_blob("team/app", content)
    refused = registry.push_manifest("team/app", "1", OTHER.manifest, OTHER.media_type)
    assert (refused.status, refused.code) == (403, "DENIED")
    assert registry.push_manifest("team/app", "2", OTHER.manifest, OTHER.media_type).status == 201
    assert registry.request("GET", "/v2/team/app/tags/list").json["tags"] == ["1", "2"]
    own = registry.request("GET", "/v2/team/app/manifests/1")
    assert registry.request("DELETE", "/v2/team/app/manifests/1").status == 403
    assert registry.request("DELETE", f"/v2/team/app/manifests/{Digest.of(own.content)}").status == 403
    blob = own.json["config"]["digest"]
    assert registry.request("DELETE", f"/v2/team/app/blobs/{blob}").status == 403
    client.images.tag("team/app:1", f"{registry.address}/team/app:1")
    client.images.push(f"{registry.address}/team/app:1")


def test_it_comes_back_with_the_daemon_and_uploads_go_on(tmp_path: Path) -> None:
    content = os.urandom(300_000)
    with running_daemon(tmp_path / "d") as daemon, Client(Address(daemon.socket)) as client:
        registry = share(client)
        upload = registry.begin("big/one")
        half = registry.request("PATCH", upload, content[:100_000])
        assert half.status == 202
    with running_daemon(tmp_path / "d") as daemon, Client(Address(daemon.socket)) as client:
        assert client.registries.shared().url == f"http://{registry.address}"
        assert registry.received(upload) == 100_000
        registry.request("PATCH", upload, content[100_000:])
        digest = Digest.of(content)
        assert registry.request("PUT", f"{upload}?digest={digest}").status == 201
        assert registry.request("GET", f"/v2/big/one/blobs/{digest}").content == content
        client.registries.end_sharing()
    with running_daemon(tmp_path / "d") as daemon, Client(Address(daemon.socket)) as client, pytest.raises(NotFound):
        client.registries.shared()


def test_an_upload_that_takes_its_time_keeps_no_garbage(sharer: Daemon, client: Client) -> None:
    registry, before = share(client), blobs(sharer)
    load(sharer, {"short-lived:1": OTHER})
    assert blobs(sharer) > before
    upload = registry.begin("big/slow")
    with registry.send_part(upload, bytes(2 << 20), 3 << 20):
        eventually(lambda: registry.received(upload) >= 1 << 20)
        client.images.remove("short-lived:1")
        eventually(lambda: blobs(sharer) == before)


def test_what_cannot_be_remembered_is_not_begun_and_what_is_spoilt_keeps_no_daemon_down(tmp_path: Path) -> None:
    place = tmp_path / "d" / "data" / "sharing" / "serving.json"
    with running_daemon(tmp_path / "d") as daemon, Client(Address(daemon.socket)) as client:
        assert place.parent == daemon.data / "sharing"
        place.mkdir()
        with pytest.raises(ContainersError, match="Is a directory"):
            share(client)
        with pytest.raises(NotFound):
            client.registries.shared()
        place.rmdir()
        share(client)
    place.write_text("{}")
    with running_daemon(tmp_path / "d") as daemon, Client(Address(daemon.socket)) as client, pytest.raises(NotFound):
        client.registries.shared()


def test_it_serves_once_and_asks_for_passwords(client: Client, tmp_path: Path) -> None:
    passwords = tmp_path / "htpasswd"
    passwords.write_text(f"alice:{bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()}\n")
    registry = share(client, htpasswd=str(passwords))
    assert registry.request("GET", "/v2/_catalog").status == 401
    entered = registry.request("GET", "/v2/_catalog", headers={"Authorization": "Basic YWxpY2U6c2VjcmV0"})
    assert entered.json == {"repositories": ["plain", "team/app"]}
    with pytest.raises(Conflict, match=f"serves at http://{registry.address} already"):
        share(client)
    client.registries.end_sharing()
    with pytest.raises(OSError, match="refused"):
        registry.request("GET", "/v2/")
