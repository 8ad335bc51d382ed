"""Tests of compose.checking: what could not be carried out is told when the file is read, with its line."""

from __future__ import annotations

import pytest

from jupyter_containers.compose.source import WrongFile
from tests.support.compose_files import project

FILE = """
services:
  db: {image: y}
  web:
    image: x
    %s
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("restart: sometimes", "services.web.restart: 'sometimes' is none of no, always"),
        ("expose: [x]", "services.web.expose: 'x' is no port"),
        ("healthcheck: {test: [a]}", "services.web.healthcheck.test begins with 'a'"),
        ("gpus: [{count: al}]", "services.web.gpus: count 'al' is neither a number nor all"),
        ("gpus: [{count: 1, device_ids: ['0']}]", "services.web.gpus: it has both count and device_ids"),
        (
            "deploy: {resources: {reservations: {devices: [{count: -2}]}}}",
            "services.web.deploy.resources.reservations.devices: count '-2' is neither a number nor all",
        ),
        ("volumes: [{type: bind, target: /x}]", "services.web.volumes: the bind at /x has no source"),
        ("entrypoint: a 'b", 'services.web.entrypoint: cannot take "a \'b" apart: No closing quotation'),
        ("post_start: [{command: a 'b}]", 'services.web.post_start: cannot take "a \'b" apart: No closing quotation'),
        ("pre_stop: [{command: a 'b}]", 'services.web.pre_stop: cannot take "a \'b" apart: No closing quotation'),
        ("develop: {watch: [{path: a, action: sync}]}", "services.web.develop.watch[0]: sync needs a target"),
        (
            "develop: {watch: [{path: a, action: sync+exec, target: /t, exec: {command: a 'b}}]}",
            'services.web.develop.watch: cannot take "a \'b" apart',
        ),
    ],
)
def test_what_cannot_be_carried_out(text: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        project(FILE % text)
    assert caught.value.message.startswith(f"the cell, line 6: {message}")


def test_who_lives_with_another_service_is_no_mistake() -> None:
    found = project(FILE % "network_mode: service:db\n    volumes_from: [db]\n    links: [db]")
    assert list(found.services) == ["db", "web"]
