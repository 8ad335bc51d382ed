"""When to try again, and how long to wait before."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

# Too slow, too many, or broken for the moment; every other 4xx is final.
TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`delays_seconds[n]` is the wait before attempt n+2, so there is one attempt more than delays.

    A server's Retry-After lengthens a wait, up to `cap_seconds`: a hostile one must not park us for days.
    """

    delays_seconds: tuple[float, ...] = (1, 2, 4, 8)
    cap_seconds: float = 60
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @classmethod
    def of(cls, attempts: int) -> RetryPolicy:
        """Return a policy of so many attempts; the waits double up to 8 seconds."""
        return cls(tuple(float(min(2**number, 8)) for number in range(attempts - 1)))

    @property
    def attempts(self) -> int:
        return len(self.delays_seconds) + 1

    def delay(self, attempt: int, retry_after_seconds: float | None = None) -> float:
        """Return how long to wait after the failure of attempt 0, 1, …"""
        return max(self.delays_seconds[attempt], min(retry_after_seconds or 0, self.cap_seconds))


def retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, in digits or as a date; None if it says nothing."""
    if not value:
        return None
    if value.strip().isdecimal():
        # More digits than a day has seconds are capped later; int() of a huge text would only cost time.
        return float(value.strip()[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):  # a year or a zone of twenty digits
        return None
