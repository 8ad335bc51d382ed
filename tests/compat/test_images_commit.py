"""`docker commit`: what a container changed becomes an image; seen to pass on dockerd."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Docker


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    name = f"commit{uuid.uuid4().hex[:12]}"
    yield name
    docker("rm", "-fv", name, code=None)
    ids = docker("images", "-aq", "--filter", f"label=of={name}").stdout.split()
    for image in dict.fromkeys(ids):
        docker("rmi", "-f", image, code=None)


def inspect(docker: Docker, name: str) -> Any:
    return json.loads(docker("image", "inspect", name).stdout)[0]


def made(docker: Docker, name: str, *words: str, command: tuple[str, ...] = ("true",)) -> None:
    """Make a container with a label to clean up by, and let it run to its end."""
    docker("run", "--name", name, "-l", f"of={name}", *words, "busybox", *command)


def test_what_a_container_changed_is_one_layer_more(docker: Docker, name: str) -> None:
    made(docker, name, command=("sh", "-c", "echo new > /new && mkdir /d && echo x > /d/x && rm /bin/ls"))
    image_id = docker("commit", "-m", "hello", "-a", "me <me@example.org>", name, f"{name}:v1").stdout.strip()
    assert docker("run", "--rm", f"{name}:v1", "cat", "/new", "/d/x").stdout == "new\nx\n"
    assert docker("run", "--rm", f"{name}:v1", "sh", "-c", "test -e /bin/ls; echo $?").stdout == "1\n"
    base, image = inspect(docker, "busybox"), inspect(docker, f"{name}:v1")
    assert (image["Id"], image["Parent"], image["Author"], image["Comment"]) == (
        image_id, base["Id"], "me <me@example.org>", "hello",
    )  # fmt: skip
    assert image["RootFS"]["Layers"][:-1] == base["RootFS"]["Layers"]
    assert (image["Architecture"], image["Os"]) == (base["Architecture"], base["Os"])
    assert image["Config"]["Labels"] == {"of": name}
    assert image["Container"] == docker("inspect", "-f", "{{.Id}}", name).stdout.strip()
    assert image["ContainerConfig"]["Image"] == "busybox"
    assert image["ContainerConfig"]["Cmd"][0] == "sh"


def test_the_layer_holds_the_changes_and_nothing_else(docker: Docker, name: str) -> None:
    made(docker, name, "-v", "/volume", command=("sh", "-c", "echo 1 > /one; echo 2 > /volume/two; rm -r /root"))
    docker("commit", name, name)
    saved = subprocess.run(docker.command("save", name), capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        manifest = json.loads(archive.extractfile("manifest.json").read())  # type: ignore[union-attr]
        layer = archive.extractfile(manifest[0]["Layers"][-1]).read()  # type: ignore[union-attr]
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        assert sorted(archive.getnames()) == [".wh.root", "one", "volume"]


def test_a_container_that_changed_nothing_gives_no_layer(docker: Docker, api: Api, name: str) -> None:
    made(docker, name)
    docker("commit", name, name)
    assert inspect(docker, name)["RootFS"] == inspect(docker, "busybox")["RootFS"]
    newest, before, *_ = api.get(f"/images/{name}/history").json
    assert (newest["CreatedBy"], newest["Size"], newest["Tags"]) == ("true", 0, [f"{name}:latest"])
    assert before["Id"] == inspect(docker, "busybox")["Id"]


def test_changes_are_those_of_a_dockerfile(docker: Docker, name: str) -> None:
    made(docker, name, "-e", "A=1", "-w", "/root", "-p", "80")
    changes = (
        "ENV A=2 B=$A", "LABEL k=v", "EXPOSE 99/udp", "WORKDIR sub", "USER nobody", "VOLUME /data", "ONBUILD RUN make",
        'ENTRYPOINT ["echo"]', "CMD a b", "HEALTHCHECK --interval=5s CMD true",
    )  # fmt: skip
    docker("commit", *(word for change in changes for word in ("-c", change)), name, name)
    config = inspect(docker, name)["Config"]
    assert {"A=2", "B=1"} <= set(config["Env"])
    assert config["Labels"] == {"k": "v", "of": name}
    assert set(config["ExposedPorts"]) == {"80/tcp", "99/udp"}
    assert (config["WorkingDir"], config["User"], config["Volumes"]) == ("/root/sub", "nobody", {"/data": {}})
    assert config["OnBuild"] == ["RUN make"]
    assert (config["Entrypoint"], config["Cmd"]) == (["echo"], ["/bin/sh", "-c", "a b"])
    assert config["Healthcheck"] == {"Test": ["CMD-SHELL", "true"], "Interval": 5 * 10**9}


def test_a_new_entrypoint_says_goodbye_to_the_command(docker: Docker, name: str) -> None:
    made(docker, name)
    docker("commit", "-c", 'ENTRYPOINT ["cat"]', name, name)
    config = inspect(docker, name)["Config"]
    assert (config["Entrypoint"], config.get("Cmd")) == (["cat"], None)


def test_a_body_stands_in_for_the_containers_settings(docker: Docker, api: Api, name: str) -> None:
    made(docker, name, "-e", "A=1", "-e", "B=1", "-p", "80")
    body = {"Cmd": ["a", "b"], "Env": ["A=2"], "Labels": {"m": "n"}, "ExposedPorts": {"99/tcp": {}}}
    answer = api.post("/commit", body, container=name, repo=name)
    assert answer.status == 201
    image = inspect(docker, answer.json["Id"])
    config = image["Config"]
    assert image["RepoTags"] == [f"{name}:latest"]
    assert config["Cmd"] == ["a", "b"]
    assert [entry for entry in config["Env"] if not entry.startswith("PATH=")] == ["A=2", "B=1"]
    assert config["Labels"] == {"m": "n", "of": name}
    assert set(config["ExposedPorts"]) == {"80/tcp", "99/tcp"}


def test_a_running_container_rests_meanwhile_and_runs_on(docker: Docker, api: Api, name: str) -> None:
    docker("run", "-d", "--name", name, "-l", f"of={name}", "busybox", "sleep", "600")
    since = docker("info", "-f", "{{.SystemTime}}").stdout.strip()
    docker("commit", name)
    docker("commit", "--pause=false", name)
    assert docker("inspect", "-f", "{{.State.Status}}", name).stdout == "running\n"
    until = docker("info", "-f", "{{.SystemTime}}").stdout.strip()
    lines = docker("events", "--since", since, "--until", until, "-f", f"container={name}").stdout.splitlines()
    actions = [line.split()[2] for line in lines]
    assert sorted(actions) == ["commit", "commit", "pause", "unpause"]
    dangling = docker("images", "-q", "--no-trunc", "--filter", f"label=of={name}").stdout.split()
    assert len(dangling) == 2


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ({"container": "nobody-is-called-this"}, (404, "No such container: nobody-is-called-this")),
        ({"changes": "RUN x"}, (400, "run is not a valid change command")),
        ({"changes": "FOO x"}, (400, "foo is not a valid change command")),
        ({"changes": "EXPOSE nonsense"}, (400, "Invalid containerPort: nonsense")),
    ],
)
def test_what_cannot_be_committed_is_refused(
    docker: Docker, api: Api, name: str, query: dict[str, str], refusal: tuple[int, str]
) -> None:
    docker("create", "--name", name, "busybox")
    answer = api.post("/commit", **{"container": name, **query})
    assert (answer.status, answer.message) == refusal


def test_an_image_stays_while_others_were_made_from_it(docker: Docker, name: str, api: Api) -> None:
    made(docker, name, command=("touch", "/a"))
    docker("commit", name, f"{name}:one")
    docker("rm", name)
    docker("run", "--name", name, "-l", f"of={name}", f"{name}:one", "touch", "/b")
    docker("commit", name, f"{name}:two")
    docker("rm", name)
    one = inspect(docker, f"{name}:one")["Id"]
    refused = docker("rmi", one[7:], code=1).stderr
    assert f"unable to delete {one[7:19]} (cannot be forced) - image has dependent child images" in refused
    assert docker("rmi", f"{name}:one").stdout == f"Untagged: {name}:one\n"
    # It has no name now, but it is no leftover: `images` hides what others were made from.
    assert one not in docker("images", "-q", "--no-trunc").stdout
    assert one in docker("images", "-aq", "--no-trunc").stdout
    assert one not in docker("images", "-q", "--no-trunc", "--filter", "dangling=true").stdout
    removed = docker("rmi", f"{name}:two").stdout
    assert f"Deleted: {one}\n" in removed
    assert one not in docker("images", "-aq", "--no-trunc").stdout
