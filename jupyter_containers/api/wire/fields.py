"""Reading Docker's JSON at the door: each field by its name, with a sentence when it is of the wrong kind.

Missing, null and the zero value mean the same to a Go program, and so do `Name` and `name`: Docker's own clients write
the former, others the latter too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from jupyter_containers.errors import InvalidParameter, Unsupported

Body = Mapping[str, Any]
Value = TypeVar("Value")


def text(body: Body, name: str, default: str = "") -> str:
    """Return a string. Raises InvalidParameter, as all of these."""
    return str(_typed(body, name, str, "a string") or default)


def flag(body: Body, name: str) -> bool:
    return bool(_typed(body, name, bool, "true or false"))


def number(body: Body, name: str, default: int = 0) -> int:
    value = _typed(body, name, int, "an integer")
    if isinstance(value, bool):
        raise InvalidParameter(f"{name} must be an integer, not {value!r}")
    if value is not None and not -(1 << 63) <= value < 1 << 63:
        # More than Go's clients could read again, nor the kernel take.
        raise InvalidParameter(f"{name} must be an integer of 64 bits, not {value!r:.40}")
    return default if value is None else int(value)


def optional_number(body: Body, name: str) -> int | None:
    return None if _value(body, name) is None else number(body, name)


def command(body: Body, name: str) -> tuple[str, ...] | None:
    """Return a list of strings as `texts`; one string is a list of one (Docker's strslice)."""
    value = _value(body, name)
    return (value,) if isinstance(value, str) else texts(body, name)


def texts(body: Body, name: str) -> tuple[str, ...] | None:
    """Return a list of strings, None when it is not given."""
    value = _value(body, name)
    if value is not None and not (isinstance(value, list) and all(isinstance(entry, str) for entry in value)):
        raise InvalidParameter(f"{name} must be a list of strings, not {value!r}")
    return None if value is None else tuple(value)


def mapping(body: Body, name: str) -> Body:
    value = _typed(body, name, dict, "an object")
    return value or {}


def text_mapping(body: Body, name: str) -> dict[str, str]:
    """Return an object whose values are strings."""
    for key, value in mapping(body, name).items():
        if not isinstance(value, str):
            raise InvalidParameter(f"{name}[{key!r}] must be a string, not {value!r}")
    return dict(mapping(body, name))


def objects(body: Body, name: str) -> tuple[Body, ...]:
    """Return a list of objects."""
    value = _value(body, name)
    if value is not None and not (isinstance(value, list) and all(isinstance(entry, dict) for entry in value)):
        raise InvalidParameter(f"{name} must be a list of objects, not {value!r}")
    return tuple(value or ())


def given_objects(body: Body, name: str, read: Callable[[Body], Value]) -> tuple[Value, ...] | None:
    """Return a list of objects, each read by `read`; None when it is not given."""
    return None if _value(body, name) is None else tuple(read(entry) for entry in objects(body, name))


def pair(body: Body, name: str) -> tuple[int, int]:
    """Return two numbers that are not negative; (0, 0) when not given."""
    value = _value(body, name)
    if value is None:
        return 0, 0
    if not (isinstance(value, list) and len(value) == 2 and all(type(n) is int and n >= 0 for n in value)):
        raise InvalidParameter(f"{name} must be a list of two numbers, not {value!r}")
    return value[0], value[1]


def refuse(body: Body, names: Collection[str]) -> None:
    """Raises Unsupported for a field that is set and that we cannot keep, naming it and its value."""
    for name in names:
        if _value(body, name) not in (None, 0, "", False, [], {}):
            raise Unsupported(f"{name} {_value(body, name)!r} is not supported by jupyter-containers; leave it out")


def _value(body: Body, name: str) -> Any:
    value = body.get(name)
    return body.get(name[:1].lower() + name[1:]) if value is None else value


def _typed(body: Body, name: str, kind: type, words: str) -> Any:
    value = _value(body, name)
    if value is not None and not isinstance(value, kind):
        raise InvalidParameter(f"{name} must be {words}, not {value!r}")
    return value
