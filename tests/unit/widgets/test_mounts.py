"""Tests of widgets.mounts: what outputs carry. In a browser: tests/browser/test_saved_in_mid_flight.py."""

from __future__ import annotations

import pytest

from jupyter_containers.widgets.mounts import REFERENCE, Mount
from jupyter_containers.widgets.view import View

FORMS = {"text/plain": "x", "text/html": "<b>x</b>"}


def test_an_output_is_a_picture_with_a_mark() -> None:
    mount = Mount("abc")
    assert mount.is_kept
    assert mount.forms(FORMS) == {**FORMS, "text/html": '<b>x</b><span class="jc-at-abc"></span>'}
    mount.close()


@pytest.mark.parametrize("name", ["VSCODE_PID", "COLAB_RELEASE_TAG"])
def test_where_outputs_are_kept_apart_it_names_the_widget(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    mount = Mount("abc")
    assert not mount.is_kept
    assert mount.forms(FORMS)[REFERENCE]["model_id"] == "abc"
    mount.close()


def test_who_gives_up_names_it_from_then_on() -> None:
    mount = Mount("abc")
    mount.give_up()
    assert set(mount.forms(FORMS)) == {*FORMS, REFERENCE}


def test_it_ends_with_what_is_shown_there() -> None:
    view = View()
    view.mount = Mount(view.model_id)
    place = view.mount._place
    assert place is not None
    assert place.comm is not None
    view.settle()
    assert place.comm is None
