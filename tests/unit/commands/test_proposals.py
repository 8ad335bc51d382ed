"""Tests of commands.proposals."""

from __future__ import annotations

import pytest

from jupyter_containers.commands.command import Completes
from jupyter_containers.commands.proposals import DOCKERFILE_KEYWORDS, propose, propose_in_dockerfile


def test_the_first_word_is_a_command() -> None:
    assert {"build", "run", "use"} <= set(propose([], "", "magic").words)


@pytest.mark.parametrize(
    ("before", "fragment", "kind"),
    [
        ("run", "", Completes.IMAGE),
        ("run -d", "bu", Completes.IMAGE),
        ("run -e A=1", "", Completes.IMAGE),
        ("run --network", "", Completes.NETWORK),
        ("run busybox", "", Completes.NOTHING),
        ("exec", "", Completes.RUNNING),
        ("rm a b", "", Completes.CONTAINER),
        ("rm -f", "", Completes.CONTAINER),
        ("inspect", "", Completes.ANYTHING),
        ("ps x", "", Completes.NOTHING),
        ("tag a b c", "", Completes.NOTHING),
        ("run --name", "", Completes.NOTHING),
    ],
)
def test_names_are_proposed_where_a_name_belongs(before: str, fragment: str, kind: Completes) -> None:
    assert propose(before.split(), fragment, "magic").kind is kind


def test_a_dash_asks_for_options() -> None:
    words = propose(["run"], "-", "magic").words
    assert {"--memory", "--keep", "--help"} <= set(words)
    assert "--interactive" not in words


def test_the_containers_own_options_are_not_ours() -> None:
    assert propose(["run", "busybox", "ls"], "-", "magic").words == ()


def test_the_values_of_an_option_are_proposed() -> None:
    assert propose(["run", "--pull"], "", "magic").words == ("always", "missing", "never")


def test_an_unknown_command_proposes_nothing() -> None:
    assert propose(["nope"], "", "magic").words == ()


@pytest.mark.parametrize("line", ["", "FR", "  R"])
def test_a_line_of_a_dockerfile_begins_with_a_keyword(line: str) -> None:
    assert propose_in_dockerfile(line).words == DOCKERFILE_KEYWORDS


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("FROM ", Completes.IMAGE),
        ("from bus", Completes.IMAGE),
        ("FROM x ", Completes.NOTHING),
        ("RUN ", Completes.NOTHING),
    ],
)
def test_from_takes_an_image(line: str, kind: Completes) -> None:
    assert propose_in_dockerfile(line).kind is kind
    assert propose_in_dockerfile(line).words == ()
