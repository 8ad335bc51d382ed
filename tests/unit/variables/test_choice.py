"""Tests of variables.choice."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy
import pandas
import pytest

from jupyter_containers.variables.choice import Packed, pack, readable_tables, unpack
from jupyter_containers.variables.codec import CannotTravel


@pytest.mark.parametrize(
    ("value", "suffixes"),
    [
        ("a", [".txt"]), (b"a", [".bin"]), (1, [".json"]), (None, [".json"]), ([1], [".jsonl"]),
        ({"a": [1]}, [".json"]),
        (numpy.zeros(1), [".npy"]), (pandas.DataFrame({"a": [1]}), [".arrow", ".csv"]),
    ],
)  # fmt: skip
def test_each_type_has_its_format(value: object, suffixes: list[str]) -> None:
    assert [packed.suffix for packed in pack("x", value)] == suffixes


def test_a_path_goes_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("text")
    assert pack("x", tmp_path / "a.log") == [Packed("x", ".log", b"text")]
    with pytest.raises(CannotTravel, match=r"variable x cannot travel: .*/none cannot be read \(No such file"):
        pack("x", tmp_path / "none")


@pytest.mark.parametrize("value", [object(), {1}, lambda: 0, numpy.array([object()]), pandas.Series([1])])
def test_a_type_without_a_format_is_named(value: object) -> None:
    with pytest.raises(CannotTravel, match=f"variable x cannot travel: .*{type(value).__name__} has no format"):
        pack("x", value)


ENDLESS: list[object] = []
ENDLESS.append({"again": ENDLESS})
STRANGERS = [
    ({"a": [1, {"b": {3}}]}, r"x\['a'\]\[1\]\['b'\] is a builtins\.set"),
    ([1, (2, b"3")], r"x\[1\]\[1\] is a builtins\.bytes"),
    ({"a": 1, 2: 3}, r"x has the key 2, and those of JSON are strings"),
    ([{"a": {("b", 1): 2}}], r"x\[0\]\['a'\] has the key \('b', 1\), and those"),
    (ENDLESS, r"x is nested too deeply, or in itself"),
]


@pytest.mark.parametrize(("value", "why"), STRANGERS, ids=map(str, range(len(STRANGERS))))
def test_of_lists_and_dicts_it_is_told_what_json_has_not(value: object, why: str) -> None:
    with pytest.raises(CannotTravel, match=f"^variable x cannot travel: {why}.*; str, bytes, JSON values"):
        pack("x", value)


def test_a_file_without_a_known_suffix_is_a_path() -> None:
    path = unpack(Packed("x", ".log", b"text"))
    assert isinstance(path, Path)
    assert (path.name, path.read_bytes()) == ("x.log", b"text")
    path.unlink()
    path.parent.rmdir()
    assert unpack(Packed("x", "", b"text")) == "text"


@pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".joblib", ".dill"])
def test_a_pickle_is_never_read(suffix: str) -> None:
    with pytest.raises(CannotTravel, match="a container's pickle is never read"):
        unpack(Packed("x", suffix, b"cos\nsystem\n(S'true'\ntR."))


@pytest.mark.parametrize("suffix", [".txt", ".json", ".jsonl", ".npy", ".arrow", ".parquet", ".csv"])
def test_rubbish_is_told_with_its_file(suffix: str) -> None:
    with pytest.raises(CannotTravel, match=rf"variable x: x{suffix} cannot be read"):
        unpack(Packed("x", suffix, b"\xff\xfe\x00{"))


def test_a_value_that_its_format_cannot_carry_is_named() -> None:
    with pytest.raises(CannotTravel, match=r"variable x cannot travel as \.txt: .*surrogates not allowed"):
        pack("x", "\ud800")


def test_what_not_everybody_can_read_is_told_where_it_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert readable_tables() == ["arrow", "npy"]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert readable_tables() == ["npy"]
