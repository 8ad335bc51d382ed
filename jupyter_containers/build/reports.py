"""What work tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Running:
    """A process was started; `id` is its container's."""

    id: str


@dataclass(frozen=True, slots=True)
class Output:
    """The process wrote; stream 1 or 2."""

    stream: int
    content: bytes


Report = Running | Output
