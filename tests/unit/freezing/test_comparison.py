"""Tests of freezing.comparison."""

from __future__ import annotations

from typing import Any

from jupyter_containers.freezing.comparison import CellCheck, compare
from jupyter_containers.freezing.notebooks import Cell


def stream(text: Any, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(kind: str, **forms: str) -> dict[str, Any]:
    return {"output_type": kind, "data": {name.replace("_", "/"): text for name, text in forms.items()}}


ERROR = {"output_type": "error", "ename": "E", "evalue": "e"}


def checked(saved: list[Any], made: list[Any], *, is_full: bool = True) -> CellCheck:
    (check,) = compare([Cell("", tuple(saved))], [{"outputs": made}], is_full=is_full)
    return check


def test_text_is_compared_however_it_came_in_pieces() -> None:
    assert checked([stream(["a\n", "b"])], [stream("a"), stream("\nb")]).state == "same"
    assert checked([stream("a")], [stream("b")]) == CellCheck(1, "differs", "saved 'a', now 'b'")
    assert checked([stream("a")], []) == CellCheck(1, "differs", "no longer: 'a'")
    assert checked([], [stream("a")]) == CellCheck(1, "differs", "only now: 'a'")


def test_warnings_colours_and_addresses_are_no_difference() -> None:
    assert checked([stream("w", "stderr")], []).state == "same"
    assert checked([stream("\x1b[31mat 0x7f00aa\x1b[0m")], [stream("at 0x7fffff")]).state == "same"


def test_pictures_are_compared_where_they_are_kept() -> None:
    before, after = shown("display_data", image_png="AA==\n"), shown("display_data", image_png="BB==")
    assert checked([before], [shown("display_data", image_png="AA==")]).state == "same"
    assert checked([before], [after]).state == "differs"
    assert checked([before], [], is_full=False).state == "same"


def test_an_error_is_a_failure_unless_it_was_saved() -> None:
    assert checked([], [ERROR]) == CellCheck(1, "failed", "E: e")
    assert checked([ERROR], [ERROR]).state == "same"


def test_what_was_not_run_is_said() -> None:
    cells = [Cell(""), Cell(""), Cell("")]
    checks = compare(cells, [{"skipped": "magics"}, {"outputs": ["no output"]}], is_full=True)
    assert checks == [
        CellCheck(1, "not run", "magics"),
        CellCheck(2, "same"),
        CellCheck(3, "not run", "a cell before it has failed"),
    ]
