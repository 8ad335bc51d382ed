"""What a shim answers as long as there is no container; with one: tests/integration/shim."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from jupyter_containers.errors import from_data
from jupyter_containers.shim.protocol import VERSION
from tests.support.shims import IDENTIFIER, running_shim


def test_an_unknown_request_is_answered_with_its_name(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")  # from here on the shim answers itself, not its maker
        error = from_data(shim.ask("dance")["error"])
        assert error.kind == "unsupported"
        assert "'dance'" in error.message


@pytest.mark.parametrize(
    ("op", "parameters"),
    [
        ("start", {}), ("pause", {}), ("resume", {}), ("pids", {}), ("usage", {}), ("kill", {"signal": 9}),
        ("update", {"resources": {}}), ("exec", {"target": "e", "process": {"args": ["x"]}}),
    ],
)  # fmt: skip
def test_what_needs_a_container_is_a_conflict_without_one(tmp_path: Path, op: str, parameters: dict[str, int]) -> None:
    with running_shim(tmp_path) as shim:
        assert shim.ask(op, **parameters)["error"]["kind"] == "conflict"
        assert "ok" in shim.ask("describe")


def test_an_unknown_exec_is_not_found(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")  # from here on the shim answers itself, not its maker
        error = from_data(shim.ask("resize", target="abc", height=1, width=1)["error"])
        assert (error.kind, error.message) == ("not_found", "No such exec instance: abc")


def test_a_create_without_a_bundle_fails_with_its_path_and_can_be_deleted(tmp_path: Path) -> None:
    with running_shim(tmp_path, adopts=False) as shim:
        answer = shim.create()
        assert answer["error"]["kind"] == "not_found"
        assert str(shim.bundle.path) in answer["error"]["message"]
        assert shim.ask("delete")["ok"] == {}
        assert shim.wait() == 0


def test_a_shim_has_one_container_for_life(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        answer = shim.create(container="6" * 64)
        assert answer["error"]["kind"] == "conflict"
        assert IDENTIFIER in answer["error"]["message"]


def test_a_shim_without_a_container_can_be_asked_for_little(tmp_path: Path) -> None:
    with running_shim(tmp_path, adopts=False) as shim:
        assert shim.ask("pause")["error"]["message"] == "this shim has no container yet"
        assert shim.ask("describe")["ok"]["state"] is None
        assert shim.ask("pause")["error"]["message"] == "a shim that has adopted no container was asked to pause"
        assert shim.ask("delete")["ok"] == {}
        assert shim.wait() == 0


def test_a_missing_parameter_is_an_answer_and_not_the_end(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        assert "error" in shim.ask("forget")
        assert "ok" in shim.ask("describe")


def test_a_descriptor_that_nobody_takes_is_closed(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        before = len(os.listdir(f"/proc/{shim.pid}/fd"))
        ours, theirs = socket.socketpair()
        shim.ask("describe", theirs.fileno())
        theirs.close()
        assert ours.recv(1) == b""
        assert len(os.listdir(f"/proc/{shim.pid}/fd")) == before
        ours.close()


def test_the_description_names_protocol_and_process(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        described = shim.ask("describe")["ok"]
        assert described == {"version": VERSION, "shim_pid": shim.pid, "state": None, "exits": {}, "running": []}
        assert len(IDENTIFIER) == 64
