"""Failures: each kind with its status, and whatever else happens as a sentence."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from jupyter_containers.api.failures import failure, failures
from jupyter_containers.errors import KINDS, ContainersError, NotFound


def answer(error: Exception) -> tuple[int, object]:
    """Return what a client gets when a handler raises."""

    async def handler(_request: web.Request) -> web.StreamResponse:
        raise error

    response = asyncio.run(failures(make_mocked_request("GET", "/x"), handler))  # type: ignore[arg-type]
    assert isinstance(response, web.Response)
    assert response.headers["Content-Type"] == "application/json", "the docker CLI reads no other"
    assert isinstance(response.body, bytes)
    return response.status, json.loads(response.body)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)
def test_a_kind_has_its_status_and_keeps_its_message(kind: type[ContainersError]) -> None:
    assert answer(kind("what happened")) == (kind.status, {"message": "what happened"})


def test_details_can_say_another_status() -> None:
    assert failure(NotFound("gone", status=409)).status == 409


def test_an_unknown_path_or_method_gets_json_too() -> None:
    assert answer(web.HTTPMethodNotAllowed("PUT", ["GET"])) == (405, {"message": "Method Not Allowed"})


def test_what_nobody_expected_is_500_and_in_the_log_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert answer(ZeroDivisionError("division by zero")) == (500, {"message": "division by zero"})
        assert answer(KeyError()) == (500, {"message": "KeyError"})
    assert caplog.records[0].exc_info is not None


def test_a_client_that_went_away_is_nobodys_failure() -> None:
    with pytest.raises(ConnectionResetError):
        answer(ConnectionResetError("gone"))
