"""Tests of widgets.view: what an action answers, and how a view ends. What the browser sees is in tests/browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ipywidgets import Widget

from jupyter_containers.errors import NotFound
from jupyter_containers.widgets.view import Action, View


class Probe(View):
    """Keeps what it would have sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[Any, Any]] = []
        self.begun = threading.Event()

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append((content, buffers))

    def actions(self) -> Mapping[str, Action]:
        return {"double": lambda given: given["n"] * 2, "fail": self.fail}

    def fail(self, given: Mapping[str, Any]) -> None:
        raise NotFound("no such thing")

    def watch(self) -> None:
        self.begun.set()
        self.ended.wait()


@pytest.fixture
def view() -> Iterator[Probe]:
    view = Probe()
    yield view
    view.settle()


def take(view: Probe, **message: Any) -> Any:
    view._take(view, message, [])
    return view.sent[-1][0] if view.sent else None


def test_an_action_answers_the_call_with_its_number(view: Probe) -> None:
    assert take(view, call="double", id=7, **{"with": {"n": 4}}) == {"answers": 7, "value": 8}


def test_a_name_that_is_no_text_is_in_no_message(view: Probe) -> None:
    view.tell(event="found", names=["caf\udce9"])
    assert view.sent[-1][0] == {"event": "found", "names": ["caf\ufffd"]}


def test_an_error_and_an_unknown_action_answer_with_a_sentence(view: Probe) -> None:
    assert take(view, call="fail", id=1) == {"answers": 1, "error": "no such thing"}
    assert take(view, call="steal", id=2) == {"answers": 2, "error": "this view has no action 'steal'"}


def test_what_nobody_expected_is_answered_too(view: Probe) -> None:
    with pytest.raises(KeyError):
        take(view, call="double", id=3)
    assert view.sent[-1][0] == {"answers": 3, "error": "KeyError: 'n'"}


def test_one_whose_picture_cannot_be_made_is_closed_all_the_same(view: Probe) -> None:
    def fail() -> None:
        raise NotFound("gone")

    view.on_settle = fail
    with pytest.raises(NotFound):
        view.settle()
    assert view.comm is None


def test_closing_ends_the_thread_and_settles_once(view: Probe) -> None:
    settled = []
    view.on_settle = lambda: settled.append(view.ended.is_set())
    view.begin()
    assert view.begun.wait(10)
    take(view, call="close")
    view.settle()
    assert settled == [True]
    assert "jupyter-containers Probe" not in {thread.name for thread in threading.enumerate()}


def test_one_that_ipywidgets_closes_ends_its_thread_and_settles(view: Probe) -> None:
    settled = []
    view.on_settle = lambda: settled.append(view.ended.is_set())
    view.begin()
    assert view.begun.wait(10)
    Widget.close_all()
    assert settled == [True]
    assert view.comm is None
    assert "jupyter-containers Probe" not in {thread.name for thread in threading.enumerate()}


def test_bytes_go_as_buffers_and_nothing_goes_after_the_end(view: Probe) -> None:
    view.tell(event="x", buffers=[b"1"])
    assert view.sent == [({"event": "x"}, [b"1"])]
    view.settle()
    view.tell(event="y")
    assert len(view.sent) == 1


def test_a_daemon_that_is_lost_is_told() -> None:
    class Lost(Probe):
        def watch(self) -> None:
            raise NotFound("gone")

    view = Lost()
    view._watch()
    assert view.sent == [({"event": "lost", "message": "gone"}, None)]
    view.settle()
