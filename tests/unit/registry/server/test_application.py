"""Tests of registry.server.application: the table. What it answers is seen in integration/registry/server."""

from __future__ import annotations

import json

from jupyter_containers.registry.server import refusals
from jupyter_containers.registry.server.application import ANSWERS, refused
from jupyter_containers.registry.server.targets import Kind


def test_each_kind_of_target_has_an_answer() -> None:
    assert set(ANSWERS) == set(Kind)


def test_a_refusal_becomes_an_answer() -> None:
    answer = refused(refusals.bad_digest("x"))
    assert answer.status == 400
    assert answer.content_type == "application/json"
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["errors"][0]["code"] == "DIGEST_INVALID"
