"""Fields of a tar header: numbers as tar writes them."""

from __future__ import annotations

from functools import lru_cache

from jupyter_containers.layers.member import InvalidLayer

BLOCK = 512
_MAX_NUMBER = (1 << 63) - 1


# The files of a layer have few modes, owners and moments among them.
@lru_cache(maxsize=1024)
def number(field: bytes, what: str) -> int:
    """Read a numeric header field: octal text, or big-endian two's complement when the first bit is set (GNU)."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        if field[0] & 0x40:
            value -= 1 << (8 * len(field) - 1)
    else:
        text = field.strip(b" \0").partition(b"\0")[0].rstrip(b" ")
        if not text:
            return 0
        if text.strip(b"01234567"):
            raise InvalidLayer(f"tar header has a {what} that is no octal number: {field!r}")
        value = int(text, 8)
    if what != "mtime" and not 0 <= value <= _MAX_NUMBER:
        raise InvalidLayer(f"tar header has an impossible {what}: {value}")
    return value
