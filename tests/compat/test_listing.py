"""The list of containers: every filter, limits and sizes, on the same set of containers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Docker
from tests.support.eventually import eventually

Listed = Callable[..., list[str]]


@pytest.fixture(scope="module")
def mark() -> str:
    return f"m{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture(scope="module", autouse=True)
def nothing_left() -> None:
    """This module has one set of containers for all of its tests."""


@pytest.fixture(scope="module")
def listed(docker: Docker, api: Api, mark: str) -> Iterator[Listed]:
    """Lists the names of this module's containers, without their mark."""
    docker("build", "-t", f"{mark}-child", "-", stdin=f"FROM busybox\nLABEL child={mark}\n")
    docker("network", "create", mark)
    host = {"PortBindings": {"80/tcp": [{"HostPort": ""}]}, "NetworkMode": mark}
    ports: dict[str, Any] = {"80/tcp": {}, "81/udp": {}}
    labels = {"app": "web", "tier": "1"}
    make(api, mark, "web", "sleep", "600", Labels=labels, ExposedPorts=ports, HostConfig=host)
    make(api, mark, "failed", "sh", "-c", "exit 3", Labels={"app": "db"})
    make(api, mark, "done", "true", HostConfig={"Binds": [f"{mark}-volume:/data"]})
    make(api, mark, "created", "true", HostConfig={"Binds": ["/tmp:/from-host"]})
    make(api, mark, "paused", "sleep", "600")
    make(api, mark, "child", "true", Image=f"{mark}-child")
    for name in ("web", "failed", "done", "paused"):
        assert api.post(f"/containers/{mark}{name}/start").status == 204
    assert api.post(f"/containers/{mark}paused/pause").status == 204
    for name in ("failed", "done"):
        api.wait(f"{mark}{name}")
    eventually(lambda: api.state(f"{mark}done")["Status"] == "exited")

    def names(*, every: bool = True, **filters: str | list[str]) -> list[str]:
        wanted = {key.replace("_", "-"): [v] if isinstance(v, str) else v for key, v in filters.items()}
        wanted["label"] = [*wanted.get("label", []), f"mark={mark}"]
        found = api.get("/containers/json", all=int(every), filters=wanted)
        assert found.status == 200, found.content
        return [entry["Names"][0].removeprefix(f"/{mark}") for entry in found.json]

    yield names
    for name in names():
        api.remove(f"{mark}{name}")
    docker("rmi", f"{mark}-child")
    docker("network", "rm", mark)
    docker("volume", "rm", f"{mark}-volume")


def make(api: Api, mark: str, name: str, *command: str, **body: Any) -> None:
    labels, host = {"mark": mark, **body.pop("Labels", {})}, {"NetworkMode": "none", **body.pop("HostConfig", {})}
    body = {"Image": "busybox", "Cmd": list(command), "Labels": labels, "HostConfig": host, **body}
    answer = api.post("/containers/create", body, name=f"{mark}{name}")
    assert answer.status == 201, answer.content


EVERY = ["child", "paused", "created", "done", "failed", "web"]


def test_newest_first_and_only_what_runs(listed: Listed) -> None:
    assert listed() == EVERY
    assert listed(every=False) == ["paused", "web"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": "created"}, ["child", "created"]),
        ({"status": ["exited", "paused"]}, ["paused", "done", "failed"]),
        ({"status": "running"}, ["web"]),
        ({"status": "restarting"}, []),
        ({"status": "dead"}, []),
        ({"exited": "3"}, ["failed"]),
        ({"exited": ["0", "3"]}, ["done", "failed"]),
        ({"label": "app"}, ["failed", "web"]),
        ({"label": "app=web"}, ["web"]),
        ({"label": ["app", "tier=1"]}, ["web"]),
        ({"label": "tier=2"}, []),
        ({"expose": "80"}, ["web"]),
        ({"expose": "81/udp"}, ["web"]),
        ({"expose": "70-90"}, ["web"]),
        ({"expose": "81"}, []),
        ({"publish": "80/tcp"}, []),
        ({"publish": "81/udp"}, []),
        ({"publish": "80/foo"}, []),
        ({"health": "none"}, EVERY),
        ({"health": "healthy"}, []),
        ({"network": "none"}, EVERY[:-1]),
        ({"network": "bridge"}, []),
        ({"network": "host"}, []),
        ({"volume": "/data"}, ["done"]),
        ({"volume": "/tmp"}, ["created"]),
        ({"volume": "/from-host"}, ["created"]),
        ({"volume": "/dat"}, []),
        ({"ancestor": "nosuch"}, []),
        ({"is_task": "false"}, EVERY),
        ({"is_task": "true"}, []),
        ({"name": "^nothing"}, []),
        ({"name": "("}, []),
        ({"id": "zz"}, []),
        ({"before": []}, EVERY),
    ],
)
def test_filters(listed: Listed, filters: dict[str, list[str]], expected: list[str]) -> None:
    assert listed(**filters) == expected


def test_names_are_expressions(listed: Listed, mark: str) -> None:
    assert listed(name=f"{mark}[cp]") == ["child", "paused", "created"]
    assert listed(name=f"^/{mark}web$") == ["web"]
    assert listed(name=f"^{mark}we$") == []
    assert listed(name=[f"{mark}web", f"{mark}done"]) == ["done", "web"]


def test_ids_are_beginnings(listed: Listed, api: Api, mark: str) -> None:
    identifier = api.inspect(f"{mark}web")["Id"]
    assert listed(id=identifier[:14]) == ["web"]
    assert listed(id=identifier) == ["web"]


def test_volumes_have_names(listed: Listed, mark: str) -> None:
    assert listed(volume=f"{mark}-volume") == ["done"]


def test_images_and_what_was_built_on_them(listed: Listed, api: Api, mark: str) -> None:
    assert listed(ancestor=f"{mark}-child") == ["child"]
    assert listed(ancestor="busybox") == EVERY
    assert listed(ancestor=api.inspect(f"{mark}child")["Image"]) == ["child"]


def test_published_ports_are_those_of_the_host(listed: Listed, api: Api, mark: str) -> None:
    [binding, *_] = api.inspect(f"{mark}web")["NetworkSettings"]["Ports"]["80/tcp"]
    assert listed(publish=binding["HostPort"]) == ["web"]
    assert listed(publish=f"{binding['HostPort']}/udp") == []


def test_networks_have_names_and_ids(listed: Listed, api: Api, mark: str) -> None:
    identifier = api.get(f"/networks/{mark}").json["Id"]
    assert listed(network=mark) == ["web"]
    assert listed(network=identifier) == ["web"]
    assert listed(network=identifier[:12]) == ["web"]
    assert listed(network=mark[:5]) == []


def test_before_and_since(listed: Listed, api: Api, mark: str) -> None:
    assert listed(before=f"{mark}done") == ["failed", "web"]
    assert listed(since=api.inspect(f"{mark}done")["Id"]) == ["child", "paused", "created"]
    assert listed(since=f"{mark}web", before=f"{mark}created") == ["done", "failed"]


def test_filters_that_mean_all_containers(listed: Listed, mark: str) -> None:
    assert listed(every=False, status="exited") == ["done", "failed"]
    assert listed(every=False, before=f"{mark}failed") == ["web"]
    assert listed(every=False, name=f"{mark}done") == []


def test_the_newest_so_many(listed: Listed, api: Api, docker: Docker, mark: str) -> None:
    wish = {"label": [f"mark={mark}"]}
    for limit, expected in ((1, EVERY[:1]), (4, EVERY[:4]), (99, EVERY)):
        found = api.get("/containers/json", limit=limit, filters=wish).json
        assert [entry["Names"][0].removeprefix(f"/{mark}") for entry in found] == expected
    shown = docker("ps", "-n", "2", "--filter", f"label=mark={mark}", "--format", "{{.Names}}").stdout.split()
    assert shown == [f"{mark}child", f"{mark}paused"]


def test_sizes_are_counted_when_asked_for(listed: Listed, api: Api, mark: str) -> None:
    wish = {"name": [f"^/{mark}web$"]}
    [entry] = api.get("/containers/json", size=1, filters=wish).json
    assert entry["SizeRootFs"] > 500_000
    assert entry.get("SizeRw", 0) < 10_000
    [entry] = api.get("/containers/json", filters=wish).json
    assert "SizeRootFs" not in entry


def test_an_entry_says_what_it_is(listed: Listed, api: Api, mark: str) -> None:
    [entry] = api.get("/containers/json", all=1, filters={"name": [f"{mark}failed"]}).json
    assert entry["Command"] == "sh -c 'exit 3'"
    assert (entry["State"], entry["Image"], entry["Names"]) == ("exited", "busybox", [f"/{mark}failed"])
    assert entry["Status"].startswith("Exited (3) ")
    assert entry["HostConfig"] == {"NetworkMode": "none"}
    assert list(entry["NetworkSettings"]["Networks"]) == ["none"]
    assert entry["Labels"] == {"mark": mark, "app": "db"}
    [entry] = api.get("/containers/json", all=1, filters={"name": [f"{mark}paused"]}).json
    assert (entry["State"], entry["Status"].endswith("(Paused)")) == ("paused", True)


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"bad": ["1"]}, "invalid filter 'bad'"),
        ({"status": ["nope"]}, "invalid filter 'status=nope'"),
        ({"health": ["nope"]}, "unrecognised filter value for health: nope"),
        ({"exited": ["x"]}, 'strconv.atoi: parsing "x": invalid syntax'),
        ({"before": ["nobody"]}, "no such container nobody"),
        ({"since": ["nobody"]}, "no such container nobody"),
        ({"publish": ["x"]}, 'error while looking up for publish x: strconv.parseuint: parsing "x": invalid syntax'),
        ({"expose": ["99999"]}, 'strconv.parseuint: parsing "99999": value out of range'),
        ({"is-task": ["x"]}, "invalid filter 'is-task=[x]'"),
    ],
)
def test_bad_filters_are_refused(api: Api, filters: dict[str, list[str]], words: str) -> None:
    answer = api.get("/containers/json", filters=filters)
    assert answer.status >= 400
    assert words in answer.message.lower()


def test_a_filter_may_be_written_as_it_was_of_old(api: Api, listed: Listed, mark: str) -> None:
    found = api.get("/containers/json", filters=json.dumps({"label": {f"mark={mark}": True}})).json
    assert len(found) == 2
