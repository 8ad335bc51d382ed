"""Tests of commands.compose_project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.compose_project import name_and_project, the_project
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.compose.source import WrongFile
from jupyter_containers.errors import NotFound
from tests.support.front_double import SessionOn

FILE = "services: {web: {image: 'x:${TAG:-1}'}, tool: {image: y, profiles: [p]}}"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "TAG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "Shop"
    place.mkdir()
    return place


def options(*words: str) -> Any:
    return parse(table.find("compose", "magic"), words, surface="magic", prog="x")


def project(folder: Path, *words: str, body: str = "", session: SessionOn | None = None) -> Any:
    return the_project(session or SessionOn(folder=folder, body=body), options(*words, "config"))


def test_the_cell_is_the_file_and_the_folder_gives_the_name(folder: Path) -> None:
    found = project(folder, body=FILE)
    assert (found.name, found.folder, found.files) == ("shop", folder, ())
    assert found.services["web"].image == "x:1"
    assert project(folder, "-p", "mine", body=FILE).name == "mine"


def test_a_file_of_the_folder_or_above_with_its_override(folder: Path) -> None:
    (folder / "compose.yaml").write_text(FILE)
    (folder / "compose.override.yml").write_text("services: {web: {user: u}}")
    (folder / "inner").mkdir()
    found = project(folder / "inner")
    assert (found.name, found.files) == ("shop", (folder / "compose.yaml", folder / "compose.override.yml"))
    assert found.services["web"].definition["user"] == "u"


def test_files_that_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.yaml").write_text(FILE)
    (folder / "b.yaml").write_text("services: {web: {image: z}}")
    assert project(folder, "-f", "a.yaml", "-f", "b.yaml").services["web"].image == "z"
    monkeypatch.setenv("COMPOSE_FILE", "b.yaml")
    assert list(project(folder).services) == ["web"]


def test_variables_come_from_here_and_from_env_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("TAG=env\nCOMPOSE_PROJECT_NAME=named\nCOMPOSE_PROFILES=p")
    (folder / "other.env").write_text("TAG=other")
    found = project(folder, body=FILE)
    assert (found.services["web"].image, found.name, "tool" in found.services) == ("x:env", "named", True)
    assert project(folder, "--env-file", "other.env", body=FILE).services["web"].image == "x:other"
    monkeypatch.setenv("TAG", "here")
    assert project(folder, body=FILE).services["web"].image == "x:here"


def test_profiles_and_folders_that_are_named(folder: Path) -> None:
    assert "tool" in project(folder, "--profile", "p", body=FILE).services
    assert project(folder, "--project-directory", "inner", body=FILE).folder == folder / "inner"


def test_lines_below_a_cell_speak_of_its_project(folder: Path) -> None:
    session = SessionOn(folder=folder, body=f"name: mine\n{FILE}")
    project(folder, session=session)
    session.body = ""
    assert name_and_project(session, options("ps"))[0] == "mine"
    assert name_and_project(session, options("-p", "other", "ps")) == ("other", None)
    session.body = "echo a script"
    assert name_and_project(session, options("exec", "web"), body_is_file=False)[0] == "mine"


def test_a_cell_that_is_wrong_takes_the_one_before_from_nobody(folder: Path) -> None:
    session = SessionOn(folder=folder, body=f"name: mine\n{FILE}")
    project(folder, session=session)
    session.body = "name: wrong\nservices: {web: {imag: x}}"
    with pytest.raises(WrongFile, match="there is no key 'imag'"):
        project(folder, session=session)
    session.body = ""
    assert name_and_project(session, options("down"))[0] == "mine"
    assert name_and_project(session, options("-p", "other", "ps")) == ("other", None)
    session.body = f"name: next\n{FILE}"
    with pytest.raises(NotFound, match="no service 'wep'"):
        the_project(session, options("up", "wep"), ["wep"])
    session.body = ""
    assert name_and_project(session, options("--profile", "p", "ps"))[0] == "next"
    assert session.last_compose is not None
    assert session.last_compose.profiles == ()


def test_a_name_will_do_where_no_file_is_needed(folder: Path) -> None:
    assert name_and_project(SessionOn(folder=folder), options("ps")) == ("shop", None)
    assert name_and_project(SessionOn(folder=folder), options("-p", "mine", "ps")) == ("mine", None)


def test_a_file_of_the_folder_is_that_of_a_name_as_well(folder: Path) -> None:
    (folder / "compose.yaml").write_text(FILE)
    name, found = name_and_project(SessionOn(folder=folder), options("-p", "mine", "ps"))
    assert found is not None
    assert (name, found.name) == ("mine", "mine")


def test_without_a_file_it_is_told_where_to_write_one(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no Compose file .* here; write it below a line `%%container"):
        project(folder)
    with pytest.raises(UsageError, match="both a Compose file in the cell and -f"):
        project(folder, "-f", "a.yaml", body=FILE)
    with pytest.raises(UsageError, match="a notebook has no standard input"):
        project(folder, "-f", "-")


def test_what_is_left_aside_is_noted(folder: Path) -> None:
    session = SessionOn(folder=folder, body="services: {web: {image: 'x$NO'}}")
    project(folder, session=session)
    assert session.remembering.notes == ["note: the variable NO is not set, and is empty here"]
