"""The `filters` parameter: a JSON map from a name to its wanted values."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TypeAlias

from aiohttp import web

from jupyter_containers.api.wire.times import parse_time
from jupyter_containers.engine import patterns
from jupyter_containers.errors import InvalidParameter

Filters: TypeAlias = Mapping[str, tuple[str, ...]]


def parse(request: web.Request, known: Collection[str]) -> Filters:
    """Return the filters of the query.

    Both of Docker's forms are read: {"status": ["running"]} and, from before 1.22, {"status": {"running": true}}.
    Raises InvalidParameter for what is not such a map and for a filter that is not `known` here: never ignored.
    """
    return parse_text(request.query.get("filters", ""), known)


def parse_text(content: str, known: Collection[str]) -> Filters:
    """Like `parse`, from the parameter's text."""
    if not content.strip():
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid filters {content!r}: {error}") from error
    if not isinstance(data, dict):
        raise InvalidParameter(f"invalid filters {content!r}: a JSON object is expected")
    filters = {}
    for name, values in data.items():
        if name not in known:
            raise InvalidParameter(f"invalid filter '{name}'; known are {', '.join(sorted(known))}")
        filters[name] = _values(name, values)
    return filters


def _values(name: str, values: object) -> tuple[str, ...]:
    if isinstance(values, dict):
        return tuple(str(value) for value, wanted in values.items() if wanted)
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return tuple(values)
    raise InvalidParameter(f"invalid filter '{name}': a list of strings is expected, not {values!r}")


def label_matches(labels: Mapping[str, str], wanted: tuple[str, ...]) -> bool:
    """Tell whether every wanted label, `key` or `key=value`, is there."""
    for label in wanted:
        key, equals, value = label.partition("=")
        if key not in labels or (equals and labels[key] != value):
            return False
    return True


def pattern_matches(text: str, wanted: Collection[str] | None) -> bool:
    """Tell whether one of the wanted regular expressions occurs in a name or id, or none was wanted.

    One that is no expression matches only itself, as in dockerd. Source: moby api/types/filters, Args.Match. Raises
    InvalidParameter for too many.
    """
    if wanted is None:
        return True
    patterns.check(wanted)
    return any(pattern == text or patterns.occurs(pattern, text) for pattern in wanted)


def labels_match(labels: Mapping[str, str], filters: Filters) -> bool:
    """Tell whether labels pass the filters `label` and `label!` of a prune: all of the one, and none of the other."""
    unwanted = filters.get("label!", ())
    return label_matches(labels, filters.get("label", ())) and not any(label_matches(labels, (u,)) for u in unwanted)


def boolean(filters: Filters, name: str) -> bool | None:
    """Return the value of a filter that is true or false; None when it is not there. Raises InvalidParameter."""
    if name not in filters:
        return None
    values = {value.lower() for value in filters[name]}
    if values and values <= {"1", "true"}:
        return True
    if values and values <= {"0", "false"}:
        return False
    raise InvalidParameter(f"invalid filter '{name}=[{' '.join(filters[name])}]'")


def until(filters: Filters, *, now: int) -> int | None:
    """Return the moment of a prune's filter `until`, in nanoseconds since the epoch; None when it is not there.

    Raises InvalidParameter.
    """
    values = filters.get("until", ())
    if len(values) > 1:
        raise InvalidParameter("more than one until filter specified")
    try:
        return parse_time(values[0], "until", now=now) if values else None
    except InvalidParameter as error:
        raise InvalidParameter(f'failed to parse value as time or duration: "{values[0]}"') from error
