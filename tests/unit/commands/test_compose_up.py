"""Tests of commands.compose_up: options become wishes. What up does is in tests/integration/compose."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.compose_up import scale_of, wishes_of
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.compose.planning import Wishes


def options(*words: str) -> Any:
    return parse(table.find("compose", "magic"), ["up", *words], surface="magic", prog="x")


def test_options_become_wishes() -> None:
    words = (
        "--scale",
        "web=3",
        "--force-recreate",
        "--no-deps",
        "--remove-orphans",
        "-V",
        "--build",
        "--pull",
        "always",
        "-t",
        "3",
    )
    assert wishes_of(options(*words, "web", "db")) == Wishes(
        ("web", "db"), {"web": 3}, force_recreate=True, no_deps=True, remove_orphans=True, renew_volumes=True,
        build=True, pull="always", stop_seconds=3,
    )  # fmt: skip
    assert wishes_of(options()) == Wishes()


@pytest.mark.parametrize("text", ["web", "web=", "=3", "web=x", "web=-1", "web=99999"])
def test_what_is_no_scale(text: str) -> None:
    with pytest.raises(UsageError, match="write SERVICE=NUMBER"):
        scale_of([text])


@pytest.mark.parametrize(
    "words",
    [
        ("--build", "--no-build"),
        ("--force-recreate", "--no-recreate"),
        ("--no-start", "--wait"),
        ("--abort-on-container-exit", "-d"),
        ("--exit-code-from", "web", "-d"),
        ("--exit-code-from", "web", "--wait"),
        ("--exit-code-from", "web", "--no-start"),
    ],
)
def test_wishes_that_exclude_each_other(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="leave one of them out"):
        wishes_of(options(*words))


def test_a_limit_of_waiting_is_for_who_waits() -> None:
    with pytest.raises(UsageError, match="--wait-timeout is for --wait"):
        wishes_of(options("-d", "--wait-timeout", "5"))
