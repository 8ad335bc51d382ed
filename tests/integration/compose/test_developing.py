"""Tests of compose.developing: files of this machine change, and so do containers. Driven by what is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.commands.compose_project import FilesNamed
from jupyter_containers.compose.developing import Developing
from jupyter_containers.compose.loading import FileText
from jupyter_containers.compose.noticing import Acted, NotActed, Watching
from jupyter_containers.compose.triggers import triggers_of
from tests.integration.compose.conftest import Compose
from tests.support.daemon import Daemon
from tests.support.front_double import SessionOn

T = TypeVar("T")
LIMIT_SECONDS = 120.0
FILE = """
services:
  web:
    image: {image}
    {build}
    command: [sh, -c, "cat /app/page 2>/dev/null; exec sleep 600"]
    stop_grace_period: 0s
    scale: 2
    develop: {{watch: [{rules}]}}
"""


class Told:
    """What happens, in its order."""

    def __init__(self) -> None:
        self._events: SimpleQueue[object] = SimpleQueue()
        self.put = self._events.put

    def until(self, kind: type[T], *, action: str = "") -> T:
        """Return the next of a kind, and for an action; what is told before it is forgotten."""
        while True:
            event = self._events.get(timeout=LIMIT_SECONDS)
            if isinstance(event, kind) and getattr(event, "action", "") in ("", action or getattr(event, "action", "")):
                return event


Develop = Callable[..., object]


@pytest.fixture
def shop(session: SessionOn) -> Path:
    (session.folder / "src").mkdir()
    (session.folder / "src/page").write_text("one")
    return session.folder


@contextmanager
def watched(
    compose: Compose, daemon: Daemon, folder: Path, *rules: str, build: str = "", image: str = "busybox"
) -> Iterator[Told]:
    text = FILE.format(rules=", ".join(rules), build=build, image=image)
    compose("up", "-d", body=text)
    project = FilesNamed((FileText(text, "the cell"),), folder).project({}, ())
    developing = Developing(project, triggers_of(project.services["web"]), lambda: connect(daemon.host))
    told = Told()
    developing.begin(told.put)
    try:
        told.until(Watching)
        yield told
    finally:
        developing.close()


def read(compose: Compose, path: str, number: int = 1) -> str:
    return str(compose("exec", "-T", "--no-raise-error", "--index", str(number), "web", "cat", path).stdout)


def comes(told: Told, compose: Compose, path: str, content: str, *, action: str) -> None:
    """Wait until containers have a file as it is here: one that is written slowly is copied twice."""
    while [read(compose, path, number) for number in (1, 2)] != [content, content]:
        told.until(Acted, action=action)


def ids(client: Client) -> list[str]:
    found = sorted((one.name, one.id) for one in client.containers.list(every=True) if one.name.startswith("shop"))
    return [id_ for _, id_ in found]


def test_files_are_copied_into_all_containers_and_removed_from_them(
    compose: Compose, client: Client, daemon: Daemon, shop: Path
) -> None:
    rule = "{path: src, action: sync, target: /app, ignore: [ignored], initial_sync: true}"
    with watched(compose, daemon, shop, rule) as told:
        before = ids(client)
        assert [read(compose, "/app/page", number) for number in (1, 2)] == ["one", "one"]
        (shop / "src/ignored").write_text("never")
        (shop / "src/page").write_text("two")
        assert told.until(Acted, action="sync").paths == (shop / "src/page",)
        comes(told, compose, "/app/page", "two", action="sync")
        (shop / "src/deep/er").mkdir(parents=True)
        (shop / "src/deep/er/file").write_text("deep")
        comes(told, compose, "/app/deep/er/file", "deep", action="sync")
        (shop / "src/page").unlink()
        comes(told, compose, "/app/page", "", action="sync")
        assert compose("exec", "-T", "web", "ls", "/app").stdout == "deep\n"
        assert ids(client) == before


def test_links_modes_and_owners(compose: Compose, daemon: Daemon, shop: Path) -> None:
    (shop / "src/run").write_text("#!/bin/sh\n")
    (shop / "src/run").chmod(0o755)
    (shop / "src/link").symlink_to("run")
    with watched(compose, daemon, shop, "{path: src, action: sync, target: /app, initial_sync: true}"):
        found = compose("exec", "-T", "web", "stat", "-c", "%a %u %N", "/app/run", "/app/link", "/app/page").stdout
    assert found == "755 0 /app/run\n777 0 '/app/link' -> 'run'\n644 0 /app/page\n"


def test_a_container_is_restarted_with_what_it_was_given(
    compose: Compose, client: Client, daemon: Daemon, shop: Path
) -> None:
    with watched(compose, daemon, shop, "{path: src, action: sync+restart, target: /app}") as told:
        before = client.containers.inspect("shop-web-1")
        (shop / "src/page").write_text("two\n")
        assert told.until(Acted, action="restart").service == "web"
        after = client.containers.inspect("shop-web-1")
        assert after["Id"] == before["Id"]
        assert after["State"]["StartedAt"] > before["State"]["StartedAt"]
        comes(told, compose, "/app/page", "two\n", action="restart")


def test_a_restart_copies_nothing(compose: Compose, client: Client, daemon: Daemon, shop: Path) -> None:
    with watched(compose, daemon, shop, "{path: src/page, action: restart}") as told:
        before = client.containers.inspect("shop-web-1")["State"]["StartedAt"]
        (shop / "src/page").write_text("two")
        assert told.until(Acted).action == "restart"
        assert client.containers.inspect("shop-web-1")["State"]["StartedAt"] > before
        assert read(compose, "/app/page") == ""


def test_a_command_is_run_after_the_copy(compose: Compose, daemon: Daemon, shop: Path) -> None:
    command = "{command: sh -c 'cat /app/page >/made; ! grep -q wrong /app/page', environment: {A: 1}}"
    rule = f"{{path: src, action: sync+exec, target: /app, exec: {command}}}"
    with watched(compose, daemon, shop, rule) as told:
        (shop / "src/page").write_text("two")
        comes(told, compose, "/made", "two", action="exec")
        (shop / "src/page").write_text("wrong")
        failed = told.until(NotActed)
        assert (failed.service, failed.action) == ("web", "exec")
        assert "ended with exit code 1" in failed.error.message
        # It goes on.
        (shop / "src/page").write_text("right")
        comes(told, compose, "/made", "right", action="exec")


def test_an_image_is_built_and_its_containers_are_made_anew(
    compose: Compose, client: Client, daemon: Daemon, shop: Path
) -> None:
    (shop / "Dockerfile").write_text("FROM busybox\nCOPY src /app\n")
    (shop / ".dockerignore").write_text("**/*.log\n")
    rule = "{path: ., action: rebuild}"
    with watched(compose, daemon, shop, rule, build="build: .", image="made-here") as told:
        before, image = ids(client), client.images.inspect("made-here")["Id"]
        assert read(compose, "/app/page") == "one"
        (shop / "src/noise.log").write_text("ignored")
        (shop / "src/page").write_text("two")
        assert told.until(Acted, action="rebuild").paths == (shop / "src/page",)
        assert not set(before) & set(ids(client))
        comes(told, compose, "/app/page", "two", action="rebuild")
        # What the first has left is removed.
        assert client.images.inspect("made-here")["Id"] != image
        assert image not in [one.id for one in client.images.list()]
        (shop / "Dockerfile").write_text("FROM busybox\nRUN false\n")
        assert "returned a non-zero code: 1" in told.until(NotActed).error.message
        assert read(compose, "/app/page") == "two"
    compose("down", "--rmi", "all")
