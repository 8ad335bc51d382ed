"""Tests of commands.carrying."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.commands.carrying import Carrier, carrier_of
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.variables.codec import CannotTravel
from tests.support.front_double import SessionOn


def carrier(session: SessionOn, **options: Any) -> Carrier:
    found = carrier_of(session, Namespace(**({"input": [], "output": [], "detach": False} | options)))
    assert found is not None
    return found


def session(**namespace: object) -> SessionOn:
    made = SessionOn()
    made.namespace = dict(namespace)
    return made


def test_scalars_are_in_the_environment_and_files() -> None:
    made = carrier(session(x=1, s="a b", l=[1]), input=["x", "s", "l"])
    assert [packed.file for packed in made.inputs] == ["x.json", "s.txt", "l.jsonl"]
    settings = made.into_run(RunSettings("img", environment=("A=1",)))
    assert settings.environment == ("VARIABLES=/variables", "x=1", "s=a b", "A=1")
    assert settings.volumes == ("/variables",)


def test_nothing_is_carried_unless_asked_for() -> None:
    assert carrier_of(session(), Namespace(input=[], output=[], detach=True)) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"input": ["number"]}, "there is no variable number; did you mean numbers"),
        ({"output": ["a b"]}, "'a b' is no name of a variable"),
        ({"input": ["numbers"], "detach": True}, "-d leaves the container alone"),
    ],
)
def test_what_cannot_be_carried_is_said(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        carrier(session(numbers=[1]), **options)


def test_variables_are_set_all_or_none() -> None:
    at = session(y=0)
    made, result = carrier(at, output=["y", "z"]), RunResult("img", ())
    made.files = {"y.json": b"1", "z.json": b"{"}
    with pytest.raises(CannotTravel, match=r"z\.json cannot be read"):
        made.deliver(at, result, succeeded=True)
    assert at.namespace == {"y": 0}
    made.files["z.json"] = b"2"
    made.deliver(at, result, succeeded=False)
    assert at.namespace == {"y": 0}
    made.deliver(at, result, succeeded=True)
    assert at.namespace == {"y": 1, "z": 2}
    assert result.carried() == "[out: y (.json, 1B), z (.json, 1B)]"
