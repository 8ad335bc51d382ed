"""Images as files: save, load, import; seen to pass on dockerd."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.busybox_image import rootfs_tar
from tests.support.daemon import Docker
from tests.support.docker_archive import docker_archive


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    name = f"files{uuid.uuid4().hex[:12]}"
    yield name
    names = docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    for each in names:
        if name in each:
            docker("rmi", "-f", each)


def inspect(docker: Docker, name: str) -> Any:
    return json.loads(docker("image", "inspect", name).stdout)[0]


def save(docker: Docker, *names: str) -> dict[str, bytes]:
    """Return the files of `docker save`."""
    content = subprocess.run(docker.command("save", *names), capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = {}
        for member in archive:
            if member.isfile() or member.issym():
                file = archive.extractfile(member)
                files[member.name] = file.read() if file is not None else b""
        return files


def built(docker: Docker, name: str, *lines: str) -> str:
    docker("build", "-q", "--network", "none", "-t", name, "-", stdin="\n".join(("FROM busybox", *lines)))
    return str(inspect(docker, name)["Id"])


def test_a_saved_image_has_its_config_its_layers_and_its_name(docker: Docker, name: str) -> None:
    image_id = built(docker, f"{name}:v1", "RUN echo 1 > /one", "CMD cat /one")
    files = save(docker, f"{name}:v1")
    (entry,) = json.loads(files["manifest.json"])
    assert entry["RepoTags"] == [f"{name}:v1"]
    assert hashlib.sha256(files[entry["Config"]]).hexdigest() == image_id[7:]
    config = json.loads(files[entry["Config"]])
    diff_ids = [f"sha256:{hashlib.sha256(files[layer]).hexdigest()}" for layer in entry["Layers"]]
    assert diff_ids == config["rootfs"]["diff_ids"] == inspect(docker, f"{name}:v1")["RootFS"]["Layers"]


def test_several_images_are_saved_at_once_and_come_back(docker: Docker, name: str) -> None:
    one, two = built(docker, f"{name}:1", "ENV N=1"), built(docker, f"{name}:2", "ENV N=2")
    docker("tag", f"{name}:2", f"example.org/{name}:three")
    content = subprocess.run(
        docker.command("save", f"{name}:1", f"example.org/{name}:three", two), capture_output=True, check=True
    ).stdout
    docker("rmi", f"{name}:1", f"{name}:2", f"example.org/{name}:three")
    assert set(docker("load", stdin=content).stdout.splitlines()) == {
        f"Loaded image: {name}:1",
        f"Loaded image: example.org/{name}:three",
    }
    assert (inspect(docker, f"{name}:1")["Id"], inspect(docker, f"example.org/{name}:three")["Id"]) == (one, two)


def test_a_repository_without_a_tag_means_all_its_tags(docker: Docker, name: str) -> None:
    built(docker, f"{name}:1", "ENV N=1")
    built(docker, f"{name}:2", "ENV N=2")
    entries = json.loads(save(docker, name)["manifest.json"])
    assert sorted(tag for entry in entries for tag in entry["RepoTags"]) == [f"{name}:1", f"{name}:2"]


def test_an_image_that_is_saved_by_its_id_has_no_name(docker: Docker, name: str) -> None:
    image_id = built(docker, name, "ENV N=1")
    for text in (image_id, image_id[7:], image_id[7:17]):
        (entry,) = json.loads(save(docker, text)["manifest.json"])
        assert not entry["RepoTags"]


def test_what_is_not_there_is_not_saved(api: Api, name: str) -> None:
    for answer in (api.get(f"/images/{name}/get"), api.get("/images/get", names=name)):
        assert (answer.status, answer.message) == (404, f"No such image: {name}")


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda content: content,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_an_archive_may_be_compressed(docker: Docker, name: str, packing: str) -> None:
    image = tiny_image.image(tiny_image.layer({"f": packing.encode()}, compression="none"))
    content = PACKINGS[packing](docker_archive({f"{name}:1": image}))
    assert docker("load", stdin=content).stdout == f"Loaded image: {name}:1\n"
    assert inspect(docker, f"{name}:1")["Id"] == str(image.image_id)
    # A second time nothing is new.
    assert docker("load", stdin=content).stdout == f"Loaded image: {name}:1\n"


def test_a_name_that_was_another_images_goes_over(docker: Docker, api: Api, name: str) -> None:
    old = tiny_image.image(tiny_image.layer({"f": b"old"}, compression="none"))
    new = tiny_image.image(tiny_image.layer({"f": b"new"}, compression="none"))
    docker("load", stdin=docker_archive({f"{name}:1": old}))
    lines = api.post("/images/load", docker_archive({f"{name}:1": new}), quiet=1).content.splitlines()
    assert [json.loads(line)["stream"] for line in lines] == [
        f"The image {name}:1 already exists, renaming the old one with ID {old.image_id} to empty string\n",
        f"Loaded image: {name}:1\n",
    ]
    assert inspect(docker, f"{name}:1")["Id"] == str(new.image_id)
    docker("rmi", str(old.image_id))


def test_a_load_that_is_not_quiet_tells_how_far_it_is(api: Api, docker: Docker, name: str) -> None:
    image = tiny_image.image(tiny_image.layer({"f": b"1" * 3_000_000}, compression="none"))
    answer = api.post("/images/load", docker_archive({f"{name}:1": image}), quiet=0)
    lines = [json.loads(line) for line in answer.content.splitlines()]
    steps = [line for line in lines if line.get("status") == "Loading layer"]
    assert steps
    assert all(line["progressDetail"]["current"] <= line["progressDetail"]["total"] for line in steps)
    assert lines[-1] == {"stream": f"Loaded image: {name}:1\n"}


def test_a_root_file_system_is_imported(docker: Docker, api: Api, name: str) -> None:
    answer = api.post(
        "/images/create", gzip.compress(rootfs_tar()), fromSrc="-", repo=name, tag="v1", message="by hand",
        changes='ENV PATH=/bin\nCMD ["echo", "hi"]\nEXPOSE 80',
    )  # fmt: skip
    image = inspect(docker, f"{name}:v1")
    assert json.loads(answer.content.splitlines()[-1])["status"] == image["Id"]
    assert image["Comment"] == "by hand"
    assert set(image["Config"]["ExposedPorts"]) == {"80/tcp"}
    assert docker("run", "--rm", f"{name}:v1").stdout == "hi\n"
    refused = api.post("/images/create", b"", fromSrc="-", repo=name, changes="RUN x")
    assert (refused.status, refused.message) == (400, "run is not a valid change command")


def test_an_import_may_have_no_name(docker: Docker, api: Api) -> None:
    answer = api.post("/images/create", tiny_image.tar_of({"f": b"1"}), fromSrc="-")
    image_id = json.loads(answer.content.splitlines()[-1])["status"]
    image = inspect(docker, image_id)
    assert (image["RepoTags"], image["Comment"]) == ([], "Imported from -")
    docker("rmi", image_id)
