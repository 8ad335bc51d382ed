"""A RUN that failed is kept: its error says where, and a container made there works with every client."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.engine.failed_steps import COUNT
from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker
from tests.support.failed_steps import enter, fail

DOCKERFILE = """\
FROM busybox
ARG COLOUR=red
ENV PLACE=here
WORKDIR /work
RUN echo before > made
RUN --mount=type=cache,target=/cache --mount=type=bind,source=Dockerfile,target=/shown --mount=type=tmpfs,target=/mem \\
    echo kept > /cache/it && echo halfway >> made && seq 30 && \\
    exit 7
"""


@pytest.fixture
def docker(daemon: Daemon) -> Docker:
    return Docker(daemon.host)


@pytest.fixture(autouse=True)
def forgotten(api: Api, removed: None) -> None:
    """Begin without what another test has left."""
    api.post("/build/prune")


def failures(api: Api) -> list[dict[str, Any]]:
    return list(api.get("/build/failures").json)


def test_the_error_says_where_it_happened_and_what_was_said(api: Api) -> None:
    error = fail(api, DOCKERFILE)
    assert "returned a non-zero code: 7" in error["error"]
    detail = error["errorDetail"]
    assert {name: detail[name] for name in ("code", "file", "line", "end_line")} == {
        "code": 7, "file": "Dockerfile", "line": 6, "end_line": 8,
    }  # fmt: skip
    assert detail["source"].startswith("RUN --mount=type=cache")
    assert detail["output"] == [str(number) for number in range(11, 31)]
    (kept,) = failures(api)
    assert kept["Id"] == detail["failure"]
    assert (kept["ExitCode"], kept["Line"], kept["WorkingDir"], kept["Missing"]) == (7, 6, "/work", [])


def test_a_container_there_is_as_the_step_was(api: Api, docker: Docker) -> None:
    fail(api, DOCKERFILE, t="wanted:1", buildargs={"http_proxy": "http://proxy"})
    assert not docker("ps", "-aq").stdout
    container = enter(api, "wanted:1", Tty=True, OpenStdin=True)
    docker("start", container)
    # A proxy may have a password in it: it is the container's, not the image's.
    assert "proxy" not in docker("image", "inspect", kept_image(api)).stdout
    script = (
        "pwd; cat made; echo $PLACE $COLOUR; cat /cache/it; head -1 /shown; grep -c ' /mem ' /proc/mounts; "
        "ls /sys/class/net; echo $http_proxy"
    )
    shown = docker("exec", container, "sh", "-c", script).stdout.splitlines()
    assert shown == ["/work", "before", "halfway", "here red", "kept", "FROM busybox", "1", "lo", "http://proxy"]
    docker("exec", container, "touch", "/fixed")
    docker("commit", container, "mended")
    assert docker("run", "--rm", "--network", "none", "mended", "ls", "/fixed", "/work/made").stdout.split() == [
        "/fixed", "/work/made",
    ]  # fmt: skip
    docker("rm", "-f", container)
    # Each container begins where the step ended.
    assert "fixed" not in docker("run", "--rm", "--network", "none", kept_image(api), "ls", "/").stdout


def kept_image(api: Api) -> str:
    return str(api.get("/build/failures/last").json["Image"])


def test_a_cache_stays_while_a_container_shows_it(api: Api, docker: Docker) -> None:
    fail(api, "FROM busybox\nRUN --mount=type=cache,target=/cache echo kept > /cache/it; false\n")
    container = enter(api, Tty=True, OpenStdin=True)
    docker("start", container)
    api.post("/build/prune", all=1)
    assert docker("exec", container, "cat", "/cache/it").stdout == "kept\n"
    docker("rm", "-f", container)
    api.post("/build/prune", all=1)
    fail(api, "FROM busybox\nRUN --mount=type=cache,target=/cache cat /cache/it\n")
    assert failures(api)[0]["Output"] == ["cat: can't open '/cache/it': No such file or directory"]


def test_a_name_that_is_not_kept_is_told_with_those_that_are(api: Api) -> None:
    fail(api, DOCKERFILE)
    short = failures(api)[0]["Id"][:12]
    answer = api.get("/build/failures/nothing")
    assert answer.status == 404
    assert short in answer.message
    assert api.get(f"/build/failures/{short}").json["Id"].startswith(short)


def test_a_command_that_cannot_be_executed_leaves_a_place_too(api: Api) -> None:
    error = fail(api, 'FROM busybox\nRUN ["/nothing"]\n')
    assert failures(api)[0]["Id"] == error["errorDetail"]["failure"]
    assert failures(api)[0]["ExitCode"] == 127


def test_a_secret_is_kept_nowhere(api: Api) -> None:
    fail(api, "FROM busybox\nRUN --mount=type=secret,id=key false\n")
    assert failures(api)[0]["Missing"] == ["the secret key is not at /run/secrets/key: secrets are kept nowhere"]


def test_one_can_be_let_go_unless_a_container_stands_there(api: Api) -> None:
    failed = fail(api, "FROM busybox\nRUN head -c 3000 /dev/zero > /large; false\n")["errorDetail"]["failure"]
    container = enter(api)
    assert api.delete("/build/failures/last").status == 409
    api.delete(f"/containers/{container}")
    assert api.delete(f"/build/failures/{failed}").json["SpaceReclaimed"] >= 3000
    assert api.get(f"/build/failures/{failed}").status == 404


def test_it_can_be_on_another_network_with_settings_there(api: Api) -> None:
    fail(api, DOCKERFILE)
    endpoint = {"MacAddress": "02:42:ac:11:00:63"}
    config = {"EndpointsConfig": {"bridge": endpoint}}
    container = enter(api, HostConfig={"NetworkMode": "bridge"}, NetworkingConfig=config)
    networks = api.get(f"/containers/{container}/json").json["NetworkSettings"]["Networks"]
    api.delete(f"/containers/{container}")
    assert [(name, found["MacAddress"]) for name, found in networks.items()] == [("bridge", endpoint["MacAddress"])]


def test_a_step_that_wrote_nothing_takes_nothing(api: Api) -> None:
    fail(api, "FROM busybox\nRUN false\n")
    (kept,) = failures(api)
    assert kept["Size"] == 0
    container = enter(api)
    history = api.get(f"/images/{kept['Image']}/history").json
    assert not any("# failed" in entry["CreatedBy"] for entry in history)
    api.delete(f"/containers/{container}")


def test_what_makes_no_sense_is_refused(api: Api) -> None:
    fail(api, DOCKERFILE)
    answer = api.post("/build/failures/last/container", {"Image": "busybox"})
    assert (answer.status, "leave Image out" in answer.message) == (400, True)
    answer = api.post("/build/failures/last/container", {}, platform="linux/s390x")
    assert (answer.status, "leave platform out" in answer.message) == (400, True)
    assert api.post("/build/failures/nothing/container").status == 404


def test_only_the_last_ones_are_kept(api: Api) -> None:
    first = fail(api, "FROM busybox\nRUN false 0\n")["errorDetail"]["failure"]
    for number in range(1, COUNT + 1):
        fail(api, f"FROM busybox\nRUN false {number}\n")
    ids = [failure["Id"] for failure in failures(api)]
    assert len(ids) == COUNT
    assert first not in ids
