"""Docker's times: RFC 3339 with nanoseconds out; seconds with a fraction, RFC 3339 or "10m ago" in."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from jupyter_containers.errors import InvalidParameter

# Of a time that means something: RFC 3339 has 35 characters at most.
_LONGEST = 64
ZERO_TIME = "0001-01-01T00:00:00Z"
_SECONDS = re.compile(r"(-?\d+)(?:\.(\d{1,9})\d*)?")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def rfc3339(nanoseconds: int) -> str:
    """Return a time as Go prints it: trailing zeros of the fraction are left out; 0 is Go's zero time."""
    if not nanoseconds:
        return ZERO_TIME
    seconds, rest = divmod(nanoseconds, 10**9)
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def rfc3339_fixed(nanoseconds: int) -> str:
    """Return a time with all nine digits, as logs print it."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:09d}Z"


def parse_time(text: str, name: str, *, now: int) -> int:
    """Return nanoseconds since the epoch; 0 for an empty text. `now` is what a duration counts back from.

    Raises InvalidParameter naming the parameter.
    """
    if not text:
        return 0
    try:
        # To look for durations takes time that grows with the square of the length.
        if len(text) > _LONGEST:
            raise ValueError(text)
        match = _SECONDS.fullmatch(text)
        if match:
            return int(match[1]) * 10**9 + int((match[2] or "0").ljust(9, "0"))
        if _DURATION.sub("", text) == "":
            return now - int(sum(float(amount) * _UNITS[unit] for amount, unit in _DURATION.findall(text)))
        return _parse_rfc3339(text)
    except ValueError:
        raise InvalidParameter(
            f"parameter {name} must be seconds since the epoch, RFC 3339 or a duration such as 10m, not {text!r:.100}"
        ) from None


def _parse_rfc3339(text: str) -> int:
    whole, _, rest = text.partition(".")
    digits = re.match(r"\d*", rest)
    fraction = digits[0] if digits else ""
    moment = datetime.fromisoformat(whole + rest[len(fraction) :])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 10**9 + int((fraction[:9] or "0").ljust(9, "0"))
