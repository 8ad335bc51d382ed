"""A request that asks for it is recorded down to the kernel; all others are as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_containers.api.tracing import HEADER
from jupyter_containers.cgroups.manager import choose
from tests.support.api_client import IMAGE, Api, ok

TOKEN = "0123456789abcdef"
LIMIT = 64 << 20
LIMIT_FILES = {1: "memory.limit_in_bytes", 2: "memory.max"}


def create(api: Api, name: str, *command: str, **host: Any) -> str:
    body = {"Image": IMAGE, "Cmd": list(command), "HostConfig": {"NetworkMode": "none", **host}}
    return str(ok(api.post("/containers/create", body, name=name)).json["Id"])


def start(api: Api, id_: str, token: str = TOKEN) -> int:
    return api.request("POST", f"/containers/{id_}/start", headers={HEADER: token}).status


def calls(record: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [call for call in record["calls"] if call["call"] == name]


def test_a_start_is_recorded_down_to_the_file_of_its_memory_limit(api: Api, tidy: None) -> None:
    port = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "0"}]}
    id_ = create(api, "told", "sleep", "60", NetworkMode="bridge", Memory=LIMIT, PortBindings=port)
    assert start(api, id_) == 204
    (record,) = ok(api.get(f"/traces/{TOKEN}")).json["records"]
    assert (record["kind"], record["id"], record["name"]) == ("container", id_, "told")
    name = LIMIT_FILES[choose().version]
    (limit,) = [call for call in calls(record, "write") if call["arguments"][0].endswith(f"/{name}")]
    assert limit["arguments"][1] == str(LIMIT)
    assert id_ in limit["arguments"][0]
    with open(limit["arguments"][0]) as file:
        assert file.read() == f"{LIMIT}\n"
    links = calls(record, "netlink")
    assert links[0]["arguments"][1:] == ["RTM_NEWLINK", "RTM_NEWLINK"]
    assert links[0]["arguments"][0].startswith("new link ")
    assert "RTM_NEWADDR" in links[-1]["arguments"]
    (published,) = calls(record, "nftables")
    assert published["arguments"][0].startswith("tcp 127.0.0.1:")
    assert published["arguments"][0].endswith(":8080")
    assert calls(record, "execve")[-1]["arguments"] == ["sleep", "60"]
    assert record["calls"][-1]["call"] == "execve"
    assert ok(api.get("/containers/told/trace")).json == {**record, "recorded": True}


def test_a_start_that_asks_for_nothing_has_its_steps_only(api: Api, tidy: None) -> None:
    id_ = create(api, "plain", "sleep", "60")
    ok(api.post(f"/containers/{id_}/start"))
    told = ok(api.get("/containers/plain/trace")).json
    assert not told["recorded"]
    assert {call["call"] for call in told["calls"]} == {""}
    assert "pivot into the new root and detach the old one" in {call["step"] for call in told["calls"]}


def test_one_that_is_gone_at_once_is_still_told_of(api: Api, tidy: None) -> None:
    id_ = create(api, "quick", "true", AutoRemove=True)
    start(api, id_, "a" * 16)
    api.get(f"/containers/{id_}/json")
    (record,) = ok(api.get(f"/traces/{'a' * 16}")).json["records"]
    assert record["calls"][-1]["call"] == "execve"


def test_a_program_that_is_not_there_is_the_last_call(api: Api, tidy: None) -> None:
    id_ = create(api, "missing", "/no/such/program")
    assert start(api, id_, "b" * 16) == 400
    (record,) = ok(api.get(f"/traces/{'b' * 16}")).json["records"]
    assert (record["calls"][-1]["call"], record["calls"][-1]["result"]) == ("execve", "ENOENT")
    assert ok(api.get("/containers/missing/trace")).json["recorded"]


def test_the_steps_of_a_build_are_recorded(api: Api) -> None:
    import io
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        text = f"FROM {IMAGE}\nRUN echo one > /one\nRUN echo two > /two\n".encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    headers = {HEADER: "c" * 16, "Content-Type": "application/x-tar"}
    ok(api.request("POST", "/build", buffer.getvalue(), headers=headers, networkmode="none", nocache=1))
    records = ok(api.get(f"/traces/{'c' * 16}")).json["records"]
    assert [(record["kind"], record["name"]) for record in records] == [
        ("build step", "/bin/sh -c echo one > /one"), ("build step", "/bin/sh -c echo two > /two"),
    ]  # fmt: skip
    assert all(record["calls"][-1]["call"] == "execve" for record in records)


def test_a_restart_by_policy_is_not_recorded(api: Api, tidy: None) -> None:
    id_ = create(api, "again", "sh", "-c", "exit 3", RestartPolicy={"Name": "on-failure", "MaximumRetryCount": 2})
    start(api, id_, "d" * 16)
    ok(api.post(f"/containers/{id_}/wait", condition="not-running"))
    assert len(ok(api.get(f"/traces/{'d' * 16}")).json["records"]) == 1


@pytest.mark.parametrize("token", ["short", "g" * 16, "0" * 65])
def test_a_word_that_is_none_is_refused(api: Api, tidy: None, token: str) -> None:
    id_ = create(api, "odd", "true")
    answer = api.request("POST", f"/containers/{id_}/start", headers={HEADER: token})
    assert (answer.status, HEADER in answer.message) == (400, True)


def test_nobody_asks_for_what_is_not_kept(api: Api, tidy: None) -> None:
    assert api.get(f"/traces/{'e' * 16}").status == 404
    create(api, "never", "true")
    answer = api.get("/containers/never/trace")
    assert (answer.status, json.loads(answer.content)["message"]) == (
        404, "container never was never started: there is nothing to tell of it",
    )  # fmt: skip
