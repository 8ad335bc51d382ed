"""Who wants to know what is asked of registries, while something of theirs is done: for traces."""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# Rows in the form of runtime.calls.Row.to_json.
Rows = list[dict[str, Any]]


class _Asking:
    """One who wants to know. Tasks that go on keep it in their context: afterwards it has nothing in it."""

    def __init__(self, rows: Rows) -> None:
        self.rows: Rows | None = rows


_asking: ContextVar[_Asking | None] = ContextVar("asking", default=None)


@contextmanager
def witnessed(rows: Rows) -> Iterator[None]:
    """Add what is asked of registries in the block, and until its end in tasks that it begins, to `rows`."""
    asking = _Asking(rows)
    before = _asking.set(asking)
    try:
        yield
    finally:
        asking.rows = None
        _asking.reset(before)


@contextmanager
def noting(method: str, url: str) -> Iterator[dict[str, Any]]:
    """Write down a request, if somebody wants to know; the block puts its status under "result".

    Of the address only host and path: what is behind them may be a signature, or before them a password.
    """
    asking = _asking.get()
    if asking is None or (rows := asking.rows) is None:
        yield {}
        return
    row = {
        "side": "registry", "step": "registry", "call": method, "arguments": [shown(url)], "result": "no answer",
        "microseconds": 0, "times": 1,
    }  # fmt: skip
    rows.append(row)
    began = time.perf_counter_ns()
    try:
        yield row
    finally:
        row["microseconds"] = (time.perf_counter_ns() - began) // 1000


def shown(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
