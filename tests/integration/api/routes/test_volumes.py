"""Routes of volumes against a real daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.api_client import Api

pytestmark = pytest.mark.needs("root", "overlay")


def test_a_volume_lives_from_create_to_remove(api: Api) -> None:
    made = api.post("/volumes/create", {"Name": "notes", "Labels": {"course": "os"}})
    assert made.status == 201
    assert Path(made.json["Mountpoint"]).is_dir()
    assert api.get("/volumes/notes").json == made.json == api.post("/volumes/create", {"Name": "notes"}).json
    assert api.delete("/volumes/notes").status == 204
    assert not Path(made.json["Mountpoint"]).exists()
    assert api.delete("/volumes/notes").message == "get notes: no such volume"
    assert api.delete("/volumes/notes", force=1).status == 204


def test_a_volume_in_use_stays(api: Api) -> None:
    container = api.create("true", host={"Binds": ["used:/v"]})
    refused = api.delete("/volumes/used")
    assert refused.status == 409
    assert container in refused.message
    assert [v["Name"] for v in api.get("/volumes", filters={"dangling": ["false"]}).json["Volumes"]] == ["used"]
    api.remove(container)
    assert api.delete("/volumes/used").status == 204


def test_the_list_is_filtered(api: Api) -> None:
    for name in ("apples", "pears"):
        api.post("/volumes/create", {"Name": name, "Labels": {"fruit": name}})

    def names(**filters: list[str]) -> list[str]:
        return [volume["Name"] for volume in api.get("/volumes", filters=filters).json["Volumes"]]

    assert names() == ["apples", "pears"]
    assert names(name=["ppl"]) == names(label=["fruit=apples"]) == ["apples"]
    assert names(driver=["nfs"]) == names(dangling=["false"]) == []
    assert api.get("/volumes", filters={"dangling": ["maybe"]}).status == 400
    for name in ("apples", "pears"):
        api.delete(f"/volumes/{name}")


def test_prune_spares_named_volumes_since_1_42(api: Api) -> None:
    api.post("/volumes/create", {"Name": "named"})
    anonymous = api.post("/volumes/create", {}).json["Name"]
    assert api.post("/volumes/prune").json["VolumesDeleted"] == [anonymous]
    assert api.post("/volumes/prune", filters={"all": ["true"], "label!": ["x"]}).json["VolumesDeleted"] == ["named"]
    api.post("/volumes/create", {"Name": "named"})
    assert api.at("1.41").post("/volumes/prune").json["VolumesDeleted"] == ["named"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"Name": "../x"}, 400), ({"Name": "x1", "Driver": "nfs"}, 404), ({"Name": "x1", "DriverOpts": {"a": "b"}}, 400)],
)
def test_what_cannot_be_made_is_refused(api: Api, body: dict[str, object], status: int) -> None:
    assert api.post("/volumes/create", body).status == status
    assert api.get("/volumes").json["Volumes"] == []
