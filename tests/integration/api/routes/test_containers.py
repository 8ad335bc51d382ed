"""The wire of containers: what a request may say, and the statuses it gets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api_client import IMAGE, Api


def create(api: Api, body: dict[str, Any]) -> tuple[int, str]:
    answer = api.post("/containers/create", {"Image": IMAGE, "Cmd": ["true"], **body})
    return answer.status, answer.json.get("message", "")


def test_create_answers_id_and_warnings(api: Api) -> None:
    host = {"NetworkMode": "host", "PortBindings": {"80/tcp": [{"HostPort": "80"}]}}
    answer = api.post("/containers/create", {"Image": IMAGE, "Cmd": ["true"], "HostConfig": host})
    assert answer.status == 201
    assert answer.json["Warnings"] == ["Published ports are discarded when using host network mode"]
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("endpoints", "status", "words"),
    [
        (
            {"bridge": {"IPAMConfig": {"IPv4Address": "10.0.0.9"}}}, 400,
            "user specified IP address is supported on user defined networks only",
        ),
        (
            {"bridge": {"Aliases": ["x"]}}, 400,
            "network-scoped alias is supported only for containers in user defined networks",
        ),
        ({"bridge": {"IPAMConfig": None, "Aliases": None, "MacAddress": ""}}, 201, ""),
    ],
)  # fmt: skip
def test_what_a_network_config_says_is_kept_or_refused(
    api: Api, endpoints: dict[str, Any], status: int, words: str
) -> None:
    body = {"HostConfig": {"NetworkMode": "bridge"}, "NetworkingConfig": {"EndpointsConfig": endpoints}}
    found = create(api, body)
    assert found[0] == status
    assert words in found[1]


def test_the_mac_address_may_come_with_the_network(api: Api) -> None:
    mac = "02:00:00:00:00:99"
    config = {"EndpointsConfig": {"bridge": {"MacAddress": mac}}}
    output = api.output("cat", "/sys/class/net/eth0/address", host={"NetworkMode": "bridge"}, NetworkingConfig=config)
    assert output == f"{mac}\n"


def test_an_old_client_gets_the_old_shape(api: Api) -> None:
    container = api.create("true", host={"NetworkMode": "default"})
    old, new = (api.at(version).inspect(container) for version in ("1.41", "1.51"))
    assert (old["HostConfig"]["NetworkMode"], new["HostConfig"]["NetworkMode"]) == ("default", "bridge")
    assert "KernelMemory" in old["HostConfig"]
    assert "KernelMemory" not in new["HostConfig"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/containers/nosuch/json", 404),
        ("POST", "/containers/nosuch/start", 404),
        ("DELETE", "/containers/nosuch", 404),
        ("GET", "/containers/json?filters=zz", 400),
        ("GET", "/containers/json?limit=x", 400),
        ("GET", '/containers/json?filters={"zz":["1"]}', 400),
        ("POST", "/containers/nosuch/resize?h=x&w=1", 400),
        ("DELETE", "/containers/nosuch?link=1", 404),
    ],
)
def test_bad_requests_have_dockers_statuses(api: Api, method: str, path: str, status: int) -> None:
    answer = api.request(method, path)
    assert answer.status == status
    assert answer.message


def test_start_takes_no_host_config_any_more(api: Api) -> None:
    container = api.create("true")
    assert api.post(f"/containers/{container}/start", {"Binds": ["/:/x"]}).status == 501
    assert api.post(f"/containers/{container}/start", {}).status == 204
    api.wait(container)
