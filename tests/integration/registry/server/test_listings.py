"""Lists of our registry on the wire: tags, repositories, referrers."""

from __future__ import annotations

import json

from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from tests.support import tiny_image
from tests.support.own_registry import OwnRegistry

IMAGE = tiny_image.image(tiny_image.layer({"etc": None, "etc/a": b"1" * 5000}), tiny_image.layer({"b": b"2"}))
BYTES = bytes(range(256)) * 4000


def test_the_root_says_that_this_is_a_registry(registry: OwnRegistry) -> None:
    answer = registry.request("GET", "/v2/")
    assert answer.status == 200
    assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"
    assert answer.json == {}


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


def test_repositories_are_searched_by_letters_of_their_names(registry: OwnRegistry) -> None:
    for name in ("team/app", "another/app", "base"):
        registry.push_image(name, "1", IMAGE)
    found = registry.request("GET", "/v1/search?q=APP").json
    assert (found["query"], found["num_results"]) == ("APP", 2)
    assert [entry["name"] for entry in found["results"]] == ["another/app", "team/app"]
    assert [entry["name"] for entry in registry.request("GET", "/v1/search?n=1").json["results"]] == ["another/app"]
    assert registry.request("GET", "/v1/search?q=%2e%2e/").json["results"] == []
