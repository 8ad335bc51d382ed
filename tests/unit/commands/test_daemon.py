"""Tests of commands.daemon."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.daemon import Checkup, NotRunning
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import Result
from tests.support.docker_contexts import write_context
from tests.support.front_double import SessionOn

OVERLAY = {
    "name": "overlay",
    "available": False,
    "reason": "no such device",
    "cost": "slow",
    "remedy": "modprobe overlay",
}
FOUND = {
    "canRun": False,
    "features": [
        {"name": "root", "available": True, "reason": "", "cost": "much", "remedy": "sudo", "essential": True},
        OVERLAY | {"essential": True},
        {"name": "cgroup_v2", "available": False, "reason": "", "cost": "", "remedy": "", "essential": False},
    ],
}


def test_what_is_missing_is_explained() -> None:
    checkup = Checkup(FOUND)
    assert not checkup
    assert checkup.text().splitlines() == [
        "      FEATURE",
        "yes   root",
        "NO    overlay     no such device",
        "      cost: slow",
        "      mend: modprobe overlay",
        "NO    cgroup_v2",
        "      cost:",
        "      mend:",
        "containers cannot run here: lacking overlay",
    ]


def test_what_is_missing_and_not_needed_is_counted() -> None:
    checkup = Checkup({"canRun": True, "features": FOUND["features"]})
    assert checkup
    assert checkup.summary() == "containers can run here; 2 things are missing"


def test_values_for_front_ends() -> None:
    assert Checkup(FOUND).data() == FOUND


def do(*words: str, surface: str = "magic") -> Result:
    system = SimpleNamespace(version=lambda: {"Version": "1.0", "ApiVersion": "1.44", "Platform": {"Name": "Test"}})
    client = SimpleNamespace(system=system, containers=SimpleNamespace(list=lambda: [1]))
    command, session = table.find(words[0], surface), SessionOn(client)
    session.surface = surface
    result = command.action(session, parse(command, words[1:], surface=surface, prog="x"))
    assert result is not None
    return result


def test_the_status_tells_who_answers() -> None:
    assert do("status").text() == (
        "using the daemon at unix:///nobody/listens/here\nversion 1.0, API 1.44, 1 container running"
    )


def test_use_tells_which_daemon() -> None:
    assert do("use").text() == "using the daemon at unix:///nobody/listens/here"
    assert do("use", "unix:///other").text() == "using the daemon at unix:///other (Test)"


def test_in_a_shell_it_tells_how_to_make_it_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    write_context(tmp_path, "there", "ssh://me@there")
    assert do("use", "unix:///other", surface="shell").text() == (
        "the daemon at unix:///other answers (Test); for this shell: export DOCKER_HOST=unix:///other"
    )
    assert do("use", "there", surface="shell").text() == (
        "the daemon at ssh://me@there answers (Test); for this shell: export DOCKER_CONTEXT=there"
    )


def test_no_daemon_is_false_for_a_shell() -> None:
    assert not NotRunning(("the daemon is not running",))


def test_repair_alone_is_refused() -> None:
    with pytest.raises(UsageError, match="--repair and --deep go together with --storage"):
        do("doctor", "--repair")
