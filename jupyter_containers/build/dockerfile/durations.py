"""Durations as Go reads and prints them: `1m30s`, in nanoseconds. Source: Go's time.ParseDuration."""

from __future__ import annotations

import re

from jupyter_containers.build.dockerfile.lines import Line

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_DIGITS = 18
_PART = re.compile(rf"([0-9]{{0,{_DIGITS}}})(?:\.([0-9]{{0,{_DIGITS}}}))?(ns|us|µs|μs|ms|s|m|h)")
_MINIMUM = 1_000_000
_MAXIMUM = (1 << 63) - 1


def nanoseconds(name: str, text: str, line: Line) -> int:
    """Return the duration of a flag, 0 for "". Raises DockerfileError for no duration and for one under 1 ms."""
    if text in {"", "0"}:
        return 0
    # In parts of a nanosecond: each part has at most so many digits behind its point.
    scale = int(10**_DIGITS)
    total, position = 0, 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None or not (match[1] or match[2]):
            raise line.error(f'--{name} must be a duration as in 1m30s, not "{text}"')
        total += int(f"{match[1]}{(match[2] or '').ljust(_DIGITS, '0')}") * _UNITS[match[3]]
        position = match.end()
    if total != 0 and not _MINIMUM * scale <= total <= _MAXIMUM * scale:
        raise line.error(f'--{name} "{text}" cannot be less than 1ms, or longer than 292 years')
    return total // scale


def go_duration(duration: int) -> str:
    """Print nanoseconds as Go's Duration.String does."""
    if duration == 0:
        return "0s"
    for unit, size in (("ns", 1_000), ("µs", 1_000_000), ("ms", 10**9)):
        if duration < size:
            return f"{_decimal(duration, size // 1_000)}{unit}"
    minutes, rest = divmod(duration, 60 * 10**9)
    seconds = f"{_decimal(rest, 10**9)}s"
    if not minutes:
        return seconds
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{seconds}" if hours else f"{minutes}m{seconds}"


def _decimal(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    digits = str(part).rjust(len(str(unit)) - 1, "0").rstrip("0") if part else ""
    return f"{whole}.{digits}" if digits else str(whole)
