"""Tests of commands.layers, on a daemon that saves one image."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands import layers as rooms_layers
from jupyter_containers.commands import table
from jupyter_containers.commands.layers import ImageLayers, layers
from jupyter_containers.commands.parsing import parse
from jupyter_containers.errors import InvalidParameter, NotFound
from tests.support.front_double import SessionOn
from tests.support.saved_tars import saved

IMAGE = saved(
    {"etc": None, "etc/a": b"one\ntwo\n", "bin": None, "bin/x": b"\x7fELF\0", "etc/l": "-> a", "etc/h": "=> etc/a"},
    {"etc/a": b"one\n2\n", "bin/.wh.x": b"", "etc/n\x1b[1m": b"<b>"},
    steps=("ADD root.tar /", "RUN /bin/sh -c sed -i s/two/2/ /etc/a"),
)


def explored(monkeypatch: pytest.MonkeyPatch, reads: list[str] | None = None) -> ImageLayers:
    def save(names: list[str]) -> Any:
        (reads if reads is not None else []).extend(names)
        return iter([IMAGE])

    images = SimpleNamespace(inspect=lambda _: {}, save=save, lists_layers=False)
    client: Any = SimpleNamespace(images=images, address="unix:///x", close=lambda: None)
    monkeypatch.setattr(rooms_layers, "connector", lambda _: lambda: client)
    options = parse(table.find("layers", "magic"), ["app"], surface="magic", prog="x")
    session = SessionOn(client)
    session.namespace = {}
    return layers(session, options)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> ImageLayers:
    return explored(monkeypatch)


def test_the_text_says_what_each_layer_does_and_what_is_wasted(found: ImageLayers) -> None:
    lines = found.text().splitlines()
    assert lines[0] == "app: 2 layers, 4 files, 22B, 13B of it wasted (efficiency 41%)"
    assert lines[3].split() == ["1", "13B", "4", "0", "0", "ADD", "root.tar", "/"]
    assert lines[4].split()[:5] == ["2", "9B", "1", "1", "1"]
    assert "/etc/a" in lines[-2] and "/bin/x" in lines[-1]


def test_files_are_read_as_they_are_in_the_end_or_in_a_layer(found: ImageLayers) -> None:
    assert found.file("/etc/a") == b"one\n2\n"
    assert found.file("etc/l") == b"one\n2\n"
    assert found.file("/etc/a", 0) == b"one\ntwo\n"
    assert found.file("/etc/h", 0) == b"one\ntwo\n"
    for path, layer in (("/bin/x", None), ("/etc", None), ("/bin/x", 1)):
        with pytest.raises(NotFound, match="no file"):
            found.file(path, layer)
    with pytest.raises(InvalidParameter, match="layers 0 to 1, not 2"):
        found.file("/etc/a", 2)


def test_a_file_too_large_for_a_variable_is_refused(found: ImageLayers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms_layers, "FILE_BYTES", 3)
    with pytest.raises(InvalidParameter, match="larger than 3B"):
        found.file("/etc/a")


def test_text_is_shown_as_text_and_other_bytes_in_hexadecimal(found: ImageLayers) -> None:
    assert found.preview("/etc/a") == ("one\n2\n", True, False)
    shown = found.preview("/bin/x", 0)
    assert not shown.is_text and shown.text.startswith("00000000  7f 45 4c 46 00") and shown.text.endswith(".ELF.")


def test_the_comparison_is_with_the_layer_below(found: ImageLayers) -> None:
    assert found.compare("/etc/a", 1).splitlines() == [
        "--- layer 1", "+++ layer 2", "@@ -1,2 +1,2 @@", " one", "-two", "+2",
    ]  # fmt: skip
    assert "+one" in found.compare("/etc/a", 0)
    with pytest.raises(InvalidParameter, match="no text"):
        found.compare("/bin/x", 1)


def test_of_a_large_file_it_is_told_how_much_was_compared(found: ImageLayers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms_layers, "SHOWN_BYTES", 4)
    assert found.compare("/etc/a", 1) == "no line differs\n[of each only the first 4B were compared]"


def test_the_image_is_not_read_again_for_a_file_that_was_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    found = explored(monkeypatch, reads)
    for _ in range(2):
        assert found.preview("/etc/a", 1).text == "one\n2\n"
        assert found.preview("/etc/a", 0).text == "one\ntwo\n"
        assert "+2" in found.compare("/etc/a", 1)
    assert len(reads) == 3
    monkeypatch.setattr(rooms_layers, "KEPT_PREVIEWS", 1)
    found.preview("/etc/h", 0)
    found.preview("/etc/a", 1)
    assert len(reads) == 5


def test_a_file_becomes_a_variable_as_text_or_bytes(found: ImageLayers) -> None:
    assert found.into_variable("text", "/etc/a") == "text is str, 6B"
    assert found.into_variable("raw", "/bin/x", 0) == "raw is bytes, 5B"
    assert found.namespace == {"text": "one\n2\n", "raw": b"\x7fELF\0"}
    with pytest.raises(InvalidParameter, match="no name of a variable"):
        found.into_variable("a b", "/etc/a")


def test_a_character_may_be_cut_where_the_rest_is_left_out_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    image = saved({"latin": "caf\xe9".encode("latin-1"), "utf": "caf\xe9 au lait".encode()}, steps=("ADD a /",))
    monkeypatch.setattr(sys.modules[__name__], "IMAGE", image)
    found = explored(monkeypatch)
    assert found.into_variable("raw", "/latin") == "raw is bytes, 4B"
    assert found.namespace == {"raw": b"caf\xe9"}
    assert found.preview("/latin").is_text is False
    monkeypatch.setattr(rooms_layers, "SHOWN_BYTES", 4)
    assert found.preview("/utf") == ("caf", True, True)


def test_the_values_have_the_changes(found: ImageLayers) -> None:
    values = found.data()
    assert values["layers"][1]["counts"] == {"A": 1, "C": 1, "D": 1}
    assert ["C", "etc/a", "file", 6] in values["layers"][1]["changes"]
    assert values["wastedFiles"][0] == ["/etc/a", 8, 1]
    rows = found.df
    assert list(rows[rows.layer == 1].change) == ["C", "A", "D"]


def test_the_whole_image_is_a_tree_as_well(found: ImageLayers) -> None:
    folder = found.tree(None).folder("etc")
    assert folder is not None and set(folder.children) == {"a", "l", "h", "n\x1b[1m"}
