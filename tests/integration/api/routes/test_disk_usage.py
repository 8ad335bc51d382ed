"""What takes how much disk, measured by what was written."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_client import Api

pytestmark = pytest.mark.needs("root", "overlay")


def find(entries: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    [found] = [entry for entry in entries if all(entry[name] == value for name, value in wanted.items())]
    return found


def test_what_is_written_is_what_is_told(api: Api) -> None:
    script = "head -c 5000 /dev/zero > /own; head -c 7000 /dev/zero > /v/file; ln /v/file /v/link"
    container = api.run("sh", "-c", script, host={"Binds": ["full:/v"]})
    assert api.wait(container) == 0
    api.post("/volumes/create", {"Name": "else", "DriverOpts": {"type": "tmpfs", "device": "tmpfs"}})
    usage = api.get("/system/df").json
    assert find(usage["Volumes"], Name="full")["UsageData"] == {"RefCount": 1, "Size": 7000}
    assert [volume["Name"] for volume in usage["Volumes"]] == ["full"]
    listed = find(usage["Containers"], Id=container)
    assert listed["SizeRw"] == 5000
    image = find(usage["Images"], Id=api.inspect(container)["Image"])
    assert (image["Containers"], image["SharedSize"]) == (1, 0)
    assert usage["LayersSize"] == image["Size"] == listed["SizeRootFs"] - 5000
    assert usage["BuildCache"] == []
    api.remove(container)
    api.delete("/volumes/full")
    api.delete("/volumes/else")


def test_what_goes_and_moves_meanwhile_does_not_fail_it(api: Api) -> None:
    done = threading.Event()
    place = Path(api.post("/volumes/create", {"Name": "busy"}).json["Mountpoint"])
    for name in ("a/deep/er", "b"):
        (place / name).mkdir(parents=True)

    def storm() -> None:
        while not done.is_set():
            api.delete(f"/volumes/{api.post('/volumes/create', {}).json['Name']}")
            for _ in range(50):
                (place / "a/deep").rename(place / "b/deep")
                (place / "b/deep").rename(place / "a/deep")

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        answers = [api.get("/system/df", type="volume") for _ in range(100)]
    finally:
        done.set()
        thread.join()
    assert {answer.status for answer in answers} == {200}
    api.delete("/volumes/busy")


def test_layers_that_images_share_are_counted_once(api: Api) -> None:
    made = api.post("/commit", {}, container=(container := api.create("true")), repo="second")
    assert made.status == 201
    usage = api.get("/system/df", type="image").json
    first, second = (find(usage["Images"], RepoTags=[f"{name}:latest"]) for name in ("busybox", "second"))
    assert first["SharedSize"] == second["SharedSize"] == first["Size"] == usage["LayersSize"]
    api.remove(container)
    api.delete("/images/second")


def test_parts_are_asked_for_alone(api: Api) -> None:
    usage = api.get("/system/df", type="volume").json
    assert (usage["Images"], usage["Containers"], usage["BuildCache"], usage["LayersSize"]) == (None, None, None, 0)
    assert usage["Volumes"] == []
    refused = api.get("/system/df", type="pictures")
    assert (refused.status, refused.message) == (400, "unknown object type: pictures")
    assert api.at("1.41").get("/system/df", type="volume").json["BuilderSize"] == 0
