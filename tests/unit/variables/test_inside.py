"""Tests of variables.inside, run as the program that it is; without numpy and the like, as most images are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_containers.variables import choice, displays, parcel

PROGRAM = Path(choice.__file__).with_name("inside.py")


def run(folder: Path, cell: str, *outputs: str, **inputs: object) -> subprocess.CompletedProcess[str]:
    packed = [file for name, value in inputs.items() for file in choice.pack(name, value)]
    for name in ("in", "out"):
        (folder / name).mkdir()
    for file in packed:
        (folder / "in" / file.file).write_bytes(file.content)
    manifest = {"inputs": {f.name: [f.suffix] for f in packed}, "outputs": outputs, "reads": []}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "cell.py").write_text(cell)
    words = [sys.executable, "-I", "-S", str(PROGRAM)]
    environment = {"VARIABLES": str(folder)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)


def values(folder: Path, *names: str) -> list[object]:
    files = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    return [choice.unpack(packed) for packed in parcel.outputs(files, names)]


def test_variables_come_back(tmp_path: Path) -> None:
    done = run(tmp_path, "b = a[::-1]\nd = c.upper()\nf = e + b'\\0'", "b", "d", "f", a=[1, 2], c="x", e=b"y")
    assert done.stderr == ""
    assert values(tmp_path, "b", "d", "f") == [[2, 1], "X", b"y\0"]


def test_the_last_expression_is_shown(tmp_path: Path) -> None:
    assert run(tmp_path, "1 + 1\n2 + 2\n").stdout == ""
    assert displays.parse((tmp_path / "out" / parcel.DISPLAY).read_bytes()) == [displays.Display("4")]


def test_a_traceback_shows_the_cell_only(tmp_path: Path) -> None:
    done = run(tmp_path, "def f():\n    return 1 / 0\nf()\n")
    assert done.returncode == 1
    assert "    return 1 / 0" in done.stderr
    assert "inside.py" not in done.stderr


def test_a_value_without_a_format_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "x = object()", "x")
    assert done.returncode == 1
    assert done.stderr == "variable x cannot travel: builtins.object has no format\n"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("{'a': [1, {'b': {3}}]}", "x['a'][1]['b'] is a builtins.set"),
        ("[{'a': {('b', 1): 2}}]", "x[0]['a'] has the key ('b', 1), and those of JSON are strings"),
        ("[]; x.append(x)", "x is nested too deeply, or in itself"),
    ],
)
def test_of_lists_and_dicts_it_is_told_what_json_has_not(tmp_path: Path, value: str, why: str) -> None:
    done = run(tmp_path, f"x = {value}", "x")
    assert (done.returncode, done.stderr) == (1, f"variable x cannot travel: {why}\n")


def test_an_output_that_is_not_defined_is_named(tmp_path: Path) -> None:
    assert run(tmp_path, "y = 1", "x").stderr == "variable x is not defined at the end of the cell\n"


def test_a_cell_ends_itself(tmp_path: Path) -> None:
    assert run(tmp_path, "import sys\nsys.exit(5)").returncode == 5


PYPLOT = """
import sys, types
class Figure:
    def __init__(self, number): self.number = number
    def savefig(self, file, **_): file.write(b"png")
    def __repr__(self): return f"figure {self.number}"
first = Figure(0)
place = id(first)
display(first)
del first
# Until one lies where the first has lain, if the first is gone.
kept = []
while not kept or id(kept[-1]) != place and len(kept) < 100_000:
    kept.append(Figure(len(kept) + 1))
figures = {1: kept[-1], 2: kept[0]}
sys.modules["matplotlib.pyplot"] = types.SimpleNamespace(get_fignums=lambda: [1, 2], figure=figures.get)
display(kept[0])
"""


def test_each_open_figure_is_shown_once_whatever_was_shown_and_is_gone(tmp_path: Path) -> None:
    done = run(tmp_path, PYPLOT)
    shown = [display.text for display in displays.parse((tmp_path / "out" / parcel.DISPLAY).read_bytes())]
    assert (done.returncode, len(shown)) == (0, 3), (shown, done.stderr)


SHOWS = """
import sys
sys.path.insert(0, {folder!r})
import matplotlib.pyplot as plt
from pathlib import Path
def shown(): return Path({displays!r}).read_text().count("figure")
plt.figure(1)
plt.show()
first = shown(), plt.get_fignums()
plt.figure(2)
plt.figure(3)
plt.show(block=False)
second = shown(), plt.get_fignums()
plt.figure(4)
"""
DRAWS = """
import __main__
open_, Figure = {}, __main__.Figure
def figure(number): return open_.setdefault(number, Figure(number))
def get_fignums(): return list(open_)
def close(which): open_.clear()
def show(): raise NotImplementedError
"""


def test_show_shows_at_once_what_is_open_and_the_rest_comes_at_the_end(tmp_path: Path) -> None:
    library = tmp_path / "library" / "matplotlib"
    library.mkdir(parents=True)
    (library / "__init__.py").touch()
    (library / "pyplot.py").write_text(DRAWS)
    shows = SHOWS.format(folder=str(library.parent), displays=str(tmp_path / "out" / parcel.DISPLAY))
    done = run(tmp_path, PYPLOT.partition("first =")[0] + shows, "first", "second")
    assert done.stderr == ""
    assert values(tmp_path, "first", "second") == [[1, []], [3, []]]
    shown = displays.parse((tmp_path / "out" / parcel.DISPLAY).read_bytes())
    assert [display.text.partition("\n")[0] for display in shown] == [f"figure {number}" for number in (1, 2, 3, 4)]
