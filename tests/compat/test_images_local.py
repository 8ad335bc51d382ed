"""Images as they are kept: names, lists, filters, inspect, history, removal, prune; seen to pass on dockerd."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.docker_archive import docker_archive
from tests.support.registry_server import RegistryServer


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    """A name that nobody has; images with it, or with it as their label, go with the test."""
    name = f"local{uuid.uuid4().hex[:12]}"
    yield name
    for each in docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split():
        if name in each:
            docker("rmi", "-f", each, code=None)
    for each in docker("images", "-aq", "--filter", f"label=of={name}").stdout.split():
        docker("rmi", "-f", each, code=None)


def made(name: str, *parts: str, **config: Any) -> tiny_image.TinyImage:
    """Return an image of a layer for each part, labelled by the test's name."""
    layers = [tiny_image.layer({part: f"{name}{part}".encode()}, compression="none") for part in parts or ("file",)]
    return tiny_image.image(*layers, process={"Labels": {"of": name}, **config})


def load(docker: Docker, **images: tiny_image.TinyImage) -> None:
    docker("load", stdin=docker_archive({tag.replace("__", ":"): image for tag, image in images.items()}))


def inspect(docker: Docker, name: str) -> Any:
    return json.loads(docker("image", "inspect", name).stdout)[0]


def listed(api: Api, name: str, **filters: list[str]) -> list[list[str]]:
    """Return the tags of the images of a test that pass the filters, the newest first."""
    found = api.get("/images/json", filters=json.dumps({"label": [f"of={name}"], **filters})).json
    return [entry["RepoTags"] for entry in found]


def remove(api: Api, name: str, **query: Any) -> list[str]:
    """Remove and return what went, or the refusal."""
    answer = api.delete(f"/images/{name}", **query)
    if answer.status != 200:
        return [f"{answer.status}: {answer.message}"]
    return [entry.get("Untagged") or entry["Deleted"] for entry in answer.json]


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        ("{}", "", "{}:latest"), ("{}:x", "", "{}:x"), ("docker.io/library/{}", "y", "{}:y"),
        ("index.docker.io/{}", "", "{}:latest"), ("localhost/{}", "", "localhost/{}:latest"),
        ("localhost:5000/{}", "A.b-c_1", "localhost:5000/{}:A.b-c_1"), ("Upper.org/{}", "", "Upper.org/{}:latest"),
        ("team/{}", "", "team/{}:latest"), ("a.b/c/d/{}", "1", "a.b/c/d/{}:1"),
    ],
)  # fmt: skip
def test_a_name_is_read_as_docker_reads_it(api: Api, docker: Docker, name: str, case: tuple[str, str, str]) -> None:
    repo, tag, full = case
    assert api.post("/images/busybox/tag", repo=repo.format(name), tag=tag).status == 201
    assert full.format(name) in inspect(docker, "busybox")["RepoTags"]
    docker("rmi", full.format(name))


@pytest.mark.parametrize(
    ("repo", "tag"),
    [
        ("", ""), ("Upper", ""), ("a b", ""), ("a", "x y"), ("a", "x" * 129), ("a//b", ""), ("-a", ""), ("a-", ""),
        ("a" * 256, ""), ("a", ".x"), ("f" * 64, ""), (f"a@sha256:{'a' * 64}", ""), ("a:b:c", ""), ("a/", ""),
    ],
)  # fmt: skip
def test_a_bad_name_is_refused(api: Api, repo: str, tag: str) -> None:
    answer = api.post("/images/busybox/tag", repo=repo, tag=tag)
    assert answer.status >= 400
    said = "invalid reference format|invalid tag format|refusing to create a tag|255 characters|64-byte hexadecimal"
    assert re.search(said, answer.message)


def test_an_image_is_found_by_whatever_names_it(docker: Docker, api: Api, name: str) -> None:
    load(docker, **{f"{name}__v1": made(name)})
    image_id = inspect(docker, f"{name}:v1")["Id"]
    for text in (f"{name}:v1", f"docker.io/library/{name}:v1", image_id, image_id[7:], image_id[7:19], image_id[:19]):
        answer = api.get(f"/images/{text}/json")
        assert (answer.status, answer.json.get("Id")) == (200, image_id), text
    for text, said in ((name, f"{name}:latest"), (f"{name}:v2", f"{name}:v2"), ("f" * 64, f"sha256:{'f' * 64}")):
        answer = api.get(f"/images/{text}/json")
        assert answer.status == 404
        assert answer.message.endswith(f"No such image: {said}")


# --- looking -------------------------------------------------------------------------------------------------------


def test_inspect_has_what_the_config_says(docker: Docker, api: Api, name: str) -> None:
    image = made(
        name, "a", "b", Cmd=["c"], Entrypoint=["e"], Env=["A=1"], ExposedPorts={"80/tcp": {}}, Volumes={"/v": {}},
        WorkingDir="/w", User="u", StopSignal="SIGINT", OnBuild=["RUN x"], Shell=["/s"],
        Healthcheck={"Test": ["CMD", "h"], "Interval": 5_000_000_000},
    )  # fmt: skip
    load(docker, **{f"{name}__v1": image})
    found = api.get(f"/images/{name}:v1/json").json
    assert found["Id"] == str(image.image_id)
    assert (found["RepoTags"], found["RepoDigests"], found["Parent"]) == ([f"{name}:v1"], [], "")
    assert (found["Comment"], found["Author"], found["Created"]) == ("", "", "2024-01-01T00:00:00Z")
    assert (found["Architecture"], found["Os"], found["Size"]) == ("amd64", "linux", 2 * len(f"{name}a"))
    assert found["VirtualSize"] == found["Size"]
    assert found["RootFS"] == {"Type": "layers", "Layers": [str(layer.diff_id) for layer in image.layers]}
    assert found["GraphDriver"]["Name"] == "overlay2"
    assert found["GraphDriver"]["Data"]["UpperDir"].startswith("/")
    assert found["Metadata"]["LastTagTime"] == "0001-01-01T00:00:00Z"
    docker("tag", f"{name}:v1", f"{name}:v2")
    assert api.get(f"/images/{name}:v1/json").json["Metadata"]["LastTagTime"].startswith("20")
    config = found["Config"]
    assert (config["Cmd"], config["Entrypoint"], config["Env"], config["Labels"]) == (
        ["c"], ["e"], ["A=1"], {"of": name},
    )  # fmt: skip
    assert (config["ExposedPorts"], config["Volumes"], config["WorkingDir"]) == ({"80/tcp": {}}, {"/v": {}}, "/w")
    assert (config["User"], config["StopSignal"], config["OnBuild"], config["Shell"]) == (
        "u", "SIGINT", ["RUN x"], ["/s"],
    )  # fmt: skip
    assert config["Healthcheck"] == {"Test": ["CMD", "h"], "Interval": 5_000_000_000}
    assert (config["Hostname"], config["AttachStdin"], config["Image"]) == ("", False, "")


def test_history_counts_each_layer(docker: Docker, api: Api, name: str) -> None:
    image = made(name, "a", "b")
    load(docker, **{f"{name}__v1": image, f"{name}__v2": image})
    newest, oldest = api.get(f"/images/{name}:v1/history").json
    assert newest == {
        "Comment": "", "Created": 1_704_067_200, "CreatedBy": "layer 1", "Id": str(image.image_id),
        "Size": len(f"{name}b"), "Tags": [f"{name}:v1", f"{name}:v2"],
    }  # fmt: skip
    assert (oldest["Id"], oldest["CreatedBy"], oldest["Tags"]) == ("<missing>", "layer 0", None)


def test_an_entry_of_the_list_has_dockers_fields(docker: Docker, api: Api, name: str) -> None:
    image = made(name)
    load(docker, **{f"{name}__v1": image})
    (entry,) = api.get("/images/json", filters=json.dumps({"reference": [f"{name}:v1"]})).json
    assert entry["Id"] == str(image.image_id)
    assert (entry["RepoTags"], entry["ParentId"], entry["Labels"]) == ([f"{name}:v1"], "", {"of": name})
    assert (entry["Created"], entry["Size"], entry["VirtualSize"]) == (1_704_067_200, len(f"{name}file"), entry["Size"])
    assert (entry["Containers"], entry["SharedSize"]) == (-1, -1)


def test_the_list_is_filtered(docker: Docker, api: Api, name: str) -> None:
    load(docker, **{f"{name}__v1": made(name, "a")})
    load(docker, **{f"{name}/sub__v2": made(name, "b")})
    assert sorted(listed(api, name)) == [[f"{name}/sub:v2"], [f"{name}:v1"]]
    assert listed(api, name, reference=[name]) == [[f"{name}:v1"]]
    assert listed(api, name, reference=[f"{name}:v*"]) == [[f"{name}:v1"]]
    assert listed(api, name, reference=[f"{name}/*"]) == [[f"{name}/sub:v2"]]
    assert listed(api, name, reference=["nothing:like", f"{name}:v1"]) == [[f"{name}:v1"]]
    assert listed(api, name, dangling=["true"]) == []
    assert len(listed(api, name, dangling=["false"])) == 2
    assert listed(api, name, before=[f"{name}:v1"]) == []
    assert listed(api, name, since=[f"{name}:v1"]) == []
    assert listed(api, name, label=[f"of={name}", "no=thing"]) == []


@pytest.mark.parametrize(
    ("filters", "status"),
    [({"colour": ["red"]}, 400), ({"dangling": ["maybe"]}, 400), ({"before": ["ghost"]}, 404)],
)
def test_a_bad_filter_is_refused(api: Api, filters: dict[str, list[str]], status: int) -> None:
    assert api.get("/images/json", filters=json.dumps(filters)).status == status


def test_before_and_since_go_by_the_time_of_making(docker: Docker, api: Api, name: str) -> None:
    for number in (1, 2, 3):
        docker("build", "-q", "-t", f"{name}:{number}", "-", stdin=f"FROM busybox\nLABEL of={name} n={number}\n")
    assert listed(api, name, before=[f"{name}:2"]) == [[f"{name}:1"]]
    assert listed(api, name, since=[f"{name}:2"]) == [[f"{name}:3"]]
    assert listed(api, name, since=[f"{name}:1"], before=[f"{name}:3"]) == [[f"{name}:2"]]


def test_an_image_that_lost_its_name_dangles(docker: Docker, api: Api, name: str) -> None:
    old, new = made(name, "old"), made(name, "new")
    load(docker, **{f"{name}__v1": old})
    load(docker, **{f"{name}__v1": new})
    assert listed(api, name, dangling=["true"]) == [["<none>:<none>"]]
    assert inspect(docker, str(old.image_id))["RepoTags"] == []
    pruned = api.post("/images/prune", filters=json.dumps({"label": [f"of={name}"]})).json
    assert next(entry for entry in pruned["ImagesDeleted"] if "Deleted" in entry) == {"Deleted": str(old.image_id)}
    assert pruned["SpaceReclaimed"] >= len(f"{name}old")
    assert listed(api, name) == [[f"{name}:v1"]]


def test_prune_takes_everything_unused_when_asked_to(docker: Docker, api: Api, name: str) -> None:
    load(docker, **{f"{name}__used": made(name, "used"), f"{name}__idle": made(name, "idle")})
    docker("create", "--name", name, f"{name}:used", "/x")
    wanted = {"label": [f"of={name}"], "dangling": ["false"]}
    assert (
        api.post("/images/prune", filters=json.dumps({**wanted, "until": ["2023-01-01"]})).json["SpaceReclaimed"] == 0
    )
    pruned = api.post("/images/prune", filters=json.dumps(wanted)).json
    assert {"Untagged": f"{name}:idle"} in pruned["ImagesDeleted"]
    assert listed(api, name) == [[f"{name}:used"]]
    docker("rm", name)
    assert api.post("/images/prune", filters=json.dumps({"colour": ["red"]})).status == 400


# --- removing ------------------------------------------------------------------------------------------------------


def test_a_name_goes_and_the_last_one_takes_the_image(docker: Docker, api: Api, name: str) -> None:
    image = made(name, "a", "b")
    load(docker, **{f"{name}__v1": image, f"{name}__v2": image})
    assert remove(api, f"{name}:v1") == [f"{name}:v1"]
    assert remove(api, f"{name}:v1") == [f"404: No such image: {name}:v1"]
    gone = remove(api, f"{name}:v2")
    assert gone[:2] == [f"{name}:v2", str(image.image_id)]
    assert len(gone) == 4
    assert gone[3] == str(image.layers[0].diff_id)


def test_an_id_with_several_names_must_be_forced(docker: Docker, api: Api, name: str) -> None:
    image = made(name)
    load(docker, **{f"{name}__v1": image, f"other/{name}__v1": image})
    short = image.image_id.short
    (refused,) = remove(api, short)
    assert refused == (
        f"409: conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories"
    )
    gone = remove(api, short, force=1)
    assert sorted(gone[:2]) == [f"{name}:v1", f"other/{name}:v1"]
    assert gone[2] == str(image.image_id)


def test_an_id_with_one_name_needs_no_force(docker: Docker, api: Api, name: str) -> None:
    image = made(name)
    load(docker, **{f"{name}__v1": image})
    assert remove(api, str(image.image_id))[:2] == [f"{name}:v1", str(image.image_id)]


def test_a_container_keeps_its_image(docker: Docker, api: Api, name: str) -> None:
    image = made(name)
    load(docker, **{f"{name}__v1": image})
    container = docker("create", "--name", name, f"{name}:v1", "/x").stdout[:12]
    short = image.image_id.short
    assert remove(api, f"{name}:v1") == [
        f'409: conflict: unable to remove repository reference "{name}:v1" (must force) - container {container} is '
        f"using its referenced image {short}"
    ]
    assert remove(api, short) == [
        f"409: conflict: unable to delete {short} (must be forced) - image is being used by stopped container "
        f"{container}"
    ]
    # With another name the first may go: the image stays.
    docker("tag", f"{name}:v1", f"{name}:v2")
    assert remove(api, f"{name}:v1") == [f"{name}:v1"]
    assert remove(api, f"{name}:v2", force=1)[0] == f"{name}:v2"
    docker("rm", name)


def test_a_running_container_keeps_it_against_all_force(docker: Docker, api: Api, name: str) -> None:
    docker("build", "-q", "-t", f"{name}:v1", "-", stdin=f"FROM busybox\nLABEL of={name}\n")
    container = docker("run", "-d", "--name", name, f"{name}:v1", "sleep", "600").stdout[:12]
    short = inspect(docker, f"{name}:v1")["Id"][7:19]
    assert remove(api, short, force=1) == [
        f"409: conflict: unable to delete {short} (cannot be forced) - image is being used by running container "
        f"{container}"
    ]
    assert remove(api, f"{name}:v1", force=1) == [f"{name}:v1"]
    docker("rm", "-f", name)
    docker("rmi", short)


def test_a_digest_is_a_name_too(docker: Docker, api: Api, name: str) -> None:
    with RegistryServer() as server:
        image = made(name)
        digest = server.add_image("one", "1", image)
        repository = f"{server.address}/one"
        docker("pull", f"{repository}:1")
        assert inspect(docker, f"{repository}@{digest}")["RepoDigests"] == [f"{repository}@{digest}"]
        out = docker("images", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}").stdout
        assert f"{repository} 1 {digest}" in out
        # The digests of a repository go with its last tag.
        assert remove(api, f"{repository}:1")[:3] == [f"{repository}:1", f"{repository}@{digest}", str(image.image_id)]


def test_what_happens_to_images_is_told(docker: Docker, api: Api, name: str) -> None:
    since = docker("info", "-f", "{{.SystemTime}}").stdout.strip()
    image = made(name)
    load(docker, **{f"{name}__v1": image})
    docker("tag", f"{name}:v1", f"{name}:v2")
    subprocess.run(docker.command("save", f"{name}:v1"), stdout=subprocess.DEVNULL, check=True)
    docker("rmi", f"{name}:v1", f"{name}:v2")
    until = docker("info", "-f", "{{.SystemTime}}").stdout.strip()
    lines = docker(
        "events", "--since", since, "--until", until, "--filter", "type=image", "--format",
        "{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}}",
    ).stdout.splitlines()  # fmt: skip
    own = [line for line in lines if str(image.image_id) in line]
    assert own == [
        f"load {image.image_id} {image.image_id}",
        f"tag {image.image_id} {name}:v2",
        f"save {image.image_id} {image.image_id}",
        f"untag {image.image_id} {image.image_id}",
        f"untag {image.image_id} {image.image_id}",
        f"delete {image.image_id} {image.image_id}",
    ]
