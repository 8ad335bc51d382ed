"""Tests of commands.session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.commands.session import MAGIC, PYTHON, SHELL, Session
from jupyter_containers.commands.settings import Settings
from jupyter_containers.errors import NotFound, Unavailable
from tests.support.canned_server import canned_server
from tests.support.front_double import RememberingFront


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    session = Session(RememberingFront(), surface="magic")
    yield session
    session.close()


def test_the_environment_names_the_daemon(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    assert session.uses_own_daemon
    monkeypatch.setenv("DOCKER_HOST", "unix:///a")
    assert (session.uses_own_daemon, session.host) == (False, "unix:///a")


def test_another_daemon_is_used_once_it_has_answered(session: Session, tmp_path: Path) -> None:
    with canned_server(tmp_path) as server:
        session.use(f"unix://{server.path}")
        assert session.host == f"unix://{server.path}"
        assert session.client is session.client
        assert not session.uses_own_daemon


def test_a_daemon_that_does_not_answer_changes_nothing(session: Session, tmp_path: Path) -> None:
    with canned_server(tmp_path) as server:
        session.use(f"unix://{server.path}")
        with pytest.raises(Unavailable):
            session.use(f"unix://{tmp_path}/none")
        with pytest.raises(NotFound, match="no docker context 'none'"):
            session.use("none")
        assert session.client.system.ping() == (1, 44)


def test_a_change_of_the_environment_brings_another_client(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b").mkdir()
    with canned_server(tmp_path) as one, canned_server(tmp_path / "b") as other:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{one.path}")
        first = session.client
        monkeypatch.setenv("DOCKER_HOST", f"unix://{other.path}")
        assert session.client is not first
        assert session.client.address.path == other.path


def test_relative_paths_start_at_the_current_folder(session: Session) -> None:
    assert session.folder == Path.cwd()


def test_a_setting_names_the_daemon_where_nobody_else_does(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.settings = Settings(host="unix:///set")
    assert (session.host, session.uses_own_daemon) == ("unix:///set", False)
    monkeypatch.setenv("DOCKER_HOST", "unix:///environment")
    assert session.host == "unix:///environment"


def test_a_program_has_what_a_notebook_has() -> None:
    surfaces = [Session(RememberingFront(), surface=surface).is_magic for surface in (SHELL, MAGIC, PYTHON)]
    assert surfaces == [False, True, True]
