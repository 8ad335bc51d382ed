"""Routes of images against a real daemon: what was compared with dockerd, request by request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.api_client import IMAGE, Answer, Api
from tests.support.docker_archive import docker_archive
from tests.support.registry_server import RegistryServer
from tests.support.tiny_image import image, layer

pytestmark = pytest.mark.needs("root", "overlay")

ONE = image(layer({"one": b"1"}), process={"Labels": {"course": "os"}})
# A layer that no other test has brought here: only such a one is pulled completely.
FRESH = image(layer({"fresh": b"1"}))


def lines(answer: Answer) -> list[Any]:
    return [json.loads(line) for line in answer.content.splitlines()]


def test_a_pull_says_where_from_once_and_ends_with_digest_and_status(api: Api) -> None:
    with RegistryServer() as server:
        digest = server.add_image("team/one", "1", FRESH)
        name = f"{server.address}/team/one"
        told = lines(api.post("/images/create", fromImage=name, tag="1"))
        assert [line for line in told if line["status"].startswith("Pulling from")] == told[:1]
        assert (told[0]["status"], told[0]["id"]) == ("Pulling from team/one", "1")
        assert "Pull complete" in [line["status"] for line in told]
        assert [line["status"] for line in told[-2:]] == [
            f"Digest: {digest}", f"Status: Downloaded newer image for {name}:1",
        ]  # fmt: skip
        again = lines(api.post("/images/create", fromImage=name, tag="1"))
        assert again[-1]["status"] == f"Status: Image is up to date for {name}:1"
        missing = api.post("/images/create", fromImage=name, tag="9")
        assert missing.status == 404
        assert missing.message.startswith(f"manifest for {name}:9 not found")
        other = lines(api.post("/images/create", fromImage=name, tag="1", platform="linux/s390x"))
        assert other[-1]["status"].startswith("WARNING: image with reference")
        removed = api.delete(f"/images/{name}:1").json
        assert [list(entry) for entry in removed] == [["Untagged"], ["Untagged"], ["Deleted"], ["Deleted"]]


def test_the_list_is_filtered_by_name_label_and_danglingness(api: Api) -> None:
    api.post("/images/load", docker_archive({"lists:1": ONE, "lists:2": ONE}))

    def names(**filters: list[str]) -> list[list[str]]:
        return [entry["RepoTags"] for entry in api.get("/images/json", filters=filters).json]

    assert names(reference=["lists"]) == [["lists:1", "lists:2"]]
    assert names(reference=["l*:2"]) == [["lists:2"]]
    assert names(label=["course=os"], dangling=["false"]) == [["lists:1", "lists:2"]]
    assert names(label=["course=db"]) == []
    assert names(dangling=["true"]) == []
    assert names(before=["lists:1"]) == []
    assert names(until=["2023-01-01"]) == []
    assert names(until=["2024-06-01"]) == [["lists:1", "lists:2"]]
    assert api.get("/images/json", filters={"dangling": ["maybe"]}).status == 400
    assert api.get("/images/json", filters={"colour": ["red"]}).status == 400
    assert api.get("/images/json", filters={"before": ["ghost"]}).status == 404
    api.delete("/images/lists:1")
    api.delete("/images/lists:2")


def test_names_are_given_and_taken(api: Api) -> None:
    assert api.post(f"/images/{IMAGE}/tag", repo="other", tag="x").status == 201
    assert "other:x" in api.get("/images/other:x/json").json["RepoTags"]
    assert api.post(f"/images/{IMAGE}/tag", repo="UPPER").status == 400
    assert api.post("/images/ghost/tag", repo="x").status == 404
    assert api.delete("/images/other:x").json == [{"Untagged": "other:x"}]
    assert api.delete("/images/other:x").message == "No such image: other:x"


def test_an_image_that_is_forced_away_leaves_its_container_whole(api: Api) -> None:
    api.post(f"/images/{IMAGE}/tag", repo="kept")
    container = api.create("/bin/sh", "-c", "echo still here")
    image_id = api.inspect(container)["Image"]
    refused = api.delete(f"/images/{image_id}")
    assert refused.status == 409
    api.delete("/images/kept", force=1)
    api.post("/images/load", docker_archive({"alone": ONE}))
    body = {"Image": "alone", "Cmd": ["/one"], "HostConfig": {"NetworkMode": "none"}}
    alone = api.post("/containers/create", body).json["Id"]
    assert "must force" in api.delete("/images/alone").message
    deleted = [entry for entry in api.delete("/images/alone", force=1).json if "Deleted" in entry]
    assert [entry["Deleted"] for entry in deleted] == [f"sha256:{ONE.image_id.hex}"] or len(deleted) == 1
    assert api.inspect(alone)["Image"].startswith("sha256:")
    assert alone in [entry["Id"] for entry in api.get("/containers/json", all=1).json]
    assert api.get(f"/containers/{alone}/archive", path="/one").status == 200


def test_history_inspect_and_what_is_not_there(api: Api) -> None:
    (entry,) = api.get(f"/images/{IMAGE}/history").json
    assert entry["Tags"] == [f"{IMAGE}:latest"]
    assert entry["Size"] == api.get(f"/images/{IMAGE}/json").json["Size"] > 0
    for path in ("/images/ghost/json", "/images/ghost/history"):
        assert api.get(path).message == "No such image: ghost:latest"


def test_prune_takes_only_what_has_no_name(api: Api) -> None:
    api.post("/images/load", docker_archive({"moves": ONE}))
    api.post("/images/load", docker_archive({"moves": image(layer({"two": b"2"}))}))
    pruned = api.post("/images/prune", filters={"label!": ["course=os"]}).json
    assert pruned == {"ImagesDeleted": None, "SpaceReclaimed": pruned["SpaceReclaimed"]}
    pruned = api.post("/images/prune").json
    assert len([entry for entry in pruned["ImagesDeleted"] if "Deleted" in entry]) == 2
    assert pruned["SpaceReclaimed"] > 0
    assert api.get("/images/moves/json").status == 200
    assert len(api.delete("/images/moves").json) == 3


def test_a_file_that_is_no_image_is_refused(api: Api) -> None:
    assert api.post("/images/load", b"nonsense").status == 400
    assert api.post("/images/create", b"", fromSrc="http://example.org/x.tar").status == 501
    assert api.post("/images/create", fromImage="").status == 400
    assert api.post("/images/create", fromImage="a", headers={"X-Registry-Auth": "!"}).status == 400


def test_what_is_not_there_yet_says_so(api: Api) -> None:
    for method, path in (("GET", f"/images/{IMAGE}/get"), ("GET", "/images/search"), ("POST", f"/images/{IMAGE}/push")):
        answer = api.request(method, path)
        assert answer.status == 501
        assert "not supported" in answer.message
