"""Routes by which images come and go, against a real daemon: what was compared with dockerd, request by request."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from tests.support.api_client import Answer, Api
from tests.support.docker_archive import docker_archive
from tests.support.registry_server import RegistryServer
from tests.support.tiny_image import image, layer, tar_of
from tests.support.web_files import web_files

pytestmark = pytest.mark.needs("root", "overlay")

ONE = image(layer({"one": b"1"}), process={"Labels": {"course": "os"}})
# A layer that no other test has brought here: only such a one is pulled completely.
FRESH = image(layer({"fresh": b"1"}))


def lines(answer: Answer) -> list[Any]:
    return [json.loads(line) for line in answer.content.splitlines()]


def test_a_pull_says_where_from_once_and_ends_with_digest_and_status(api: Api) -> None:
    with RegistryServer() as server:
        digest = server.add_image("team/one", "1", FRESH)
        name = f"{server.address}/team/one"
        told = lines(api.post("/images/create", fromImage=name, tag="1"))
        assert [line for line in told if line["status"].startswith("Pulling from")] == told[:1]
        assert (told[0]["status"], told[0]["id"]) == ("Pulling from team/one", "1")
        assert "Pull complete" in [line["status"] for line in told]
        assert [line["status"] for line in told[-2:]] == [
            f"Digest: {digest}", f"Status: Downloaded newer image for {name}:1",
        ]  # fmt: skip
        again = lines(api.post("/images/create", fromImage=name, tag="1"))
        assert again[-1]["status"] == f"Status: Image is up to date for {name}:1"
        missing = api.post("/images/create", fromImage=name, tag="9")
        assert missing.status == 404
        assert missing.message.startswith(f"manifest for {name}:9 not found")
        other = lines(api.post("/images/create", fromImage=name, tag="1", platform="linux/s390x"))
        assert other[-1]["status"].startswith("WARNING: image with reference")
        removed = api.delete(f"/images/{name}:1").json
        assert [list(entry) for entry in removed] == [["Untagged"], ["Untagged"], ["Deleted"], ["Deleted"]]


def test_a_pull_without_a_tag_brings_them_all(api: Api) -> None:
    with RegistryServer() as server:
        for tag, number in (("a", b"1"), ("b", b"2")):
            server.add_image("team/all", tag, image(layer({tag: number})))
        name = f"{server.address}/team/all"
        told = lines(api.post("/images/create", fromImage=name))
        assert [line["id"] for line in told if line["status"] == "Pulling from team/all"] == ["a", "b"]
        assert told[-1]["status"] == f"Status: Downloaded newer image for {name}"
    for tag in ("a", "b"):
        assert api.delete(f"/images/{name}:{tag}").status == 200


def test_an_image_that_is_saved_can_be_loaded(api: Api) -> None:
    api.post("/images/load", docker_archive({"saved:1": ONE}))
    content = api.get("/images/saved:1/get").content
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert {"index.json", "manifest.json", "oci-layout"} <= set(archive.getnames())
    api.delete("/images/saved:1")
    told = lines(api.post("/images/load", content, quiet=0))
    assert told[-1] == {"stream": "Loaded image: saved:1\n"}
    assert {line.get("status") for line in told[:-1]} == {"Loading layer"}
    api.delete("/images/saved:1")


def test_an_import_can_be_for_another_platform(api: Api) -> None:
    answer = api.post("/images/create", tar_of({"f": b"1"}), fromSrc="-", repo="armed", platform="linux/arm64")
    assert lines(answer)[-1]["status"] == api.get("/images/armed/json").json["Id"]
    assert api.get("/images/armed/json").json["Architecture"] == "arm64"
    api.delete("/images/armed")


def test_an_import_from_an_address_keeps_its_password_out_of_the_image(api: Api) -> None:
    with web_files({"/root.tar": tar_of({"f": b"1"})}) as address:
        source = f"{address.replace('://', '://alice:secret@')}/root.tar"
        told = lines(api.post("/images/create", fromSrc=source, repo="fetched"))
    shown = f"{address.replace('://', '://alice:***@')}/root.tar"
    assert told[0] == {"status": f"Downloading from {shown}"}
    (step,) = api.get("/images/fetched/history").json
    assert step["Comment"] == f"Imported from {shown}"
    api.delete("/images/fetched")


def test_a_file_that_is_no_image_is_refused(api: Api) -> None:
    (told,) = lines(api.post("/images/load", b"nonsense"))
    assert told["errorDetail"]["message"] == told["error"] == "tar stream ends in the middle of a header: it was cut"
    assert api.post("/images/create", b"", fromSrc="ftp://example.org/x.tar").status == 400
    assert api.post("/images/create", b"", fromSrc="http://127.0.0.1:9/x.tar").status == 503
    assert api.post("/images/create", fromImage="").status == 400


def test_an_image_is_pushed_to_where_its_name_says(api: Api) -> None:
    with RegistryServer() as server:
        name = f"{server.address}/team/one"
        api.post("/images/load", docker_archive({f"{name}:a": ONE}))
        api.post(f"/images/{name}:a/tag", repo=name, tag="b")
        # Some clients send a word that means nothing, since the header must be there.
        told = lines(api.post(f"/images/{name}/push", headers={"X-Registry-Auth": "placeholder"}))
        assert told[0] == {"status": f"The push refers to repository [{name}]"}
        assert [line["aux"]["Tag"] for line in told if "aux" in line] == ["a", "b"]
        assert sorted(server.tags("team/one")) == ["a", "b"]
        assert api.get(f"/images/{name}:a/json").json["RepoDigests"]
        failed = lines(api.post(f"/images/{name}/push", tag="c"))
        assert failed[-1]["error"] == f"tag does not exist: {name}:c"
        for tag in ("a", "b"):
            api.delete(f"/images/{name}:{tag}")
