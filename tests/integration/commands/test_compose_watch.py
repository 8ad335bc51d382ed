"""Tests of commands.compose_watch, and of up --watch. What they wait for is what the commands tell."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import LiveResult
from jupyter_containers.commands.run_result import Interrupted
from jupyter_containers.compose.noticing import Acted, Watching
from jupyter_containers.compose.watching import Wrote
from jupyter_containers.errors import NotFound
from tests.integration.compose.conftest import Compose, client, compose, session
from tests.support.front_double import SessionOn

__all__ = ["client", "compose", "session"]

SYNC = """
services:
  web:
    image: busybox
    command: sleep 600
    stop_grace_period: 0s
    develop: {watch: [{path: src, action: sync, target: /app}]}
  db: {image: busybox, command: sleep 600, stop_grace_period: 0s}
"""
REBUILD = """
services:
  web:
    image: made-here
    build: .
    command: sh -c 'echo "page is $$(cat /app/page)"; exec sleep 600'
    stop_grace_period: 0s
    develop: {watch: [{path: src, action: rebuild}]}
"""


@pytest.fixture
def shop(session: SessionOn) -> Path:
    (session.folder / "src").mkdir()
    (session.folder / "src/page").write_text("one")
    (session.folder / "Dockerfile").write_text("FROM busybox\nCOPY src /app\n")
    return session.folder


def reacting(session: SessionOn, react: Callable[[object], None]) -> None:
    """Have something done when a command tells an event."""

    @contextmanager
    def live(result: LiveResult) -> Iterator[Callable[[object], None]]:
        def tell(event: object) -> None:
            session.remembering.said.extend(result.apply(event))
            react(event)

        session.remembering.shown.append(result)
        yield tell

    session.remembering.live = live  # type: ignore[method-assign, assignment]


def states(client: Client) -> dict[str, str]:
    return {one.name: one.state for one in client.containers.list(every=True) if one.name.startswith("shop")}


def test_services_come_up_and_are_watched_until_an_interrupt(
    compose: Compose, session: SessionOn, client: Client, shop: Path
) -> None:
    def react(event: object) -> None:
        if isinstance(event, Watching):
            (shop / "src/page").write_text("two")
        elif isinstance(event, Acted):
            raise KeyboardInterrupt

    reacting(session, react)
    with pytest.raises(
        Interrupted, match="the watch of shop was stopped; its services run on, and compose down"
    ) as caught:
        compose("watch", body=SYNC)
    result = caught.value.result
    assert {"watching " + str(shop / "src"), "sync of web: page"} <= set(result.done)
    assert states(client) == {"shop-web-1": "running", "shop-db-1": "running"}
    assert "page" in compose("exec", "-T", "web", "ls", "/app").stdout


def test_services_that_run_are_watched_as_they_are(
    compose: Compose, session: SessionOn, client: Client, shop: Path
) -> None:
    compose("up", "-d", "web", body=SYNC)

    def react(event: object) -> None:
        if isinstance(event, Watching):
            raise KeyboardInterrupt

    reacting(session, react)
    with pytest.raises(Interrupted):
        compose("watch", "--no-up")
    assert states(client) == {"shop-web-1": "running"}


def test_up_follows_the_containers_that_a_change_has_made(
    compose: Compose, session: SessionOn, client: Client, shop: Path
) -> None:
    written = []

    def react(event: object) -> None:
        if isinstance(event, Watching):
            (shop / "src/page").write_text("two")
        elif isinstance(event, Wrote):
            written.append(event.content)
            if b"page is two\n" in b"".join(written):
                os.kill(os.getpid(), signal.SIGINT)

    reacting(session, react)
    with pytest.raises(Interrupted, match="the services of shop were stopped") as caught:
        compose("up", "--watch", body=REBUILD)
    assert "web-1 | page is one\n" in caught.value.result.stdout
    assert "web-1 | page is two\n" in caught.value.result.stdout
    assert states(client) == {"shop-web-1": "exited"}
    compose("down", "--rmi", "all")


def test_up_goes_on_over_a_restart(compose: Compose, session: SessionOn, client: Client, shop: Path) -> None:
    restarted: list[bool] = []

    def react(event: object) -> None:
        if isinstance(event, Watching):
            (shop / "src/page").write_text("two")
        elif isinstance(event, Acted) and event.action == "restart":
            restarted.append(client.containers.inspect("shop-web-1")["State"]["Running"])
            os.kill(os.getpid(), signal.SIGINT)

    reacting(session, react)
    with pytest.raises(Interrupted, match="the services of shop were stopped"):
        compose("up", "--watch", "web", body=SYNC.replace("action: sync,", "action: sync+restart,"))
    assert restarted == [True]
    assert states(client) == {"shop-web-1": "exited"}


def test_what_is_mounted_already_is_not_copied(compose: Compose, session: SessionOn, shop: Path) -> None:
    mounted = SYNC.replace("command: sleep 600\n    stop", "volumes: [./src:/app]\n    stop")
    with pytest.raises(NotFound, match=r"none of web, db has develop\.watch in the file"):
        compose("watch", body=mounted)
    assert f"note: {shop}/src is mounted in web already, and is not watched for it" in session.remembering.notes


@pytest.mark.parametrize(
    ("words", "file", "message"),
    [
        (("watch", "db"), SYNC, "none of db has develop.watch in the file"),
        (("watch",), SYNC.replace("path: src", "path: none"), "services.web.develop.watch: there is no /"),
        (("up", "--watch", "--no-build"), REBUILD, "--no-build: web wants to be rebuilt when"),
        (("up", "--watch", "-d"), SYNC, "up: both --watch and --detach; leave one of them out"),
    ],
)
def test_what_cannot_be_watched(compose: Compose, shop: Path, words: tuple[str, ...], file: str, message: str) -> None:
    with pytest.raises((NotFound, UsageError)) as caught:
        compose(*words, body=file)
    assert message in caught.value.message
