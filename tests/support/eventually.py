"""Wait for something observable, with a deadline and a sentence when it does not come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], within_seconds: float = 20.0) -> T:
    """Return the first truthy value of `condition`; raise AssertionError with the last value after the deadline."""
    deadline = time.monotonic() + within_seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds} s; the last value was {value!r}")
        time.sleep(0.005)
