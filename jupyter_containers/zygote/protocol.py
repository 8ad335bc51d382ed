"""The one request that a zygote knows, and its answer: packets of JSON over SOCK_SEQPACKET."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Launch:
    """Fork a shim for this bundle. The shim's end of its control socket travels beside it."""

    id: str
    bundle: str
    run: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(str(data["id"]), str(data["bundle"]), str(data["run"]))


@dataclass(frozen=True, slots=True)
class Launched:
    """The answer: the shim's pid, or why there is none."""

    id: str
    pid: int = 0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(str(data["id"]), int(data["pid"]), str(data["error"]))
