"""Tests of compose.configuration."""

from __future__ import annotations

import json

from jupyter_containers.compose.configuration import as_json, as_yaml, configuration
from tests.support.compose_files import project

FILE = """
services:
  web: {image: 'x:$TAG', environment: [A=$$1, B], ports: ['80'], volumes: [data:/d], secrets: [s]}
  db: {image: y, network_mode: none}
volumes: {data: }
secrets: {s: {environment: B}}
"""


def test_a_project_written_out_is_the_same_project() -> None:
    shop = project(FILE, variables={"TAG": "1", "B": "b"})
    again, third = (project(write(shop), variables={"B": "b"}) for write in (as_yaml, as_json))
    assert configuration(again) == configuration(third) == configuration(shop)
    assert {name: service.hash() for name, service in again.services.items()} == {
        name: service.hash() for name, service in shop.services.items()
    }


def test_it_is_complete_and_shows_no_secret() -> None:
    found = json.loads(as_json(project(FILE, variables={"TAG": "1", "B": "b"})))
    assert found["services"]["web"]["environment"] == {"A": "$$1", "B": "b"}
    assert found["services"]["web"]["networks"] == {"default": {}}
    assert "networks" not in found["services"]["db"]
    assert found["networks"] == {"default": {"name": "shop_default"}}
    assert found["volumes"] == {"data": {"name": "shop_data"}}
    assert found["secrets"] == {"s": {"environment": "B"}}
