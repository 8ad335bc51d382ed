"""Tests of compose.members."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from jupyter_containers.client.values import Event
from jupyter_containers.compose.members import DependencyFailed, Member, is_satisfied
from jupyter_containers.compose.model import COMPLETED, HEALTHY, STARTED, Dependency

NOW = datetime.fromtimestamp(1_700_000_000.25, UTC)


def event(action: str, **attributes: str) -> Event:
    return Event("container", action, "id", attributes, NOW)


def after(*actions: str, member: Member | None = None, **attributes: str) -> Member:
    found = member or Member("db", "shop-db-1", "id")
    for action in actions:
        found.hear(event(action, **attributes))
    return found


def test_events_change_a_member() -> None:
    assert after("start").state == "running"
    ended = after("start", "die", exitCode="3")
    assert (ended.state, ended.exit_code, ended.log_since) == ("exited", 3, "1700000000.250000")
    assert after("start", member=ended).exit_code is None
    assert after("start", "health_status: healthy").health == "healthy"
    assert after("start", "pause").state == "paused"
    assert after("start", "pause", "unpause").state == "running"
    assert after("destroy").state == "removed"
    assert after("die", exitCode="²").exit_code is None


def test_a_started_member_is_healthy_only_when_it_is_told_so() -> None:
    member = after("start", "health_status: healthy", "die", exitCode="0")
    member.hear(event("start"))
    assert member.health == "starting"


def test_an_inspection_is_taken_over() -> None:
    member = Member("db", "shop-db-1", "id")
    member.look({
        "State": {"Status": "running", "Health": {"Status": "starting"}}, "Config": {"Tty": True},
        "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "::", "HostPort": "8080"}], "81/tcp": None}},
    })  # fmt: skip
    assert (member.state, member.health, member.has_terminal, member.ports) == (
        "running", "starting", True, ("[::]:8080->80/tcp",),
    )  # fmt: skip
    member.look({"State": {"Status": "exited", "ExitCode": 4}, "Config": {}})
    assert (member.state, member.health, member.exit_code) == ("exited", "", 4)
    member.will_start()
    assert not member.has_begun


def test_how_it_is_in_words() -> None:
    assert after("start", "die", exitCode="3").status().words == "exited (3)"
    assert after("start", "health_status: healthy").status().words == "running (healthy)"
    assert after().status().words == "created"


@pytest.mark.parametrize(
    ("condition", "actions", "code", "satisfied"),
    [
        (STARTED, (), "0", False),
        (STARTED, ("start",), "0", True),
        (STARTED, ("start", "die"), "1", True),
        (HEALTHY, (), "0", False),
        (HEALTHY, ("start", "health_status: starting"), "0", False),
        (HEALTHY, ("start", "health_status: healthy"), "0", True),
        (COMPLETED, ("start",), "0", False),
        (COMPLETED, ("start", "die"), "0", True),
    ],
)
def test_what_is_needed(condition: str, actions: tuple[str, ...], code: str, satisfied: bool) -> None:
    members = [after(*actions, exitCode=code)]
    assert is_satisfied(Dependency("db", condition), members, who="web") is satisfied


@pytest.mark.parametrize(
    ("condition", "actions", "code", "message"),
    [
        (COMPLETED, ("start", "die"), "2", "shop-db-1, which must complete first, ended with exit code 2"),
        (HEALTHY, ("start", "die"), "0", "shop-db-1, which must be healthy first, ended with exit code 0"),
        (HEALTHY, ("start", "health_status: unhealthy"), "0", "shop-db-1 is unhealthy"),
        (HEALTHY, ("start",), "0", "has no health check; write one in the file"),
    ],
)
def test_what_never_will_be(condition: str, actions: tuple[str, ...], code: str, message: str) -> None:
    members = [after(*actions, exitCode=code)]
    with pytest.raises(DependencyFailed) as caught:
        is_satisfied(Dependency("db", condition), members, who="web")
    assert message in caught.value.message


def test_every_container_of_a_service_counts_and_a_service_without_any_does_not() -> None:
    need: Any = Dependency("db", STARTED)
    assert is_satisfied(need, [after("start"), after()], who="web") is False
    assert is_satisfied(need, [Member("other", "o", "i")], who="web") is True
