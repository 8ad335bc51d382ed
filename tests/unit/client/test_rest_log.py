"""Requests are written down without what could be a secret."""

from __future__ import annotations

import pytest

from jupyter_containers.client.rest_log import RestLog, shown_path
from jupyter_containers.errors import NotFound


def test_a_request_has_its_time_and_status() -> None:
    log = RestLog()
    with log.timing("GET", "/v1.51/info") as call:
        call.status = 200
    (written,) = log.calls
    assert (written.method, written.path, written.status) == ("GET", "/v1.51/info", 200)
    assert written.duration_us >= 0
    assert written.to_json()["began_us"] == written.began_us >= 0


def test_a_refused_request_has_the_status_of_its_answer() -> None:
    log = RestLog()
    with pytest.raises(NotFound), log.timing("GET", "/x"):
        raise NotFound("no such thing", status=404)
    assert log.calls[0].status == 404


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/v1.51/containers/json?all=1", "/v1.51/containers/json?all=1"),
        ("/build?buildargs=%7B%22TOKEN%22%3A%22x%22%7D&t=app", "/build?buildargs=…&t=app"),
        ("/build?remote=https%3A%2F%2Fme%3Asecret%40host%2Fx.git", "/build?remote=…"),
        ("/containers/json?filters=%7B%22a%22%3A1%7D", "/containers/json?filters=…"),
        (f"/x?y={'z' * 200}", "/x?y=…"),
        ("/_ping", "/_ping"),
    ],
)
def test_only_what_cannot_be_a_secret_is_shown_of_a_query(path: str, shown: str) -> None:
    assert shown_path(path) == shown


def test_each_log_has_a_word_of_its_own() -> None:
    assert len({RestLog().token, RestLog().token}) == 2
    assert len(RestLog().token) == 32
