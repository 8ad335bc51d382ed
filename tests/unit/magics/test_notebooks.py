"""Tests of magics.notebooks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.errors import Unavailable
from jupyter_containers.magics.notebooks import notebook_of, tell_of_earlier
from tests.support.front_double import SessionOn


def shell(**variables: Any) -> Any:
    return SimpleNamespace(kernel=object(), user_ns=variables)


def test_a_notebook_is_known_by_what_its_server_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert notebook_of(shell(__vsc_ipynb_file__="/a/b.ipynb")) == "/a/b.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", "work/c.ipynb")
    assert notebook_of(shell()) == "work/c.ipynb"
    assert notebook_of(SimpleNamespace(user_ns={})) == ""


class Containers:
    def __init__(self, *names: str) -> None:
        self.names, self.filters = names, None

    def list(self, filters: Any) -> list[Any]:
        self.filters = filters
        return [SimpleNamespace(name=name) for name in self.names]


def told(containers: Any, notebook: str = "c.ipynb") -> list[str]:
    session = SessionOn(SimpleNamespace(containers=containers))
    session.notebook = notebook
    tell_of_earlier(session)
    return session.remembering.notes


def test_what_still_runs_is_told() -> None:
    containers = Containers("web", "data\x1b")
    assert told(containers) == ["2 containers of this notebook are still running: web, data?"]
    assert containers.filters == {"label": ["jupyter-containers.notebook=c.ipynb"]}
    assert told(Containers("web")) == ["1 container of this notebook is still running: web"]
    assert told(Containers()) == []
    assert told(Containers("web"), notebook="") == []


def test_a_daemon_that_does_not_answer_is_no_problem() -> None:
    class Gone:
        def list(self, filters: Any) -> list[Any]:
            raise Unavailable("gone")

    assert told(Gone()) == []


def test_containers_of_a_notebook_have_its_name() -> None:
    session = SessionOn()
    assert session.marked(RunSettings("img")).labels == ()
    session.notebook = "c.ipynb"
    assert session.marked(RunSettings("img", labels=("a=b",))).labels == (
        "a=b", "jupyter-containers.notebook=c.ipynb",
    )  # fmt: skip
