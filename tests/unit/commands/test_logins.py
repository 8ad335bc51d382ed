"""Tests of commands.logins."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.client import credential_store, credentials
from jupyter_containers.client.credential_store import Login
from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import Result
from jupyter_containers.errors import InvalidParameter, Unauthorized
from tests.support.front_double import SessionOn

HOST = "127.0.0.1:5000"


class Registries:
    """Accepts one password."""

    def log_in(self, login: Login) -> Login:
        if login.password != "s3cret":
            raise Unauthorized("login attempt failed")
        return login


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def said(*words: str, surface: str = "shell") -> Result:
    session = SessionOn(SimpleNamespace(registries=Registries()), surface=surface)
    command = table.find(words[0], surface)
    result = command.action(session, parse(command, words[1:], surface=surface, prog="x"))
    assert result is not None
    return result


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_what_the_registry_accepts_is_kept_and_forgotten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, "s3cret\n")
    result = said("login", "-u", "ada", "--password-stdin", HOST)
    assert result.text().splitlines()[0] == f"logged in to {HOST} as ada; kept by {folder / 'config.json'}"
    assert "unencrypted" in result.text()
    assert credentials.find(HOST)["password"] == "s3cret"
    assert said("login", HOST).text().startswith(f"logged in to {HOST} as ada")
    assert said("logout", HOST).text() == f"logged out of {HOST}"
    assert said("logout", HOST).text() == f"not logged in to {HOST}"
    assert said("logout").text() == "not logged in to Docker Hub"


def test_what_it_refuses_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, "wrong")
    with pytest.raises(Unauthorized):
        said("login", "-u", "ada", "--password-stdin", HOST)
    assert list(folder.iterdir()) == []


def test_a_login_that_is_not_good_any_more_stays_for_another_try() -> None:
    credential_store.keep(Login(HOST, "ada", "old"))
    with pytest.raises(Unauthorized):
        said("login", HOST)
    assert credentials.find(HOST)["password"] == "old"


def test_a_password_in_the_line_is_refused_and_not_repeated() -> None:
    for words in (["-p", "s3cret"], ["--password=s3cret"], ["-ps3cret"]):
        with pytest.raises(UsageError, match="stays in histories") as caught:
            said("login", "-u", "ada", *words, HOST)
        assert "s3cret" not in str(caught.value)


def test_nobody_is_asked_where_nobody_can_type(monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, "")
    with pytest.raises(InvalidParameter, match="standard input is no terminal"):
        said("login", "-u", "ada", HOST)
    with pytest.raises(InvalidParameter, match="nothing came through"):
        said("login", "-u", "ada", "--password-stdin", HOST)
    with pytest.raises(UsageError, match="needs --username"):
        said("login", "--password-stdin", HOST)


def test_a_notebook_takes_no_password_through_standard_input() -> None:
    with pytest.raises(UsageError, match="unknown option --password-stdin"):
        said("login", "-u", "ada", "--password-stdin", HOST, surface="magic")
