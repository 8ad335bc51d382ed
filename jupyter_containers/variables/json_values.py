"""JSON: scalars, lists and dicts of them. A list of scalars is a line each, as sort, awk and wc want it."""

from __future__ import annotations

import json
import reprlib

from jupyter_containers.variables.codec import Codec

_SCALARS = (str, int, float, bool, type(None))
_DEPTH = 200
_TOO_DEEP = "is nested too deeply, or in itself"


def is_scalar(value: object) -> bool:
    """Tell whether a value is one that JSON has, and exactly that."""
    return type(value) in _SCALARS


def is_json(value: object) -> bool:
    """Tell whether a value comes back the same from JSON (a tuple as a list)."""
    return _stranger(value, _DEPTH) is None


def obstacle(value: object) -> tuple[str, str] | None:
    """Return the place of what JSON has not, and what it is, as ("['a'][3]", "is a builtins.set"); None if it has all.

    The same as `stranger` in inside.py, which is alone.
    """
    return _stranger(value, _DEPTH)


def _stranger(value: object, depth: int) -> tuple[str, str] | None:
    if is_scalar(value):
        return None
    kind = type(value)
    if depth == 0:
        return "", _TOO_DEEP
    if kind not in (list, tuple, dict):
        return "", f"is a {kind.__module__}.{kind.__qualname__}"
    if isinstance(value, dict) and (wrong := [key for key in value if type(key) is not str]):
        return "", f"has the key {reprlib.repr(wrong[0])}, and those of JSON are strings"
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):  # type: ignore[arg-type]
        if (found := _stranger(item, depth - 1)) is not None:
            place, what = found
            # The place of what is too deep is too long to be told.
            return ("" if what is _TOO_DEEP else f"[{reprlib.repr(key)}]{place}"), what
    return None


def _is_list_of_scalars(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(is_scalar, value))


def _write(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _read(content: bytes) -> object:
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


LINES = Codec(
    ".jsonl",
    _is_list_of_scalars,
    lambda values: b"".join(_write(value) + b"\n" for value in values),
    lambda content: [_read(line) for line in content.split(b"\n") if line.strip()],
)
JSON = Codec(".json", is_json, _write, _read)
