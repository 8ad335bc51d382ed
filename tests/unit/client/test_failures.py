"""Tests of client.failures."""

from __future__ import annotations

import pytest

from jupyter_containers import errors
from jupyter_containers.client.failures import connection_lost, failure, failure_in_stream, no_connection


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidParameter),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (500, errors.ContainersError),
        (501, errors.Unsupported),
        (503, errors.Unavailable),
        (504, errors.DeadlineExceeded),
        (418, errors.ContainersError),
    ],
)
def test_a_status_is_a_kind(status: int, kind: type[errors.ContainersError]) -> None:
    assert type(failure(status, b'{"message": "no"}')) is kind


def test_the_message_is_the_daemons() -> None:
    error = failure(404, b'{"message": "No such image: x:latest"}')
    assert (error.message, error.details) == ("No such image: x:latest", {"status": 404})


@pytest.mark.parametrize(
    ("content", "message"), [(b"page not found\n", "page not found"), (b"", "answered 502"), (b"[]", "answered 502")]
)
def test_an_answer_without_json_is_its_own_message(content: bytes, message: str) -> None:
    assert message in failure(502, content).message


def test_a_line_without_an_error_reports_none() -> None:
    assert failure_in_stream({"stream": "x"}) is None


def test_the_details_of_an_error_in_a_stream_are_kept() -> None:
    line = {"error": "bad", "errorDetail": {"message": "worse", "code": 3, "line": 2, "end_line": 4, "other": 1}}
    error = failure_in_stream(line)
    assert error is not None
    assert (error.message, error.details) == ("worse", {"code": 3, "line": 2, "end_line": 4})


def test_an_error_without_details_is_an_error() -> None:
    error = failure_in_stream({"error": "bad"})
    assert error is not None
    assert error.message == "bad"


def test_failures_without_an_answer_name_the_daemon() -> None:
    assert "unix:///x" in no_connection("unix:///x", "refused").message
    assert "unix:///x" in connection_lost("unix:///x", "cut").message
