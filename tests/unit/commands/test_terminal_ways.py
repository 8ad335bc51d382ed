"""Tests of commands.terminal_ways, on a daemon made of Python objects; a real one is in tests/browser."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.client.runs import Outcome
from jupyter_containers.commands.terminal_ways import SHELL, AttachWay, ExecWay, RunWay, has_ended
from jupyter_containers.errors import NotFound

NOW = datetime.now(UTC)


def outcome(code: int) -> Outcome:
    return Outcome("c0ffee", code, NOW, NOW)


def test_an_exec_gets_a_terminal_of_the_size_and_is_hung_up_on() -> None:
    asked: list[Any] = []
    client: Any = SimpleNamespace(
        runs=SimpleNamespace(run_exec=lambda *given, attend: asked.append(given) or outcome(3)),
        execs=SimpleNamespace(signal=lambda *given: asked.append(given) or True),
    )
    way = ExecWay("web", ExecSettings(("top", "-b")))
    assert way.title == "top -b in web"
    assert way.follow(client, (12, 90), lambda *_: None) == 3
    container, settings, _ = asked[0]
    assert container == "web" and settings.terminal and settings.stdin and settings.console_size == (12, 90)
    assert way.end(client, "id") and asked[1] == ("id", "HUP")


def test_a_shell_is_called_so_and_one_that_goes_on_has_no_code() -> None:
    client: Any = SimpleNamespace(runs=SimpleNamespace(run_exec=lambda *_, attend: outcome(-1)))
    way = ExecWay("web", ExecSettings(SHELL))
    assert way.title == "shell in web"
    assert way.follow(client, (12, 90), lambda *_: None) is None


def test_a_container_of_its_own_is_killed() -> None:
    asked: list[Any] = []
    client: Any = SimpleNamespace(
        runs=SimpleNamespace(run=lambda *given, attend: asked.append(given) or outcome(0)),
        containers=SimpleNamespace(kill=asked.append),
    )
    way = RunWay("box", RunSettings("box", command=("a b",)))
    assert way.title == "'a b' in box"
    assert way.follow(client, (12, 90), lambda *_: None) == 0
    assert asked[0][0].terminal and asked[0][0].console_size == (12, 90)
    assert way.end(client, "id") and asked[1] == "id"


def attached(*, runs: bool) -> tuple[AttachWay, Any]:
    waiting = SimpleNamespace(result=lambda: 5, close=lambda: None)
    containers = SimpleNamespace(
        attach=lambda *_, **__: nullcontext("stream"), wait=lambda _: waiting,
        inspect=lambda _: {"State": {"Running": runs}},
    )  # fmt: skip
    return AttachWay("web", has_terminal=True, takes_input=True), SimpleNamespace(containers=containers)


def test_attached_to_a_container_that_ends_its_code_is_known() -> None:
    way, client = attached(runs=False)
    assert way.follow(client, (12, 90), lambda *_: None) == 5


def test_a_container_that_is_left_has_no_code() -> None:
    way, client = attached(runs=True)
    assert way.end(client, "web") is False
    assert way.follow(client, (12, 90), lambda *_: None) is None


def test_a_container_that_is_gone_has_ended() -> None:
    def gone(_: str) -> Any:
        raise NotFound("gone")

    client: Any = SimpleNamespace(containers=SimpleNamespace(inspect=gone))
    assert has_ended(client, "web")
