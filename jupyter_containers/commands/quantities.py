"""Sizes and times, as people read and write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from jupyter_containers.errors import InvalidParameter

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)i?b?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_NANOSECONDS = {"ns": 1, "us": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)")
_TIME = re.compile(rf"(?:{_PART.pattern})+")
_AGES = (("year", 365 * 86400), ("month", 30 * 86400), ("week", 7 * 86400), ("day", 86400), ("hour", 3600))


def size_in_bytes(text: str) -> int:
    """Read `64m`, `1.5g`, `65536`; k, m, g, t are powers of 1024, as docker's are. Raises InvalidParameter."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise InvalidParameter(f"not a size: {text!r}; expected a number with b, k, m or g, such as 64m")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def size_or_all(text: str) -> int:
    """Read a size, or -1 for no limit. Raises InvalidParameter."""
    return -1 if text.strip() == "-1" else size_in_bytes(text)


def nanoseconds(text: str) -> int:
    """Read a time such as `10s`, `1m30s`, `500ms` as Docker has it: in nanoseconds. Raises InvalidParameter."""
    if not _TIME.fullmatch(text.strip()):
        raise InvalidParameter(f"not a time: {text!r}; write 10s, 1m30s or 500ms")
    return sum(round(float(number) * _NANOSECONDS[unit]) for number, unit in _PART.findall(text))


def timestamp(text: str, now: datetime | None = None) -> str:
    """Read a time, or how long ago it was (`10m`), as the API has it: seconds since the epoch; "" stays.

    Daemons of Docker leave that to whoever asks. A time without a zone is one of this machine. Raises InvalidParameter.
    """
    text = text.strip()
    if not text or re.fullmatch(r"\d+(\.\d{1,9})?", text):
        return text
    if text in ("0s", "now") or _TIME.fullmatch(text):
        ago_ns = 0 if text == "now" else nanoseconds(text)
        return _seconds((now or datetime.now(UTC)).timestamp() - ago_ns / 1e9)
    try:
        return _seconds(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise InvalidParameter(f"not a time: {text!r}; write 10m, 2026-01-31T12:00:00 or seconds since 1970") from None


def _seconds(value: float) -> str:
    return f"{value:.6f}"


def positive_number(text: str) -> float:
    """Read a number of processors such as `0.5`. Raises InvalidParameter."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1e6:
        raise InvalidParameter(f"not a positive number: {text!r}")
    return number


def size_text(count: float) -> str:
    """Write bytes as docker does: powers of 1000, three digits."""
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        # What would be rounded to 1000 is 1 of the next.
        if count < 999.5:
            return f"{count:.3g}{unit}"
        count /= 1000
    return f"{count:.3g}EB"


def duration_text(duration: timedelta | float) -> str:
    """Write a duration: `45 ms`, `2.3 s`, `2 min 5 s`."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    if seconds < 0.0995:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Write how long ago something was, as docker does."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    for unit, length in _AGES:
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}s ago"
    if seconds >= 3600:
        return "About an hour ago"
    if seconds >= 120:
        return f"{int(seconds // 60)} minutes ago"
    if seconds >= 60:
        return "About a minute ago"
    return f"{int(seconds)} second{'s' if int(seconds) != 1 else ''} ago" if seconds >= 1 else "Less than a second ago"
