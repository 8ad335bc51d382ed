"""Which part a request, an event or a call lights."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jupyter_containers.client.values import Event
from jupyter_containers.commands.diagram_parts import (
    EDGES,
    HEIGHT,
    PART_HEIGHT,
    PART_WIDTH,
    PARTS,
    WIDTH,
    of_call,
    of_event,
    of_process,
    of_request,
    of_trace,
)
from jupyter_containers.commands.trace_result import Call, Process, Request, Trace

NAMES = [part.name for part in PARTS]


def request(method: str, path: str, status: int = 200) -> Request:
    return Request(method, f"/v1.51{path}", status, 1500, 0, 0)


def call(name: str, *arguments: str) -> Call:
    return Call("inside", "step", name, arguments, "0", 3)


def test_the_parts_fit_in_the_picture_and_edges_join_them() -> None:
    assert all(part.x + PART_WIDTH <= WIDTH and part.y + PART_HEIGHT <= HEIGHT for part in PARTS)
    assert {name for edge in EDGES for name in edge} == set(NAMES)
    boxes = [(part.x, part.y) for part in PARTS]
    assert not [
        (one, other)
        for one in boxes
        for other in boxes
        if one < other and abs(one[0] - other[0]) < PART_WIDTH and abs(one[1] - other[1]) < PART_HEIGHT
    ]


@pytest.mark.parametrize(
    ("method", "path", "behind"),
    [
        ("GET", "/info", []),
        ("POST", "/images/create?fromImage=x", ["registry", "store"]),
        ("POST", "/images/a/b/push", ["store", "registry"]),
        ("POST", "/build?t=x", ["builder", "store"]),
        ("POST", "/containers/create", ["store"]),
        ("POST", "/containers/abc/start", ["runtime"]),
        ("DELETE", "/containers/abc?v=1", ["store"]),
        ("POST", "/exec/abc/start", ["runtime"]),
        ("POST", "/networks/create", ["network"]),
        ("GET", "/volumes", ["store"]),
        ("GET", "/containers/json", []),
    ],
)
def test_a_request_lights_who_works_for_it(method: str, path: str, behind: list[str]) -> None:
    lights = of_request(request(method, path))
    assert [light.part for light in lights] == ["client", "daemon", *behind]
    assert lights[1].sentence == "answers 200 after 1.5 ms"


def test_a_request_without_an_answer_says_so() -> None:
    assert of_request(request("GET", "/info", 0))[1].sentence == "does not answer after 1.5 ms"


def test_an_event_lights_what_it_is_about() -> None:
    def lit(kind: str, action: str) -> list[str]:
        event = Event(kind, action, "ab" * 32, {"name": "web\x1b"}, datetime.now(UTC))
        return [light.part for light in of_event(event)]

    assert lit("container", "start") == ["runtime", "namespaces", "cgroups"]
    assert lit("container", "die") == ["runtime"]
    assert lit("image", "pull") == ["registry", "store"]
    assert lit("network", "connect") == ["network"]
    assert lit("plugin", "enable") == ["daemon"]
    assert of_event(Event("container", "die", "", {"name": "a\x1bb"}, datetime.now(UTC)))[0].line == "container die a?b"


@pytest.mark.parametrize(
    ("one", "part"),
    [
        (call("clone", "CLONE_NEWPID"), "namespaces"),
        (call("pivot_root", ".", "."), "namespaces"),
        (call("write", "/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1"), "cgroups"),
        (call("mkdir", "/sys/fs/cgroup/memory/x"), "cgroups"),
        (call("mkdir", "/dev"), "namespaces"),
        (call("netlink", "new link x"), "network"),
        (call("seccomp"), "runtime"),
        (Call("registry", "registry", "GET", ("http://host/v2/",), "200", 1), "registry"),
        (call("", ""), "runtime"),
    ],
)
def test_a_call_is_of_a_part(one: Call, part: str) -> None:
    assert of_call(one) == part


def test_calls_in_a_row_are_one_light_with_the_last_of_them() -> None:
    process = Process("container", "1", "web", (call("clone"), call("mount", "/"), call("seccomp"), call("unshare")))
    lights = of_process(process)
    assert [(light.part, light.count) for light in lights] == [("namespaces", 2), ("runtime", 1), ("namespaces", 1)]
    assert lights[0].line == "mount(/) = 0"


def test_what_is_made_for_a_request_comes_behind_it() -> None:
    asked = (("POST", "/containers/create"), ("POST", "/containers/1/start"), ("GET", "/events"))
    requests = tuple(request(*one) for one in asked)
    trace = Trace("run x", "", requests, (Process("container", "1", "web", (call("clone"), call("netlink"))),))
    parts = [light.part for light in of_trace(trace)]
    assert parts == [
        "client", "daemon", "store", "client", "daemon", "runtime", "namespaces", "network", "client", "daemon",
    ]  # fmt: skip


def test_steps_of_a_build_are_the_builders() -> None:
    steps = tuple(Process("build step", str(n), f"RUN {n}", (call("clone"),)) for n in range(2))
    lights = of_trace(Trace("build", "", (request("POST", "/build?t=x"),), steps))
    assert [light.part for light in lights][4:] == ["builder", "namespaces", "builder", "namespaces"]
    assert [light.part for light in of_trace(Trace("x", processes=steps[:1]))] == ["builder", "namespaces"]
