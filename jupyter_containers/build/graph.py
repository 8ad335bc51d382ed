"""The graph: operations and what they stand on, each vertex with a digest of all that is under it.

Nothing here knows a Dockerfile or a container.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Operation(Protocol):
    """A value that says what to do."""

    def definition(self) -> dict[str, Any]:
        """Return all that influences the result, as JSON. Names for people and resource limits must not be in it."""


@dataclass(frozen=True, slots=True)
class Vertex:
    """An operation on the results of others. The first input is what the result stands on, if there is any.

    `lines` and `source` say who asked for it, for errors; they are not part of the digest.
    """

    digest: str
    operation: Operation
    inputs: tuple[Vertex, ...]
    lines: tuple[int, int] = (0, 0)
    source: str = ""


def vertex(
    operation: Operation, inputs: Sequence[Vertex] = (), *, lines: tuple[int, int] = (0, 0), source: str = ""
) -> Vertex:
    """Return a vertex with its digest: equal work has an equal one, wherever it stands."""
    return Vertex(
        key(operation.definition(), [entry.digest for entry in inputs]), operation, tuple(inputs), lines, source
    )


def key(*parts: Any) -> str:
    """Return the sha256 of JSON values."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def in_order(target: Vertex) -> list[Vertex]:
    """Return every vertex under the target, and it, inputs first, equal ones once."""
    ordered: dict[str, Vertex] = {}
    # Not recursive: a Dockerfile may have thousands of lines.
    waiting: list[tuple[Vertex, bool]] = [(target, False)]
    while waiting:
        current, is_ready = waiting.pop()
        if current.digest in ordered:
            continue
        if is_ready:
            ordered[current.digest] = current
        else:
            waiting.append((current, True))
            waiting.extend((entry, False) for entry in reversed(current.inputs))
    return list(ordered.values())
