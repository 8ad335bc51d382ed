"""Tests of magics.display: how often a picture is drawn, and that nothing is shown twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from jupyter_containers.commands.results import LiveResult, Message, Said
from jupyter_containers.magics.display import (
    INTERVAL_SECONDS,
    IPythonTerminalFront,
    LiveDisplay,
    NotebookFront,
    front_for,
)
from jupyter_containers.magics.stage import Audience
from tests.support.eventually import eventually
from tests.support.shells import interactive_shell


class Counter(LiveResult):
    kind = "counter"

    def __init__(self) -> None:
        self.count = 0

    def apply(self, event: object) -> Iterable[Said]:
        self.count += 1
        return ()

    def text(self) -> str:
        return f"count {self.count}"

    def data(self) -> dict[str, Any]:
        return {"count": self.count}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[InteractiveShell]:
    """The shell that IPython.display finds, with a publisher that keeps what is published."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    with interactive_shell() as shell:
        shell.display_pub = CapturingDisplayPublisher()
        yield shell


def published(shell: InteractiveShell) -> list[dict[str, Any]]:
    return shell.display_pub.outputs  # type: ignore[attr-defined, no-any-return]


def test_what_grows_is_drawn_at_once_then_sometimes_and_settles(shell: InteractiveShell) -> None:
    begun = time.monotonic()
    with NotebookFront(shell).live(Counter()) as tell:
        for _ in range(100):
            tell("one")
            time.sleep(INTERVAL_SECONDS / 50)
    took = time.monotonic() - begun
    outputs = published(shell)
    assert len(outputs) <= took / INTERVAL_SECONDS + 2
    assert [set(outputs[0]["data"]), outputs[0]["data"]["text/plain"]] == [{"text/plain", "text/html"}, "count 0"]
    assert outputs[-1]["data"]["application/vnd.jupyter-containers.counter+json"] == {"count": 100}
    assert {output["transient"]["display_id"] for output in outputs} == {outputs[0]["transient"]["display_id"]}
    assert [output["update"] for output in outputs] == [False] + [True] * (len(outputs) - 1)


def test_what_was_told_last_is_drawn_though_nothing_follows(shell: InteractiveShell) -> None:
    with NotebookFront(shell).live(Counter()) as tell:
        tell("one")
        tell("two")
        eventually(lambda: published(shell)[-1]["data"]["text/plain"] == "count 2")


def test_it_settles_after_an_error_too(shell: InteractiveShell) -> None:
    with pytest.raises(KeyboardInterrupt), NotebookFront(shell).live(Counter()):
        raise KeyboardInterrupt
    assert len(published(shell)[-1]["data"]) == 3


def test_it_settles_when_it_is_interrupted_while_it_settles(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveDisplay(Counter(), Audience())
    live.__enter__()
    thread = live._thread
    assert thread is not None
    end = thread.join

    def join(timeout: float | None = None) -> None:
        end()
        raise KeyboardInterrupt

    monkeypatch.setattr(thread, "join", join)
    with pytest.raises(KeyboardInterrupt):
        live.__exit__()
    assert len(published(shell)[-1]["data"]) == 3


def test_a_picture_that_cannot_be_drawn_leaves_no_thread(shell: InteractiveShell) -> None:
    class Broken(Counter):
        def data(self) -> dict[str, Any]:
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), NotebookFront(shell).live(Broken()):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_no_thread_is_left(shell: InteractiveShell) -> None:
    before = threading.active_count()
    with NotebookFront(shell).live(Counter()):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_the_value_of_a_cell_is_not_shown_again(shell: InteractiveShell) -> None:
    front, message = NotebookFront(shell), Message(("x",))
    front.attach()
    front.show(message)
    assert len(published(shell)) == 1
    shell.display_formatter.format(message)
    assert len(published(shell)) == 1
    shell.execution_count += 1
    shell.display_formatter.format(message)
    assert len(published(shell)) == 2
    front.detach()
    assert "text/plain" in shell.display_formatter.format(message)[0]


def test_a_note_steers_nothing(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    NotebookFront(shell).note("a\x1b[2J\nb")
    assert capsys.readouterr().out == "a?[2J\nb\n"


def test_a_kernel_has_a_notebook_in_front(shell: InteractiveShell) -> None:
    assert isinstance(front_for(shell), IPythonTerminalFront)
    assert isinstance(front_for(SimpleNamespace(kernel=object())), NotebookFront)


def test_who_could_be_asked_is_there(shell: InteractiveShell) -> None:
    front = NotebookFront(shell)
    for allows in (True, False):
        shell.kernel = SimpleNamespace(_allow_stdin=allows)  # type: ignore[attr-defined]
        assert front.is_attended is allows
    assert not IPythonTerminalFront(shell).is_attended
