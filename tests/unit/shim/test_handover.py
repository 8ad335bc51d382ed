"""A shim that takes over from its maker, without a container: the rest is in tests/integration/shim."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_containers.shim.protocol import VERSION
from tests.support.shims import running_shim


def test_a_create_that_failed_is_answered_by_the_shim_which_lives_on(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        answer = shim.ask("create", stdin_open=False, stdin_once=False, terminal=None, namespaces=[], log=None)
        assert answer["error"]["kind"] == "not_found"
        assert shim.ask("describe")["ok"]["version"] == VERSION
        assert shim.socket_path.exists()


def test_a_second_create_comes_too_late(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("create", stdin_open=False, stdin_once=False, terminal=None, namespaces=[], log=None)
        answer = shim.ask("create", stdin_open=False, stdin_once=False, terminal=None, namespaces=[], log=None)
        assert answer["error"]["kind"] == "conflict"
        assert "it is too late to create" in answer["error"]["message"]


def test_whoever_is_asked_first_the_shim_that_listens_is_the_one_of_the_bundle(tmp_path: Path) -> None:
    with running_shim(tmp_path) as shim:
        shim.ask("describe")
        with shim.connect():
            assert os.readlink(f"/proc/{shim.pid}/cwd") == shim.bundle.place


def test_a_bundle_that_is_not_there_is_an_answer_and_not_the_end(tmp_path: Path) -> None:
    with running_shim(tmp_path, adopts=False) as shim:
        gone = str(tmp_path / "gone")
        assert shim.ask("adopt", container="c", bundle=gone, socket=f"{gone}/s")["ok"] == {}
        assert shim.ask("describe")["ok"]["shim_pid"] == shim.pid
        assert shim.ask("delete")["ok"] == {}
