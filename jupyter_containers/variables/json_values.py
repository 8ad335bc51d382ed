"""JSON: scalars, lists and dicts of them. A list of scalars is a line each, as sort, awk and wc want it."""

from __future__ import annotations

import json

from jupyter_containers.variables.codec import Codec

_SCALARS = (str, int, float, bool, type(None))
_DEPTH = 200


def is_scalar(value: object) -> bool:
    """Tell whether a value is one that JSON has, and exactly that."""
    return type(value) in _SCALARS


def is_json(value: object, depth: int = _DEPTH) -> bool:
    """Tell whether a value comes back the same from JSON (a tuple as a list)."""
    if is_scalar(value):
        return True
    if depth == 0:
        return False
    if type(value) in (list, tuple):
        return all(is_json(item, depth - 1) for item in value)  # type: ignore[attr-defined]
    return type(value) is dict and all(type(key) is str and is_json(item, depth - 1) for key, item in value.items())


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
