"""Tests of compose.loading."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.compose.loading import FileText, check_name, folder_name, load, read_text, with_files
from jupyter_containers.compose.source import WrongFile
from jupyter_containers.errors import InvalidParameter
from tests.support.compose_files import FOLDER, project


def name_of(*texts: str, **options: str) -> str:
    return load([FileText(text, "f") for text in texts], FOLDER, {"N": "named"}, **options).name


def test_a_project_is_called_as_asked_for_or_as_its_file_says_or_after_its_folder() -> None:
    assert name_of("services: {}") == "shop"
    assert name_of("name: a", "name: b") == "b"
    assert name_of("name: x-${N}") == "x-named"
    assert name_of("name: a", project_name="mine") == "mine"
    assert folder_name(Path("/srv/My Shop!")) == "myshop"
    assert folder_name(Path("/")) == "default"


@pytest.mark.parametrize("name", ["A", "-a", "a b", "", "a/b", "x" * 201])
def test_names_have_few_letters(name: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid project name"):
        check_name(name)


def test_later_files_lie_on_top() -> None:
    web = project("services: {web: {image: a, user: u}}", "services: {web: {image: b}, db: {image: c}}").services
    assert (web["web"].image, web["web"].definition["user"], web["db"].image) == ("b", "u", "c")


def test_the_name_can_be_used_in_values() -> None:
    assert project("name: a\nservices: {web: {image: 'x:$COMPOSE_PROJECT_NAME'}}").services["web"].image == "x:a"


def test_variables_without_a_value_are_told() -> None:
    assert project("services: {web: {image: 'a$B$C', command: $B}}").warnings == (
        "the variable B is not set, and is empty here", "the variable C is not set, and is empty here",
    )  # fmt: skip


def test_what_is_included_has_its_own_folder_and_variables(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "compose.yaml").write_text(
        "services: {db: {image: 'db:$TAG', volumes: [./d:/d, kept:/k]}}\nvolumes: {kept: }\n"
    )
    (tmp_path / "db" / ".env").write_text("TAG=5\n")
    text = "include: [db/compose.yaml]\nservices: {web: {image: a, depends_on: [db]}}"
    found = project(text, folder=tmp_path)
    assert (found.services["db"].image, found.name) == ("db:5", folder_name(tmp_path))
    assert found.services["db"].definition["volumes"][0]["source"] == f"{tmp_path}/db/d"
    assert list(found.volumes) == ["kept"]
    assert project(text, folder=tmp_path, variables={"TAG": "6"}).services["db"].image == "db:6"


def test_includes_in_long_form(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("services: {a: {image: 'x:$V', build: .}}")
    (tmp_path / "b.yaml").write_text("services: {a: {command: hi}}")
    (tmp_path / "v").write_text("V=1")
    found = project(
        "include: [{path: [a.yaml, b.yaml], project_directory: sub, env_file: v}]", folder=tmp_path
    ).services["a"]  # fmt: skip
    assert (found.image, found.definition["command"]) == ("x:1", "hi")
    assert found.definition["build"]["context"] == f"{tmp_path}/sub"


def test_two_different_things_of_one_name_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("services: {a: {image: x}}")
    same = project("include: [a.yaml]\nservices: {a: {image: x}}", folder=tmp_path)
    assert same.services["a"].image == "x"
    with pytest.raises(WrongFile, match=r"include: services\.a is in .*a\.yaml, line 1, and here, and they differ"):
        project("include: [a.yaml]\nservices: {a: {image: y}}", folder=tmp_path)


def test_circles_of_includes_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("include: [b.yaml]")
    (tmp_path / "b.yaml").write_text("include: [a.yaml]")
    with pytest.raises(WrongFile, match="includes itself, or is included too deeply"):
        project("include: [a.yaml]", folder=tmp_path)


def test_a_file_that_is_not_there_is_told_from_where_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongFile, match=r"^the cell, line 2: cannot read .*no\.yaml: No such file"):
        project("include:\n  - no.yaml", folder=tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(WrongFile, match="is no text"):
        read_text(tmp_path / "bytes")


def test_files_of_variables_never_win(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("A=1\nB=$A$C\nD")
    (tmp_path / "b").write_text("A=2")
    found = with_files([tmp_path / "a", tmp_path / "b"], {"C": "c", "B": "set"})
    assert found == {"A": "2", "B": "set", "C": "c"}
