"""Routes of networks against a real daemon."""

from __future__ import annotations

import pytest

from tests.support.api_client import Api

pytestmark = pytest.mark.needs("root", "overlay")


def test_the_predefined_networks_are_listed_and_filtered(api: Api) -> None:
    assert {network["Name"] for network in api.get("/networks").json} == {"bridge", "host", "none"}

    def names(**filters: list[str]) -> set[str]:
        return {network["Name"] for network in api.get("/networks", filters=filters).json}

    assert names(driver=["null"]) == {"none"}
    assert names(name=["brid"]) == {"bridge"}
    assert names(type=["custom"]) == names(dangling=["true"]) == names(label=["x"]) == set()
    assert api.get("/networks", filters={"colour": ["red"]}).status == 400


def test_a_network_is_inspected_by_name_and_id_with_its_containers(api: Api) -> None:
    bridge = api.get("/networks/bridge").json
    assert api.get(f"/networks/{bridge['Id'][:12]}").json["Id"] == bridge["Id"]
    assert bridge["Containers"] == {}
    container = api.run("sleep", "1000", name="on-host", host={"NetworkMode": "host"})
    assert [entry["Name"] for entry in api.get("/networks/host").json["Containers"].values()] in (["on-host"], [])
    assert api.get("/networks/ghost").message == "network ghost not found"
    api.remove(container)


def test_a_network_is_made_once_and_the_predefined_ones_stay(api: Api) -> None:
    created = api.post("/networks/create", {"Name": "mine"})
    assert created.status == 201
    assert api.get("/networks/mine").json["Id"] == created.json["Id"]
    assert api.post("/networks/create", {"Name": "mine"}).status == 409
    assert api.post("/networks/create", {"Name": "bridge"}).status == 403
    assert api.delete("/networks/bridge").status == 403
    assert api.post("/networks/mine/connect", {"Container": "x"}).message == "No such container: x"
    assert api.post("/networks/mine/disconnect", {"Container": "x"}).status == 404
    assert api.post("/networks/prune").json == {"NetworksDeleted": ["mine"]}
    assert api.post("/networks/prune").json == {"NetworksDeleted": None}
