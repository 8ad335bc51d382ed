"""Tests of commands.pushing."""

from __future__ import annotations

from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.images import Pushed
from jupyter_containers.client.values import Progress
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.pushing import push
from jupyter_containers.errors import ContainersError
from tests.support.front_double import SessionOn

REPOSITORY = "127.0.0.1:5000/app"
NAME = f"{REPOSITORY}:1"


class Images:
    def push(self, name: str, progress: Any = None, *, every_tag: bool) -> list[Pushed]:
        if name not in (NAME, REPOSITORY):
            raise ContainersError("denied")
        if progress is None:
            return [Pushed(NAME, "sha256:1", 500)]
        progress(Progress("", f"The push refers to repository [{name}]"))
        progress(Progress("abc", "Pushing", 1, 2))
        progress(Progress("abc", "Pushed"))
        return [Pushed(NAME, "sha256:1", 500)] * (2 if every_tag else 1)


def session() -> SessionOn:
    return SessionOn(SimpleNamespace(images=Images()))


def test_layers_are_followed_and_names_are_told() -> None:
    told = session()
    result = push(told, Namespace(image=NAME, all_tags=False, quiet=False))
    assert result.text() == f"abc: Pushed\npushed {NAME}, sha256:1"
    assert (result.digest, len(result.pushed), result.is_complete) == ("sha256:1", 1, True)
    assert result.data()["pushed"] == [{"name": NAME, "digest": "sha256:1", "size": 500}]
    assert (1, "abc: Pushed\n") in told.remembering.said
    assert len(push(session(), Namespace(image=REPOSITORY, all_tags=True, quiet=False)).pushed) == 2


@pytest.mark.parametrize("image", [NAME, f"{REPOSITORY}@sha256:{'0' * 64}"])
def test_all_tags_and_one_of_them_is_refused(image: str) -> None:
    with pytest.raises(UsageError, match="leave one of both out"):
        push(session(), Namespace(image=image, all_tags=True, quiet=False))


def test_a_failure_is_raised_and_shown() -> None:
    told = session()
    with pytest.raises(ContainersError, match="denied"):
        push(told, Namespace(image="other", all_tags=False, quiet=False))
    (shown,) = told.remembering.shown
    assert shown.summary() == "could not push other"
    assert not shown


def test_a_quiet_push_tells_the_name_alone() -> None:
    told = session()
    assert push(told, Namespace(image=NAME, all_tags=False, quiet=True)).text() == NAME
    assert told.remembering.shown == []
