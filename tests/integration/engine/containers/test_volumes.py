"""Volumes: filled once from the image, kept over containers, shared."""

from __future__ import annotations

from tests.support.api_client import Api


def listing(api: Api, volume: str, *, host: dict[str, object] | None = None) -> str:
    return api.output("sh", "-c", "ls /v; stat -c '%a %u' /v", host={"Binds": [f"{volume}:/v"], **(host or {})})


def test_a_new_volume_gets_what_the_image_has_there(api: Api) -> None:
    assert "passwd" in api.output("ls", "/etc", host={"Binds": ["filled:/etc"]})
    assert "passwd" in listing(api, "filled")
    api.output("sh", "-c", "rm /v/passwd; touch /v/mine", host={"Binds": ["filled:/v"]})
    names = api.output("ls", "/etc", host={"Binds": ["filled:/etc"]})
    assert "mine" in names
    assert "passwd" not in names
    api.delete("/volumes/filled")


def test_nocopy_leaves_it_empty(api: Api) -> None:
    assert "passwd" not in api.output("ls", "/etc", host={"Binds": ["bare:/etc:nocopy"]})
    api.delete("/volumes/bare")


def test_another_containers_volumes_come_along(api: Api) -> None:
    owner = api.create("true", host={"Binds": ["shared:/a", "/anonymous"]})
    api.output("sh", "-c", "touch /a/x /anonymous/y", host={"VolumesFrom": [owner]})
    output = api.output("sh", "-c", "ls /a /anonymous; touch /a/z", host={"VolumesFrom": [f"{owner}:rw"]})
    assert "x" in output
    assert "y" in output
    reader = api.run("touch", "/a/no", host={"VolumesFrom": [f"{owner}:ro"]})
    assert api.wait(reader) == 1
    assert "Read-only file system" in api.logs(reader)
    api.remove(reader)
    api.remove(owner)
    api.delete("/volumes/shared")
