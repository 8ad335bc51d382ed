"""Tests of commands.containers, on a daemon made of Python objects."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.values import ContainerSummary, Port
from jupyter_containers.commands import table
from jupyter_containers.commands.containers import LOGS, LogPanel, Logs, each, pairs, parse_filters
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import Result
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from tests.support.front_double import SessionOn

WEB = ContainerSummary(
    "c0ffee" * 10, "web", "sha256:" + "1" * 64, "sleep 100 and much more of it", datetime.now(UTC), "running", "Up",
    (Port(80, "tcp", "0.0.0.0", 8080),),
)  # fmt: skip


def do(client: Any, *words: str, surface: str = "magic") -> Result:
    command = table.find(words[0], surface)
    result = command.action(SessionOn(client, surface=surface), parse(command, words[1:], surface=surface, prog="x"))
    assert result is not None
    return result


def listing(asked: dict[str, Any]) -> SimpleNamespace:
    def list_(**query: Any) -> list[ContainerSummary]:
        asked.update(query)
        return [WEB]

    return SimpleNamespace(containers=SimpleNamespace(list=list_))


def test_the_list_is_short_enough_to_read() -> None:
    asked: dict[str, Any] = {}
    result = do(listing(asked), "ps", "-a", "--filter", "status=running", "--filter", "status=exited")
    assert asked == {"every": True, "filters": {"status": ["running", "exited"]}, "limit": 0, "size": False}
    row = result.text().splitlines()[1]
    assert row.split("   ")[:3] == ["c0ffeec0ffee", "111111111111", "sleep 100 and much …"]
    assert row.endswith("0.0.0.0:8080->80/tcp   web")


def test_ids_alone_for_other_programs() -> None:
    assert do(listing({}), "ps", "-q").data() == {"lines": ["c0ffeec0ffee"], "items": ["c0ffeec0ffee"]}
    assert do(listing({}), "ps", "-q", "--no-trunc").text() == WEB.id


def test_a_filter_needs_a_value() -> None:
    with pytest.raises(InvalidParameter, match="invalid filter 'status'"):
        parse_filters(["status"])


def test_what_fails_does_not_keep_the_others_from_it() -> None:
    def remove(name: str) -> None:
        if name == "b":
            raise Conflict("b is running")

    with pytest.raises(Conflict, match=r"b is running \(removed a, c\)"):
        each(SessionOn(), ["a", "b", "c"], "removed", remove)
    assert each(SessionOn(), ["a", "c"], "removed", remove).items == ("a", "c")


def test_a_single_failure_is_raised_as_it_is() -> None:
    def missing(name: str) -> None:
        raise NotFound("No such container: x", status=404)

    with pytest.raises(NotFound) as raised:
        each(SessionOn(), ["x"], "removed", missing)
    assert raised.value.details == {"status": 404}


def test_signals_are_said_as_docker_says_them() -> None:
    sent: list[tuple[str, str]] = []
    client = SimpleNamespace(containers=SimpleNamespace(kill=lambda name, signal: sent.append((name, signal))))
    do(client, "kill", "-s", "sigterm", "a")
    do(client, "kill", "b")
    assert sent == [("a", "TERM"), ("b", "KILL")]


def test_stop_and_remove_pass_their_options_on() -> None:
    asked: list[Any] = []
    containers = SimpleNamespace(
        stop=lambda name, **options: asked.append((name, options)),
        remove=lambda name, **options: asked.append((name, options)),
    )
    do(SimpleNamespace(containers=containers), "stop", "-t", "3", "-s", "INT", "a")
    do(SimpleNamespace(containers=containers), "rm", "-f", "b")
    assert asked == [("a", {"timeout_seconds": 3, "signal": "INT"}), ("b", {"force": True, "volumes": False})]


def test_a_notebook_does_not_stop_the_daemon() -> None:
    with pytest.raises(UsageError, match="stop: which container"):
        do(None, "stop")


def test_another_daemon_is_not_ours_to_start() -> None:
    with pytest.raises(UsageError, match="not ours to start"):
        do(None, "start", surface="shell")


def test_logs_come_with_their_streams() -> None:
    client = SimpleNamespace(containers=SimpleNamespace(logs=lambda *_, **__: iter([(1, b"out\n"), (2, b"err\n")])))
    result = do(client, "logs", "--tail", "2", "web")
    assert isinstance(result, Logs)
    assert (result.stdout, result.stderr, result.text(), result.summary()) == (
        "out\n",
        "err\n",
        "out\nerr",
        "2 lines of web",
    )


def attended(words: str, *, surface: str = "magic") -> Result | None:
    """Do a command where somebody can work with widgets."""
    containers = SimpleNamespace(logs=lambda *_, **__: iter([(1, b"out\n")]), inspect=lambda _: {})
    session = SessionOn(SimpleNamespace(containers=containers), surface=surface)
    session.remembering.is_attended = True  # type: ignore[misc]
    return LOGS.action(session, parse(LOGS, words.split(), surface=surface, prog="x"))


def test_logs_that_are_followed_in_a_notebook_have_a_view() -> None:
    panel = attended("-f --tail 5 web")
    assert isinstance(panel, LogPanel)
    assert (panel.container, panel.tail) == ("web", "5")
    since = attended("-f --since 10m web")
    assert isinstance(since, LogPanel)
    assert float(since.since) < datetime.now(UTC).timestamp() - 599
    with pytest.raises(InvalidParameter, match="not a time: 'soon'"):
        attended("--live --since soon web")
    for words, surface in (("-f web", "shell"), ("-f -t web", "magic"), ("web", "magic")):
        assert isinstance(attended(words, surface=surface), Logs), words


@pytest.mark.parametrize("option", ["--until=10m", "--timestamps", "--details"])
def test_a_view_of_logs_refuses_what_it_has_not(option: str) -> None:
    with pytest.raises(UsageError, match=f"--live has no {option.partition('=')[0]}"):
        attended(f"--live {option} web")


def test_the_last_one_and_sizes_are_asked_for() -> None:
    asked: dict[str, Any] = {}
    result = do(listing(asked), "ps", "-l", "-s")
    assert (asked["limit"], asked["every"], asked["size"]) == (1, True, True)
    assert "0B (virtual 0B)" in result.text()


def test_names_and_values_are_read() -> None:
    assert pairs(["a=b=c", "d"], "--label") == {"a": "b=c", "d": ""}
    with pytest.raises(InvalidParameter, match="--label: '=x' has no name"):
        pairs(["=x"], "--label")
