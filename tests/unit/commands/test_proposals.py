"""Tests of commands.proposals."""

from __future__ import annotations

import pytest

from jupyter_containers.commands.command import Completes
from jupyter_containers.commands.proposals import propose


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


def test_a_group_proposes_its_commands_and_their_options() -> None:
    assert {"ls", "create", "prune"} <= set(propose(["network"], "", "magic").words)
    assert "--subnet" in propose(["network", "create"], "--", "magic").words
    assert propose(["volume", "rm"], "", "magic").kind is Completes.VOLUME
    assert propose(["image", "rm"], "", "magic").kind is Completes.IMAGE
    assert propose(["image", "nope"], "", "magic").words == ()


def test_a_value_behind_an_equals_sign_is_proposed() -> None:
    found = propose(["run"], "--pull=al", "magic")
    assert (found.words, found.prefix) == (("always", "missing", "never"), "--pull=")
    assert propose(["run"], "--network=", "magic").kind is Completes.NETWORK
    assert propose(["run"], "--nope=", "magic").words == ()
