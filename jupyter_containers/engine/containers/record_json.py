"""Records as JSON for the database, driven by the fields of the dataclasses.

A field that has its default is left out: rows stay small, and a newer program reads an older row by its defaults.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

from jupyter_containers.errors import InvalidParameter

T = TypeVar("T")

_PLAIN = frozenset({str, int, bool, float, type(None)})


def to_json(value: Any) -> Any:
    """Return a dataclass, or a tuple or mapping of them, as JSON values."""
    kind: type = type(value)
    if kind in _PLAIN:
        return value
    columns = _columns(kind)
    if columns is not None:
        return {name: to_json(content) for name, default in columns if (content := getattr(value, name)) != default}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: to_json(content) for key, content in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(content) for content in value]
    return value


def from_json(kind: type[T], data: Mapping[str, Any]) -> T:
    """Return the dataclass that `to_json` wrote; unknown names are passed over, as a newer program may write them.

    Raises InvalidParameter when a field without a default is missing.
    """
    readers = _readers(cast(Any, kind))
    try:
        return kind(**{name: readers[name](content) for name, content in data.items() if name in readers})
    except (TypeError, ValueError) as error:
        raise InvalidParameter(f"this is not the record of a {kind.__name__.lower()}: {error}") from error


@cache
def _columns(kind: type) -> tuple[tuple[str, Any], ...] | None:
    """Return the fields of a dataclass with their defaults, None for another type: looked up once, for each save."""
    return tuple((field.name, _default(field)) for field in fields(kind)) if is_dataclass(kind) else None


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


@cache
def _readers(kind: type) -> Mapping[str, Callable[[Any], Any]]:
    hints = typing.get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = _reader(next(argument for argument in arguments if argument is not type(None)))
        return lambda content: None if content is None else inner(content)
    if origin is tuple:
        item = _reader(arguments[0])
        return lambda content: tuple(item(entry) for entry in content)
    if origin is not None and issubclass(origin, Mapping):
        item = _reader(arguments[1])
        return lambda content: {key: item(entry) for key, entry in content.items()}
    if is_dataclass(hint) and isinstance(hint, type):
        return lambda content: from_json(hint, content)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return lambda content: content
