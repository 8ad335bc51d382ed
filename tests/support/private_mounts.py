"""Run a piece of a test where its mounts are seen by nobody else and vanish with it: a forked child's namespace."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable
from typing import TypeVar

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts, namespaces

T = TypeVar("T")


def in_private_mounts(step: Callable[[], T]) -> T:
    """Return what `step` returns in a child process with a mount namespace of its own; its failure is ours."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        _run_child(step, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    result, failure = pickle.loads(text)
    if failure:
        raise AssertionError(f"in the child:\n{failure}")
    return result  # type: ignore[no-any-return]


def _run_child(step: Callable[[], T], writer: int) -> None:
    answer: tuple[T | None, str] = (None, "")
    try:
        namespaces.unshare(c.CLONE_NEWNS)
        mounts.mount(None, "/", None, c.MS_REC | c.MS_PRIVATE)
        answer = (step(), "")
    except BaseException:  # noqa: BLE001 - it is told to the parent
        answer = (None, traceback.format_exc())
    finally:
        try:
            os.write(writer, pickle.dumps(answer))
        finally:
            os._exit(0)
