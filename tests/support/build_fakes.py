"""What a build needs of its stores, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_containers.oci.digest import Digest


class Records:
    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def get(self, key: str) -> dict[str, Any] | None:
        return self.rows.get(key)

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        self.rows[key] = dict(record)

    def remove(self, key: str) -> bool:
        return self.rows.pop(key, None) is not None


class Present:
    """Stands for the content store and for the snapshotter: knows what is there."""

    def __init__(self) -> None:
        self.names: set[object] = set()

    def contains(self, digest: Digest) -> bool:
        return digest in self.names

    def exists(self, key: str) -> bool:
        return key in self.names
