"""Tests of client.layer_listings, with lines as a daemon sends them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client import saved_layers
from jupyter_containers.client.layer_listings import look, read_file
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from tests.support.saved_tars import saved

FIRST = {"Layers": 1, "Bytes": 9, "Config": {"history": [{"created_by": "ADD x /"}]}}
LAYER = {"Layer": 0, "Digest": "sha256:1", "Bytes": 9}


def file(path: str, **more: Any) -> dict[str, Any]:
    return {"Path": path, "Kind": "file", "Size": 3, "Mode": 0o644, "User": 1, "Group": 2, "Target": ""} | more


def daemon(*lines: Any) -> Any:
    def layers(_name: str, **_asked: Any) -> Iterator[Any]:
        yield from lines

    return SimpleNamespace(lists_layers=True, layers=layers)


def test_lines_become_an_image_and_progress_is_told() -> None:
    said: list[tuple[int, int]] = []
    lines = (
        FIRST, LAYER, file("etc/a", Digest="00ff", Content="b25l"), {"Read": 4}, {"Removed": "b"}, {"Opaque": "c"},
        file("fifo", Kind="fifo"), {"Read": 9},
    )  # fmt: skip
    image = look(daemon(*lines), "x", lambda *told: said.append(told))
    (layer,) = image.layers
    assert layer.entries["etc/a"] == ("file", 3, 0o644, 1, 2, "", b"\0\xff")
    assert (layer.entries["fifo"].kind, layer.kept) == ("other", {"etc/a": b"one"})
    assert (layer.removed, layer.opaque) == (["b"], ["c"])
    assert (layer.instruction, said, image.is_listed) == ("ADD x /", [(4, 9), (5, 9)], True)


def test_a_path_that_leads_out_leads_nowhere() -> None:
    image = look(daemon(FIRST, LAYER, file("../../etc/x"), {"Removed": "/../y"}), "x", lambda *_: None)
    assert (list(image.layers[0].entries), image.layers[0].removed) == (["etc/x"], ["y"])


@pytest.mark.parametrize(
    "lines",
    [(), (FIRST,), (FIRST, file("a")), (FIRST, LAYER, {}), (FIRST, LAYER, file("a", Digest="zz")), ({"Layers": 1},)],
)
def test_what_makes_no_sense_is_refused(lines: tuple[Any, ...]) -> None:
    with pytest.raises(ContainersError, match=r"layers( that the daemon sent cannot be read|: its list was cut)"):
        look(daemon(*lines), "x", lambda *_: None)


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_layers, "MOST_FILES", 2)
    with pytest.raises(InvalidParameter, match="more than 2 files"):
        look(daemon(FIRST, LAYER, *({"Removed": name} for name in "abc")), "x", lambda *_: None)


def test_another_daemon_and_one_that_is_older_save_the_image() -> None:
    content = saved({"a": b"one"})
    said: list[tuple[int, int]] = []

    def missing(*_: Any, **__: Any) -> Any:
        raise NotFound("page not found")

    for lists in (False, True):
        images: Any = SimpleNamespace(lists_layers=lists, layers=missing, save=lambda _: iter([content]))
        image = look(images, "x", lambda *told: said.append(told))
        assert (list(image.layers[0].entries), image.is_listed) == (["a"], False)
        assert read_file(images, image, "x", (0, "a"), 2) == b"on"
    assert said == [(len(content), 0)] * 2
