"""Removals of which only the daemon knows how many they are: counted by what it says has happened meanwhile."""

from __future__ import annotations

import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from typing import TypeVar

from jupyter_containers.client import Client
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError

POLL_SECONDS = 0.5
# Containers, networks and volumes are destroyed, images deleted.
_FILTERS = {"event": ["destroy", "delete"]}
_Shown = TypeVar("_Shown")


def counting(action: Callable[[Session, Namespace], _Shown]) -> Callable[[Session, Namespace], _Shown]:
    """Return an action that tells how many things have been removed while it works."""

    # The table tells people and editors what the action itself returns.
    @wraps(action)
    def counted(session: Session, options: Namespace) -> _Shown:
        with _counted(session):
            return action(session, options)

    return counted


@contextmanager
def _counted(session: Session) -> Iterator[None]:
    ended = threading.Event()
    work = (session.client, ended, session.counted)
    thread = threading.Thread(target=_follow, args=work, name="jupyter-containers removals")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _follow(client: Client, ended: threading.Event, tell: Callable[[int, int], None]) -> None:
    since = time.time()
    if ended.wait(POLL_SECONDS):
        return
    # A connection of its own: the other one waits for the answer.
    with closing(client.another()) as other:
        while not ended.wait(POLL_SECONDS):
            try:
                found = other.system.events(since=f"{since:.9f}", until=f"{time.time():.9f}", filters=_FILTERS)
                count = sum(1 for _ in found)
            except ContainersError:
                # The removal itself tells what is wrong.
                continue
            if count:
                tell(count, 0)
