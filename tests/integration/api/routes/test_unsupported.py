"""What Docker has and we do not: a sentence and never an empty success."""

from __future__ import annotations

import pytest

from tests.support.api_client import Api

pytestmark = pytest.mark.needs("root", "overlay")


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [("GET", "/swarm", 503, "not a swarm manager"), ("GET", "/services/x", 503, "not a swarm manager"),
     ("POST", "/secrets/create", 503, "not a swarm manager"), ("GET", "/plugins/x/set", 501, "not supported"),
     ("POST", "/session", 501, "not supported"), ("GET", "/containers/x/checkpoints", 501, "not supported"),
     ("GET", "/swarming", 404, "page not found"), ("GET", "/", 404, "page not found")],
)  # fmt: skip
def test_a_path_that_is_not_served_says_why(api: Api, method: str, path: str, status: int, said: str) -> None:
    answer = api.request(method, path)
    assert answer.status == status
    assert said in answer.message
