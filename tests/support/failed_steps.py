"""Steps of a build that fail, and containers where they failed."""

from __future__ import annotations

import json
from typing import Any

from tests.support.api_client import Api, ok
from tests.support.tiny_image import tar_of


def fail(api: Api, dockerfile: str, **query: Any) -> dict[str, Any]:
    """Build what cannot be built; return the last line of the answer."""
    context = tar_of({"Dockerfile": dockerfile.encode()})
    answer = api.request(
        "POST", "/build", context, headers={"Content-Type": "application/x-tar"}, networkmode="none", **query
    )
    assert answer.status == 200, answer.content
    last: dict[str, Any] = json.loads(answer.content.splitlines()[-1])
    assert "failure" in last["errorDetail"], last
    return last


def enter(api: Api, name: str = "last", **body: Any) -> str:
    """Make a container where a step failed; return its id."""
    return str(ok(api.post(f"/build/failures/{name}/container", body)).json["Id"])
