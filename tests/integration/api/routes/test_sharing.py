"""/registry: what it answers and refuses. What is served is in integration/engine/test_sharing.py."""

from __future__ import annotations

import pytest

from tests.support.api_client import Api


def test_a_registry_begins_is_told_of_and_ends(api: Api) -> None:
    begun = api.post("/registry", {"listen": "127.0.0.1:0", "images": ["team/*"]})
    assert begun.status == 200
    assert begun.json["images"] == ["team/*"]
    assert begun.json["url"].startswith("http://127.0.0.1:")
    assert api.get("/registry").json == begun.json
    assert api.post("/registry", {}).status == 409
    assert api.delete("/registry").json == begun.json
    assert (api.delete("/registry").status, api.get("/registry").status) == (404, 404)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"listen": "0.0.0.0:0"}, "without TLS"),
        ({"listen": "nonsense"}, "must be HOST:PORT"),
        ({"port": 1}, "unknown field port"),
        ({"images": "x"}, "images a list of texts"),
        ({"images": 0}, "images a list of texts"),
        ({"htpasswd": False}, "htpasswd, tlsCertificate and tlsKey must be texts"),
        ({"htpasswd": "/nowhere"}, "cannot read htpasswd file /nowhere"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, body: dict[str, object], message: str) -> None:
    answer = api.post("/registry", body)
    assert answer.status == 400
    assert message in answer.json["message"]
    assert api.get("/registry").status == 404
