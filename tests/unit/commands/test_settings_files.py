"""Tests of commands.settings_files, in folders of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_containers.commands import settings_files
from jupyter_containers.commands.settings import NAMES, Settings
from jupyter_containers.errors import InvalidParameter


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "user"))
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    return tmp_path / "user"


def test_without_files_there_are_defaults(place: Path) -> None:
    assert settings_files.load() == Settings()


def test_both_forms_are_read_and_json_wins(place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place.mkdir()
    (place / "jupyter_containers_config.py").write_text(
        "c = get_config()\nc.ContainerMagics.image = 'a'\nc.ContainerMagics.aliases = ['docker']\nc.Other.x = 1\n"
    )
    assert settings_files.load() == Settings(image="a", aliases=("docker",))
    (place / "jupyter_containers_config.json").write_text('{"ContainerMagics": {"image": "b"}, "Other": {}}')
    assert settings_files.load() == Settings(image="b", aliases=("docker",))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "first"))
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "jupyter_containers_config.json").write_text('{"ContainerMagics": {"image": "c"}}')
    assert settings_files.load().image == "c"


def test_what_is_kept_is_read_again_and_can_be_taken_out(place: Path) -> None:
    place.mkdir()
    file = place / "jupyter_containers_config.json"
    file.write_text('{"Other": {"x": 1}}')
    assert settings_files.keep("aliases", ("docker",)) == file
    settings_files.keep("safe", True)
    assert settings_files.load() == Settings(aliases=("docker",), safe=True)
    settings_files.keep("aliases", None)
    assert json.loads(file.read_text()) == {"Other": {"x": 1}, "ContainerMagics": {"safe": True}}
    assert [one.name for one in place.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("json", "{", "cannot read .*config.json: Expecting"),
        ("json", "[]", "there is no object ContainerMagics"),
        ("json", '{"ContainerMagics": {"imgae": "x"}}', "config.json: there is no setting imgae"),
        ("py", "1 / 0", "cannot read .*config.py: ZeroDivisionError"),
        ("py", "c.ContainerMagics.safe = 'maybe'", "config.py: safe: 'maybe' is neither"),
    ],
)
def test_a_file_that_makes_no_sense_is_named(place: Path, name: str, text: str, message: str) -> None:
    place.mkdir()
    (place / f"jupyter_containers_config.{name}").write_text(text)
    with pytest.raises(InvalidParameter, match=message):
        settings_files.load()


def test_a_file_to_begin_with_sets_nothing_and_names_all(place: Path) -> None:
    file = settings_files.generate()
    assert all(f"# c.ContainerMagics.{name} = " in file.read_text() for name in NAMES)
    assert settings_files.load() == Settings()
    with pytest.raises(InvalidParameter, match="is there already"):
        settings_files.generate()


def test_traitlets_are_not_loaded_for_nothing(place: Path) -> None:
    code = (
        "import sys; from jupyter_containers.commands import settings_files; settings_files.load(); "
        "print('traitlets' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_where_nothing_can_be_written_the_file_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write_text("")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(place / "inner"))
    with pytest.raises(
        InvalidParameter, match=r"cannot write .*/inner/jupyter_containers_config\.json: Not a directory"
    ):
        settings_files.keep("image", "host")
    with pytest.raises(InvalidParameter, match=r"cannot write .*/inner/jupyter_containers_config\.py: Not a directory"):
        settings_files.generate()
