"""Tests of commands.compose_arguments."""

from __future__ import annotations

from itertools import chain

import pytest

from jupyter_containers.commands import compose_arguments, table
from jupyter_containers.commands.command import Command


@pytest.mark.parametrize("surface", ["shell", "magic"])
@pytest.mark.parametrize("verb", table.find("compose", "magic").verbs, ids=lambda verb: str(verb.name))
def test_no_verb_has_a_name_twice(verb: Command, surface: str) -> None:
    names = list(chain.from_iterable(argument.names for argument in verb.arguments_in(surface)))
    assert len(names) == len(set(names))


def test_what_stands_before_a_verb_may_stand_behind_it() -> None:
    behind = {name for argument in compose_arguments.NAMED for name in argument.names}
    before = {name for argument in compose_arguments.LEADING for name in argument.names}
    assert before - behind == {"-f"}
