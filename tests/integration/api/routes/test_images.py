"""Routes of images against a real daemon: what was compared with dockerd, request by request."""

from __future__ import annotations

import pytest

from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from tests.support.api_client import IMAGE, Api
from tests.support.docker_archive import docker_archive, oci_archive
from tests.support.tiny_image import image, index, layer

pytestmark = pytest.mark.needs("root", "overlay")

ONE = image(layer({"one": b"1"}), process={"Labels": {"course": "os"}})


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


def test_an_index_has_a_manifest_for_each_platform(api: Api) -> None:
    other = image(layer({"arm": b"1"}), platform=Platform("linux", "arm64", "v8"))
    both = index(other, image(layer({"amd": b"1"})))
    api.post("/images/load", oci_archive(both, Reference.parse("several:1")))
    own, arm = api.get("/images/several:1/json", manifests=1).json["Manifests"]
    assert own["ImageData"]["Platform"]["architecture"] == "amd64"
    assert (arm["ID"], arm["Kind"], arm["Available"]) == (str(other.digest), "image", True)
    assert arm["ImageData"] == {
        "Platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}, "Containers": [],
        "Size": {"Unpacked": 0},
    }  # fmt: skip
    assert arm["Size"]["Content"] == arm["Size"]["Total"] > 0
    assert len(api.delete("/images/several:1").json) > 1


def test_an_image_has_one_platform_and_one_manifest(api: Api) -> None:
    api.post("/images/load", docker_archive({"single:1": ONE}))
    (manifest,) = api.get("/images/single:1/json", manifests=1).json["Manifests"]
    assert (manifest["Kind"], manifest["Available"]) == ("image", True)
    assert manifest["ImageData"]["Platform"] == {"os": "linux", "architecture": "amd64"}
    assert manifest["Size"]["Total"] > manifest["ImageData"]["Size"]["Unpacked"] > 0
    assert "Manifests" not in api.get("/images/single:1/json").json
    (entry,) = api.get("/images/json", manifests=1, filters={"reference": ["single:1"]}).json
    assert [found["ID"] for found in entry["Manifests"]] == [manifest["ID"]]
    for path in ("json", "history"):
        assert api.get(f"/images/single:1/{path}", platform="linux/amd64").status == 200
        refused = api.get(f"/images/single:1/{path}", platform='{"os": "linux", "architecture": "arm64"}')
        assert (refused.status, "does not provide the specified platform" in refused.message) == (404, True)
    assert api.get("/images/single:1/json", platform="{").status == 400
    assert api.delete("/images/single:1", platforms="linux/s390x").status == 404
    assert api.delete("/images/single:1", platforms="linux/amd64").status == 200


def test_a_name_of_several_platforms_is_looked_at_and_run_by_platform(api: Api) -> None:
    arm = image(layer({"a": b"1"}), layer({"b": b"1"}), platform=Platform("linux", "arm64", "v8"))
    amd = image(layer({"amd": b"1"}))
    api.post("/images/load", oci_archive(index(arm, amd), Reference.parse("several:2")))
    wanted, path = '{"os": "linux", "architecture": "arm64"}', "/images/several:2"
    seen = api.get(f"{path}/json", platform=wanted).json
    assert (seen["Id"], seen["Architecture"], seen["RepoTags"]) == (str(arm.image_id), "arm64", ["several:2"])
    assert api.get(f"{path}/json").json["Architecture"] == "amd64"
    assert len(api.get(f"{path}/history", platform=wanted).json) == 2
    both = api.get(f"{path}/json", platform=wanted, manifests=1)
    assert (both.status, both.message) == (
        400, "conflicting options: manifests and platform options cannot both be set",
    )  # fmt: skip
    refused = api.delete(path, platforms=wanted)
    assert (refused.status, "remove all of it" in refused.message) == (501, True)
    body = {"Image": "several:2", "Cmd": ["/a"], "HostConfig": {"NetworkMode": "none"}}
    made = api.post("/containers/create", body, platform="linux/arm64").json
    assert made["Warnings"] == []
    container = api.inspect(made["Id"])
    assert (container["Image"], container["Config"]["Image"]) == (str(arm.image_id), "several:2")
    assert api.get(f"/containers/{made['Id']}/archive", path="/b").status == 200
    unsaid = api.post("/containers/create", body | {"Image": str(arm.image_id)}).json
    assert "does not match the detected host platform (linux/amd64)" in unsaid["Warnings"][0]
    missing = api.post("/containers/create", body, platform="linux/s390x")
    assert (missing.status, missing.message) == (
        404, "image with reference several:2 was found but does not match the specified platform: wanted linux/s390x, "
        "actual: linux/amd64",
    )  # fmt: skip
    for made_id in (made["Id"], unsaid["Id"]):
        api.delete(f"/containers/{made_id}")
    pruned = [entry.get("Deleted") for entry in api.post("/images/prune").json["ImagesDeleted"]]
    assert str(arm.image_id) in pruned
    assert api.get(f"{path}/json", platform=wanted).status == 200
    api.delete(path)
