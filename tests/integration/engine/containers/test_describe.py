"""What inspect and the list say of a container's size, and of where it is."""

from __future__ import annotations

from pathlib import Path

from tests.support.api_client import Api


def test_sizes_are_counted_on_request(api: Api) -> None:
    container = api.run("sh", "-c", "head -c 500000 /dev/zero > /file")
    api.wait(container)
    assert "SizeRw" not in api.inspect(container)
    body = api.get(f"/containers/{container}/json", size=1).json
    assert 500_000 <= body["SizeRw"] < 700_000
    assert body["SizeRootFs"] > body["SizeRw"] + 1_000_000
    [entry] = api.get("/containers/json", all=1, size=1, filters={"id": [container]}).json
    assert (entry["SizeRw"], entry["SizeRootFs"]) == (body["SizeRw"], body["SizeRootFs"])


def test_the_files_it_names_are_there(api: Api) -> None:
    container = api.run("sh", "-c", "echo hi; sleep 60")
    body = api.inspect(container)
    for name in ("HostsPath", "HostnamePath", "ResolvConfPath", "LogPath"):
        assert Path(body[name]).exists()
    assert Path(body["GraphDriver"]["Data"]["UpperDir"]).is_dir()
    assert Path(body["NetworkSettings"]["SandboxKey"]).exists()


def test_the_list_shows_the_id_of_an_image_whose_name_has_moved(api: Api) -> None:
    container = api.create("true")
    [entry] = api.get("/containers/json", all=1).json
    assert entry["Image"] == "busybox"
    body = api.inspect(container)
    assert (entry["ImageID"], entry["Names"]) == (body["Image"], [body["Name"]])
