"""Tests of registry.server.refusals."""

from __future__ import annotations

import json

from jupyter_containers.registry.server import refusals


def test_a_refusal_is_an_error_of_the_protocol() -> None:
    refusal = refusals.no_blob("sha256:0")
    assert refusal.answer_status == 404
    assert json.loads(refusal.body()) == {
        "errors": [{"code": "BLOB_UNKNOWN", "message": "no blob sha256:0 in this repository", "detail": None}]
    }


def test_a_name_that_is_no_name_does_not_fill_the_answer_with_itself() -> None:
    assert refusals.too_large("the blob", 5).answer_status == 413
    assert "at most 5 bytes" in refusals.too_large("the blob", 5).message
