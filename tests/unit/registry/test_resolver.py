from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.failures import ManifestNotFound, PullDenied, RegistryRefused, RepositoryNotFound
from tests.support import tiny_image
from tests.support.registry_client import pull, with_client
from tests.support.registry_server import Fault, RegistryServer

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))
OTHER = tiny_image.image(tiny_image.layer({"a": b"2"}))


@pytest.fixture
def server() -> Any:
    with RegistryServer() as server:
        server.add_image("team/app", "1", IMAGE)
        yield server


def resolve(server: RegistryServer, folder: Path, name: str) -> Descriptor:
    reference = Reference.parse(f"{server.address}/{name}")
    descriptor = with_client(folder, lambda client: client.registry.resolve(reference))
    assert isinstance(descriptor, Descriptor)
    return descriptor


def test_a_tag_is_resolved_by_head_alone(server: RegistryServer, tmp_path: Path) -> None:
    expected = Descriptor(media_types.OCI_MANIFEST, IMAGE.digest, len(IMAGE.manifest))
    assert resolve(server, tmp_path, "team/app:1") == expected
    assert server.lines() == ["GET /v2/", "HEAD /v2/team/app/manifests/1"]


@pytest.mark.parametrize(
    "fault",
    [{"status": 405}, {"headers": {"Docker-Content-Digest": ""}}, {"headers": {"Docker-Content-Digest": "md5:x"}},
     {"headers": {"Content-Type": "text/html"}}],
    ids=str,
)  # fmt: skip
def test_a_head_that_says_too_little_is_followed_by_a_get(
    server: RegistryServer, tmp_path: Path, fault: dict[str, Any]
) -> None:
    server.faults.append(Fault("HEAD", **fault))
    assert resolve(server, tmp_path, "team/app:1").digest == IMAGE.digest
    assert server.lines("/manifests/") == ["HEAD /v2/team/app/manifests/1", "GET /v2/team/app/manifests/1"]


def test_no_tag_means_latest(server: RegistryServer, tmp_path: Path) -> None:
    server.add_image("team/app", "latest", OTHER)
    assert resolve(server, tmp_path, "team/app").digest == OTHER.digest


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("team/app:2", ManifestNotFound, "manifest for {}/team/app:2 not found: manifest unknown: manifest unknown"),
        (f"team/app@sha256:{'0' * 64}", ManifestNotFound,
         f"manifest for {{}}/team/app@sha256:{'0' * 64} not found: manifest unknown: manifest unknown"),
        ("team/none", RepositoryNotFound,
         "repository {}/team/none not found: name unknown: repository name not known to registry"),
    ],
    ids=range(3),
)  # fmt: skip
def test_what_is_not_there_is_reported_as_dockerd_does(
    server: RegistryServer, tmp_path: Path, name: str, kind: type[Exception], text: str
) -> None:
    for ask in (resolve, pull):
        with pytest.raises(kind, match=f"^{re.escape(text.format(server.address))}$"):
            ask(server, tmp_path, name)


def test_no_access_is_reported_as_dockerd_does(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault("/manifests/", times=2, status=403))
    with pytest.raises(PullDenied) as caught:
        pull(server, tmp_path, "team/app:1")
    assert caught.value.message == (
        f"pull access denied for {server.address}/team/app, repository does not exist or may require 'docker login': "
        "denied: as the test ordered"
    )


def test_a_tag_is_fetched_by_the_digest_that_head_named(server: RegistryServer, tmp_path: Path) -> None:
    pull(server, tmp_path, "team/app:1")
    assert server.lines("/manifests/") == [
        "HEAD /v2/team/app/manifests/1",
        f"GET /v2/team/app/manifests/{IMAGE.digest}",
    ]


def test_a_manifest_that_is_here_is_not_fetched_again(server: RegistryServer, tmp_path: Path) -> None:
    pull(server, tmp_path, "team/app:1")
    server.requests.clear()
    assert pull(server, tmp_path, "team/app:1").target.digest == IMAGE.digest
    assert server.lines() == ["GET /v2/", "HEAD /v2/team/app/manifests/1"]


def test_a_moved_tag_is_noticed(server: RegistryServer, tmp_path: Path) -> None:
    pull(server, tmp_path, "team/app:1")
    server.add_image("team/app", "1", OTHER)
    assert pull(server, tmp_path, "team/app:1").target.digest == OTHER.digest


def test_a_digest_is_checked_on_the_bytes(server: RegistryServer, tmp_path: Path) -> None:
    server.add_manifest("team/app", str(IMAGE.digest), OTHER.manifest, media_types.OCI_MANIFEST)
    for name in (f"team/app@{IMAGE.digest}", "team/app:1"):
        with pytest.raises(RegistryRefused, match=f"manifest verification failed for digest {IMAGE.digest}"):
            pull(server, tmp_path, name)


def test_the_digest_of_a_tag_without_header_is_that_of_its_bytes(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault("HEAD", status=405))
    pulled = pull(server, tmp_path, "team/app:1")
    assert pulled.repo_digest == f"{server.address}/team/app@{IMAGE.digest}"


def test_a_digest_needs_no_tag_to_be_true(server: RegistryServer, tmp_path: Path) -> None:
    pulled = pull(server, tmp_path, f"team/app:wrong@{IMAGE.digest}")
    assert pulled.target.digest == IMAGE.digest


@pytest.mark.parametrize("media_type", sorted(media_types.SCHEMA_1))
def test_schema_1_is_refused_with_a_way_out(server: RegistryServer, tmp_path: Path, media_type: str) -> None:
    server.add_manifest("team/app", "old", b'{"schemaVersion":1,"name":"a","fsLayers":[]}', media_type)
    with pytest.raises(RegistryRefused) as caught:
        pull(server, tmp_path, "team/app:old")
    assert caught.value.message == (
        f"cannot use the manifest of {server.address}/team/app:old: image manifest schema 1 is not supported; push the "
        "image again with a current client to convert it"
    )


def test_a_manifest_in_pieces_or_with_charset_is_read(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault("GET .*/manifests/", cut_after=10))
    server.faults.append(Fault("/manifests/", times=9, headers={"Content-Type": f"{IMAGE.media_type}; charset=utf-8"}))
    assert pull(server, tmp_path, "team/app:1").target.digest == IMAGE.digest


def test_an_endless_manifest_is_refused(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault("GET .*/manifests/", body=b" " * (5 << 20)))
    with pytest.raises(RegistryRefused, match="over the limit of 4194304 bytes"):
        pull(server, tmp_path, "team/app:1")


def test_a_digest_of_another_algorithm_is_checked_as_well(server: RegistryServer, tmp_path: Path) -> None:
    digest = Digest.of(IMAGE.manifest, "sha512")
    server.add_manifest("team/app", str(digest), IMAGE.manifest, IMAGE.media_type)
    assert pull(server, tmp_path, f"team/app@{digest}").target.digest == digest
    server.add_manifest("team/app", str(digest), OTHER.manifest, IMAGE.media_type)
    with pytest.raises(RegistryRefused, match="verification failed"):
        pull(server, tmp_path / "fresh", f"team/app@{digest}")


def test_a_list_of_tags_has_an_end(server: RegistryServer, tmp_path: Path) -> None:
    body = json.dumps({"tags": ["t"] * 60_000}).encode()
    server.pages["/v2/team/app/tags/list"] = server.pages["/v2/team/app/tags/list?n=1"] = body
    reference = Reference.parse(f"{server.address}/team/app")
    assert len(with_client(tmp_path, lambda client: client.registry.tags(reference))) == 60_000
    server.page_link = '</v2/team/app/tags/list?n=1>; rel="next"'
    with pytest.raises(RegistryRefused, match="team/app has more than 100000 tags"):
        with_client(tmp_path, lambda client: client.registry.tags(reference))
    assert len(server.lines("tags/list")) == 3
