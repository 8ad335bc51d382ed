"""/auth and /distribution against a real daemon; beside dockerd they are in tests/compat/test_images_registry.py."""

from __future__ import annotations

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
