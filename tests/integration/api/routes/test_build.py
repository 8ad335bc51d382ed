"""The route of builds against a real daemon: the classic builder's answer, refusals, credentials, the cache."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from jupyter_containers.linux import emulation
from tests.support.api_client import IMAGE, Answer, Api
from tests.support.registry_server import RegistryServer
from tests.support.tiny_image import image, layer, tar_of

pytestmark = pytest.mark.needs("root", "overlay")


def build(api: Api, dockerfile: str, *, headers: dict[str, str] | None = None, **query: Any) -> Answer:
    files = {"Dockerfile": dockerfile.encode(), "f": b"content"}
    return api.request("POST", "/build", tar_of(dict(files)), headers=headers, **query)


def lines(answer: Answer) -> list[Any]:
    return [json.loads(line) for line in answer.content.splitlines()]


def text(answer: Answer) -> str:
    return "".join(line.get("stream", "") for line in lines(answer))


def test_a_build_talks_as_the_classic_builder_does(api: Api) -> None:
    answer = build(api, f"FROM {IMAGE}\nCOPY f /f\nRUN cat /f\n", t="made:1", networkmode="none")
    image_id = api.get("/images/made:1/json").json["Id"]
    written = text(answer)
    assert written.startswith(f"Step 1/3 : FROM {IMAGE}\n ---> ")
    assert " ---> Running in " in written
    assert "content" in written
    assert written.endswith(f"Successfully built {image_id[7:19]}\nSuccessfully tagged made:1\n")
    assert {"ID": image_id} in [line.get("aux") for line in lines(answer)]
    assert " ---> Using cache\n" in text(build(api, f"FROM {IMAGE}\nCOPY f /f\n", networkmode="none"))
    assert text(build(api, f"FROM {IMAGE}\nCOPY f /f\nRUN cat /f\n", q=1, networkmode="none")) == f"{image_id}\n"
    [step] = [one for one in api.get("/system/df", type="build-cache").json["BuildCache"] if one["Shared"]]
    for filters in ({"label": ["x"]}, {"until": ["1h"]}, {"id": ["zz"]}, {"type": ["exec.cachemount"]}):
        assert api.post("/build/prune", filters=filters).json["CachesDeleted"] is None
    assert api.post("/build/prune", **{"min-free-space": "5"}).json["CachesDeleted"] is None
    assert step["ID"] in api.post("/build/prune", all=1).json["CachesDeleted"]
    assert api.get("/system/df", type="build-cache").json["BuildCache"] == []
    api.delete("/images/made:1", force=1)
    api.post("/images/prune")


def test_a_step_that_fails_says_so_in_the_stream_with_its_line(api: Api) -> None:
    last = lines(build(api, f"FROM {IMAGE}\nRUN exit 7\n", networkmode="none"))[-1]
    assert last["error"] == "The command '/bin/sh -c exit 7' returned a non-zero code: 7"
    assert (last["errorDetail"]["code"], last["errorDetail"]["line"]) == (7, 2)


def test_a_dockerfile_with_a_mistake_names_its_line(api: Api) -> None:
    answer = build(api, f"FROM {IMAGE}\nRUNN x\n")
    assert answer.status == 400
    assert "dockerfile parse error on line 2: unknown instruction: RUNN" in answer.message


@pytest.mark.parametrize(
    ("name", "value"),
    [("version", "2"),
     ("call", "outline"), ("cgroupparent", "/x"), ("networkmode", "container:x"),
     ("securityopt", "x")],
)  # fmt: skip
def test_what_is_asked_for_and_not_done_is_refused_by_name(api: Api, name: str, value: str) -> None:
    answer = build(api, f"FROM {IMAGE}\n", **{name: value})
    assert answer.status == 501
    assert value in answer.message or "BuildKit" in answer.message


def test_an_image_for_another_architecture_is_made_of_files_and_runs_nothing(api: Api) -> None:
    foreign = next(name for name in ("s390x", "riscv64", "loong64") if name not in emulation.architectures())
    build(api, "FROM scratch\nCOPY f /f\n", platform=f"linux/{foreign}", t="foreign")
    assert api.get("/images/foreign/json").json["Architecture"] == foreign
    refused = build(api, "FROM foreign\nRUN ['x']\n", platform=f"linux/{foreign}")
    # Nothing was told before, so that it is the answer.
    assert refused.status == 501
    assert f"cannot run programs for linux/{foreign}" in refused.message
    api.delete("/images/foreign")


def test_an_agent_is_named_only_from_this_machine_and_by_its_whole_path(api: Api) -> None:
    answer = build(api, f"FROM {IMAGE}\n", ssh='{"default": "agent"}')
    assert (answer.status, "agent is not an absolute path" in answer.message) == (400, True)


def test_a_private_base_is_pulled_with_the_credentials_of_the_request(api: Api) -> None:
    with RegistryServer(authentication="basic", users={"ada": "secret"}) as server:
        server.add_image("private", "1", image(layer({"one": b"1"})))
        login = {server.address: {"username": "ada", "password": "secret"}}
        header = base64.urlsafe_b64encode(json.dumps(login).encode()).decode()
        dockerfile = f"FROM {server.address}/private:1\nLABEL a=b\n"
        denied = build(api, dockerfile, headers={"X-Registry-Config": base64.urlsafe_b64encode(b"{}").decode()})
        assert (
            "Successfully built" not in text(denied) if denied.status == 200 else denied.status in (401, 403, 404, 500)
        )
        allowed = build(api, dockerfile, headers={"X-Registry-Config": header}, t="fromprivate")
        assert "Successfully tagged fromprivate:latest" in text(allowed)
        api.delete("/images/fromprivate")
        api.delete(f"/images/{server.address}/private:1")


def test_credentials_that_cannot_be_read_are_refused(api: Api) -> None:
    assert build(api, f"FROM {IMAGE}\n", headers={"X-Registry-Config": "!"}).status == 400


def test_a_prune_of_the_cache_takes_what_no_build_can_find_or_everything(api: Api) -> None:
    api.post("/build/prune", all=1)
    api.post("/images/create", tar_of({"f": b"base"}), fromSrc="-", repo="passing")
    build(api, "FROM passing\nCOPY f /lost\n", t="lost")
    build(api, f"FROM {IMAGE}\nRUN echo found > /found\n", t="found", networkmode="none")
    nothing = {"CachesDeleted": None, "SpaceReclaimed": 0}
    for name in ("lost", "found"):
        api.delete(f"/images/{name}")
    assert api.post("/build/prune").json == nothing, "both can still be found"
    api.delete("/images/passing")
    assert api.post("/build/prune", filters={"until": ["10h"]}).json == nothing
    pruned = api.post("/build/prune").json
    assert pruned["CachesDeleted"]
    assert pruned["SpaceReclaimed"] > 0
    assert "Using cache" in text(build(api, f"FROM {IMAGE}\nRUN echo found > /found\n", networkmode="none"))
    assert api.post("/build/prune", all=1).json["CachesDeleted"]
    assert "Using cache" not in text(build(api, f"FROM {IMAGE}\nRUN echo found > /found\n", networkmode="none"))
    assert api.post("/build/prune", filters={"colour": ["red"]}).status == 400
    api.post("/build/prune", all=1)
    api.post("/images/prune")
