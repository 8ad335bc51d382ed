"""Signals by name or number, as people type them."""

from __future__ import annotations

import signal

from jupyter_containers.errors import InvalidParameter

_MAX = 64


def signal_number(text: str) -> int:
    """Return the number of `KILL`, `sigkill`, `SIGRTMIN+3` or `9`. Raises InvalidParameter."""
    word = text.strip().upper()
    if word.isdigit():
        number = int(word)
        if not 0 < number <= _MAX:
            raise InvalidParameter(f"Invalid signal: {text}")
        return number
    name, plus, offset = word.removeprefix("SIG").partition("+")
    if plus or "-" in name:
        return _real_time(name, offset, text)
    try:
        return int(signal.Signals[f"SIG{name}"])
    except KeyError:
        raise InvalidParameter(f"Invalid signal: {text}") from None


def _real_time(name: str, offset: str, text: str) -> int:
    sign = 1
    if not offset:
        name, _, offset = name.partition("-")
        sign = -1
    base = {"RTMIN": int(signal.SIGRTMIN), "RTMAX": int(signal.SIGRTMAX)}.get(name)
    if base is None or not offset.isdigit() or not signal.SIGRTMIN <= base + sign * int(offset) <= signal.SIGRTMAX:
        raise InvalidParameter(f"Invalid signal: {text}")
    return base + sign * int(offset)
