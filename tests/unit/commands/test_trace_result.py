"""A trace in all its forms, and in a file that may come from anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.commands.trace_result import Call, Process, Request, Trace, process_of
from jupyter_containers.errors import InvalidParameter, NotFound

LIMIT = Call("inside", "make the cgroup", "write", ("/sys/fs/cgroup/memory/1/memory.limit_in_bytes", "65536"), "5", 12)
REFUSED = Call("inside", "drop privileges", "seccomp", ("SECCOMP_SET_MODE_FILTER", "0"), "EACCES", 7)
REQUEST = Request("POST", "/v1.51/containers/create", 201, 4200, 300, 90)
TRACE = Trace(
    "run x", "docker run x", (REQUEST,), (Process("container", "ab" * 32, "web", (LIMIT, REFUSED)),)
)  # fmt: skip


def test_the_text_has_three_parts_in_columns() -> None:
    assert TRACE.text().splitlines() == [
        "CLI",
        "  docker run x",
        "",
        "REST",
        "  4200 µs   POST   /v1.51/containers/create   201   90 B",
        "",
        "KERNEL  container web (abababababab): 2 calls, 0 ms",
        "  12 µs   inside   the container may use 64 KiB of memory; at more, the kernel kills a process of it   "
        "write(/sys/fs/cgroup/memory/1/memory.limit_in_bytes, 65536) = 5",
        "  7 µs    inside   from here on a filter looks at each system call, and refuses the dangerous ones     "
        "seccomp(SECCOMP_SET_MODE_FILTER, 0) = EACCES",
    ]


def test_a_refused_call_is_one() -> None:
    absent = Call("inside", "hide /proc/kcore", "openat2", ("4", "/proc/kcore"), "ENOENT", 1)
    assert [LIMIT.failed, REFUSED.failed, absent.failed] == [False, True, False]


def test_records_are_rows_for_programs() -> None:
    first = TRACE.records[0]
    assert first["process"] == "web"
    assert first["call"] == "write"
    assert first["microseconds"] == 12
    assert first["sentence"].startswith("the container may use 64 KiB")
    assert list(TRACE.df["call"]) == ["write", "seccomp"]


def test_it_survives_its_file(tmp_path: Path) -> None:
    TRACE.save(tmp_path / "t.json")
    assert Trace.load(tmp_path / "t.json").data() == TRACE.data()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000, json.dumps({"format": "other"}).encode(),
        json.dumps({**TRACE.data(), "requests": [1]}).encode(), json.dumps({**TRACE.data(), "processes": 3}).encode(),
    ],
)  # fmt: skip
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.json").write_bytes(content)
    with pytest.raises(InvalidParameter, match="is not a saved trace"):
        Trace.load(tmp_path / "t.json")


def test_another_version_is_refused_by_its_number(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps({**TRACE.data(), "version": 2}))
    with pytest.raises(InvalidParameter, match="a trace of version 2"):
        Trace.load(tmp_path / "t.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"cannot read the trace .*/t\.json: No such file"):
        Trace.load(tmp_path / "t.json")


def test_control_codes_steer_nothing() -> None:
    evil = "\x1b[31mred\n"
    wire: dict[str, Any] = {"kind": evil, "id": evil, "name": evil, "calls": [
        {"side": evil, "step": evil, "call": "", "arguments": [evil], "result": evil, "microseconds": 1},
    ]}  # fmt: skip
    text = Trace(evil, evil, (Request(evil, evil, 1, 1, 1, 1),), (process_of(wire),), evil).text()
    assert "\x1b" not in text


def test_a_long_argument_is_cut_in_the_text_only() -> None:
    call = Call("inside", "s", "fsconfig", ("x" * 5000,), "0", 1)
    assert len(call.line) < 300
    assert len(Trace("x", processes=(Process("container", "1", "n", (call,)),)).records[0]["arguments"]) == 5000


def test_registries_have_a_part_of_their_own() -> None:
    call = Call("registry", "registry", "GET", ("http://host/v2/",), "401", 9)
    trace = Trace("pull x", processes=(Process("registry", "", "host:5000", (call,)), *TRACE.processes))
    assert "REGISTRY  registry host:5000: 1 calls, 0 ms" in trace.text()
    assert [process.kind for process in trace.made] == ["container"]
    assert trace.summary() == "trace of pull x: 0 requests, 2 calls to the kernel"


def test_a_summary_counts() -> None:
    assert TRACE.summary() == "trace of run x: 1 requests, 2 calls to the kernel"
