"""Tests of registry.server.users."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.registry.server.users import Users


def line(name: str, password: str) -> str:
    return f"{name}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()}\n"


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "htpasswd"
    path.write_text("# people\n\n" + line("alice", "secret") + line("bob", "pass:word"))
    return path


def test_who_knows_the_password_may_come_in(path: Path) -> None:
    users = Users(path)
    for _again in range(2):
        assert users.admits(basic("alice", "secret"))
        assert users.admits(basic("bob", "pass:word"))


@pytest.mark.parametrize(
    "header",
    [
        basic("alice", "Secret"),
        basic("alice", ""),
        basic("carol", "secret"),
        basic("", ""),
        basic("alice", "x" * 100),
        basic("alice", "secret\0"),
        "",
        "Basic",
        "Basic !!!",
        "Bearer secret",
        "Basic " + base64.b64encode(b"alice").decode(),
    ],
)
def test_who_does_not_may_not(path: Path, header: str) -> None:
    users = Users(path)
    users.admits(basic("alice", "secret"))
    assert not users.admits(header)


def test_a_changed_file_counts_at_once(path: Path) -> None:
    users = Users(path)
    assert users.admits(basic("alice", "secret"))
    path.write_text(line("alice", "new"))
    os.utime(path, (0, 0))
    assert not users.admits(basic("alice", "secret"))
    assert users.admits(basic("alice", "new"))
    assert not users.admits(basic("bob", "pass:word"))


@pytest.mark.parametrize("content", ["alice:{SHA}abc=\n", "alice:secret\n", ":x\n", "alice\n", "alice:$2y$05$short\n"])
def test_other_hashes_are_refused_by_their_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "htpasswd").write_text(line("bob", "x") + content)
    with pytest.raises(InvalidParameter, match="line 2: not NAME:BCRYPT-HASH"):
        Users(tmp_path / "htpasswd")


def test_without_the_library_it_is_said_what_to_install(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    with pytest.raises(Unsupported, match=r"pip install 'jupyter-containers\[registry\]'"):
        Users(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="cannot read htpasswd file"):
        Users(tmp_path / "none")


@given(header=st.text(max_size=40) | st.text(max_size=20).map(lambda text: f"Basic {text}"))
def test_rubbish_is_nobody(tmp_path_factory: pytest.TempPathFactory, header: str) -> None:
    path = tmp_path_factory.getbasetemp() / "one-user"
    if not path.exists():
        path.write_text(line("alice", "secret"))
    assert not Users(path).admits(header)
