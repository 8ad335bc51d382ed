"""Tests of commands.configuring, with a configuration folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.commands import settings_files
from jupyter_containers.commands.configuring import CONFIG, SettingsTable, configure
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import Result
from jupyter_containers.commands.settings import NAMES
from tests.support.front_double import SessionOn


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SessionOn:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    return SessionOn()


def do(session: SessionOn, *words: str) -> Result:
    return configure(session, parse(CONFIG, list(words), surface="magic", prog="x"))


def test_all_settings_are_shown_with_their_meaning(session: SessionOn) -> None:
    found = do(session)
    assert isinstance(found, SettingsTable)
    assert [row[0] for row in found.rows] == list(NAMES)
    assert "the image of run and python when the line names none" in found.text()


def test_a_setting_is_set_for_now_and_later_and_forgotten(session: SessionOn) -> None:
    assert do(session, "open_lines", "7").text().startswith("open_lines is 7 now, and kept in ")
    assert (session.settings.open_lines, settings_files.load().open_lines) == (7, 7)
    assert do(session, "open_lines").text() == "7"
    assert do(session, "open_lines", "--reset").text().startswith("open_lines is 40 now")
    assert (session.settings.open_lines, settings_files.load().open_lines) == (40, 40)


@pytest.mark.parametrize(
    ("words", "message"),
    [("--reset", "which setting"), ("safe true --reset", "takes no value"), ("imgae x", "invalid choice: 'imgae'")],
)
def test_what_makes_no_sense_is_refused(session: SessionOn, words: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        do(session, *words.split())


def test_a_file_to_begin_with_can_be_had(session: SessionOn, tmp_path: Path) -> None:
    assert do(session, "--generate").text() == f"wrote {tmp_path}/jupyter_containers_config.py"
