"""Tests of commands.compose_inside."""

from __future__ import annotations

import tarfile

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.errors import NotFound
from tests.integration.compose.conftest import Compose, client, compose, session
from tests.support.front_double import SessionOn

__all__ = ["client", "compose", "session"]

FILE = """
services:
  web: {image: busybox, command: sleep 600, stop_grace_period: 0s, scale: 2}
  shell: {image: busybox, command: sh, tty: true, stdin_open: true, stop_grace_period: 0s}
"""


def read(compose: Compose, number: int, path: str) -> str:
    return str(compose("exec", "-T", "--index", str(number), "web", "cat", path).stdout)


def test_files_go_into_all_containers_and_out_of_the_first(compose: Compose, session: SessionOn) -> None:
    compose("up", "-d", "web", body=FILE)
    (session.folder / "page").write_text("hello")
    (session.folder / "other").write_text("second")
    copied = compose("cp", "page", "web:/tmp")
    assert copied.lines == ("copied page to shop-web-1:/tmp", "copied page to shop-web-2:/tmp")
    assert [read(compose, number, "/tmp/page") for number in (1, 2)] == ["hello", "hello"]
    compose("cp", "--index", "2", "other", "web:/tmp/page")
    assert [read(compose, number, "/tmp/page") for number in (1, 2)] == ["hello", "second"]
    assert compose("cp", "web:/tmp/page", "back").lines == ("copied shop-web-1:/tmp/page to back",)
    compose("cp", "--index", "2", "web:/tmp/page", "back2")
    assert [(session.folder / name).read_text() for name in ("back", "back2")] == ["hello", "second"]


def test_what_cannot_be_copied(compose: Compose) -> None:
    compose("up", "-d", "web", body=FILE)
    with pytest.raises(UsageError, match="cp: one side is SERVICE:PATH, the other a path here"):
        compose("cp", "a", "b")
    with pytest.raises(NotFound, match="no service 'wbe' in shop; did you mean web"):
        compose("cp", "a", "wbe:/b")
    with pytest.raises(NotFound, match="there is no container of web number 3 in shop; compose up makes it"):
        compose("cp", "--index", "3", "a", "web:/b")
    with pytest.raises(UsageError, match="cp: -L is not supported: a link is copied as a link"):
        compose("cp", "-L", "a", "web:/b")


def test_the_terminal_of_a_service(compose: Compose, client: Client, session: SessionOn) -> None:
    compose("up", "-d", body=FILE)
    session.remembering.is_attended = True
    opened = compose("attach", "shell")
    assert isinstance(opened, TerminalSession)
    assert "shop-shell-1" in opened.text()
    client.containers.stop("shop-shell-1", timeout_seconds=0)
    with pytest.raises(NotFound, match="no container of shell runs; compose up starts it"):
        compose("attach", "shell")


def test_files_of_a_service_become_a_tar_and_an_image(compose: Compose, client: Client, session: SessionOn) -> None:
    compose("up", "-d", "web", body=FILE)
    compose("exec", "-T", "--index", "2", "web", "sh", "-c", "echo second >/which")
    compose("export", "--index", "2", "-o", "web.tar", "web")
    with tarfile.open(session.folder / "web.tar") as tar:
        content = tar.extractfile("which")
        assert content is not None
        assert content.read() == b"second\n"
    made = compose("commit", "--index", "2", "-c", "LABEL a=b", "web", "shop-second:1")
    assert made.lines == ("made shop-second:1 of shop-web-2",)
    assert client.images.inspect("shop-second:1")["Config"]["Labels"]["a"] == "b"
    client.images.remove("shop-second:1")
    with pytest.raises(NotFound, match="there is no container of web number 3 in shop; compose up makes it"):
        compose("commit", "--index", "3", "web")
