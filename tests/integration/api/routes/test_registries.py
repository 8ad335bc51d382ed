"""/auth, /distribution and /images/search against a real daemon; tests/compat/test_images_registry.py has dockerd."""

from __future__ import annotations

import json

import pytest

from tests.support.api_client import Api
from tests.support.registry_server import RegistryServer
from tests.support.tiny_image import image, layer

pytestmark = pytest.mark.needs("root", "overlay")

ONE = image(layer({"one": b"1"}))


def test_credentials_are_shown_to_the_registry_and_kept_nowhere(api: Api) -> None:
    with RegistryServer(authentication="bearer", users={"alice": "pw"}) as server:
        server.token_answer = {"refresh_token": "identity"}
        body = {"username": "alice", "password": "pw", "serveraddress": server.address}
        assert api.post("/auth", body).json == {"IdentityToken": "identity", "Status": "Login Succeeded"}
        refused = api.post("/auth", {**body, "password": "no"})
        assert refused.status == 401
        assert api.post("/auth", {**body, "password": 7}).status == 400


def test_a_name_is_described(api: Api) -> None:
    with RegistryServer() as server:
        server.add_image("team/one", "1", ONE)
        found = api.get(f"/distribution/{server.address}/team/one:1/json").json
        assert found["Descriptor"]["digest"] == str(ONE.digest)
        assert api.get(f"/distribution/{server.address}/team/one:2/json").status == 404


def test_a_registry_with_an_index_is_searched(api: Api) -> None:
    with RegistryServer() as server:
        entries = [
            {"name": "app", "description": "runs", "star_count": 7, "is_official": True},
            {"name": "mine/app", "star_count": 1},
        ]
        server.pages["/v1/search?q=app&n=25"] = json.dumps({"results": entries}).encode()
        term = f"{server.address}/app"
        first, second = api.get("/images/search", term=term, limit=0).json
        assert first == {
            "star_count": 7, "is_official": True, "name": "app", "is_automated": False, "description": "runs",
        }  # fmt: skip
        assert (second["name"], second["description"], second["is_official"]) == ("mine/app", "", False)
        for filters, names in (
            ({"stars": ["2"]}, ["app"]), ({"is-official": ["false"]}, ["mine/app"]), ({"is-automated": ["true"]}, []),
        ):  # fmt: skip
            assert [entry["name"] for entry in api.get("/images/search", term=term, filters=filters).json] == names
        for wrong in ({"stars": ["many"]}, {"is-official": ["perhaps"]}, {"colour": ["red"]}):
            assert api.get("/images/search", term=term, filters=wrong).status == 400
    assert api.get("/images/search", term=term, limit=101).message == "limit 101 is outside the range of [1, 100]"
    assert "parameter term is empty" in api.get("/images/search").message
    nobody = api.get("/images/search", term="app")
    assert (nobody.status, "name one that has /v1/search" in nobody.message) == (501, True)
