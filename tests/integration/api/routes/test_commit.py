"""/commit against a real daemon; what it makes of a container is compared with dockerd in tests/compat."""

from __future__ import annotations

import pytest

from tests.support.api_client import IMAGE, Api

pytestmark = pytest.mark.needs("root", "overlay")


def test_a_container_becomes_an_image_that_runs(api: Api) -> None:
    container = api.run("sh", "-c", "echo made > /made")
    api.wait(container)
    answer = api.post("/commit", container=container, repo="made", tag="v1", comment="by hand", author="me")
    assert answer.status == 201
    found = api.get("/images/made:v1/json").json
    assert (found["Id"], found["Comment"], found["Author"]) == (answer.json["Id"], "by hand", "me")
    assert found["Parent"] == api.get(f"/images/{IMAGE}/json").json["Id"]
    assert "commit" in api.events(container)
    runs = api.create("cat", "/made", Image="made:v1")
    api.post(f"/containers/{runs}/start")
    api.wait(runs)
    assert api.logs(runs) == "made\n"
    api.remove(runs)
    assert len(api.delete("/images/made:v1").json) == 3


def test_an_image_that_keeps_its_mount_points_hidden(api: Api) -> None:
    """The root of the image has no /etc and no /dev: what the runtime made to mount on is not the container's work."""
    container = api.run("true")
    api.wait(container)
    image_id = api.post("/commit", container=container).json["Id"]
    layers = api.get(f"/images/{image_id}/json").json["RootFS"]["Layers"]
    assert layers == api.get(f"/images/{IMAGE}/json").json["RootFS"]["Layers"]
    api.delete(f"/images/{image_id}")


def test_bad_requests_are_refused_before_anything_is_made(api: Api) -> None:
    before = api.get("/images/json", all=1).json
    container = api.create("true")
    for query in ({"repo": "UPPER"}, {"tag": "no tag", "repo": "x"}, {"changes": "RUN x"}):
        assert api.post("/commit", **{"container": container, **query}).status == 400
    assert api.get("/images/json", all=1).json == before
