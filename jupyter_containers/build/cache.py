"""Cache records: which work was done before, and with what result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class CacheRecords(Protocol):
    """Where records are kept (metadata.build_cache implements it). Keys are text, records JSON objects of ours."""

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the record at `key` and mark it used now, or None."""

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        """Write the record at `key`, replacing an earlier one."""

    def remove(self, key: str) -> bool:
        """Forget a record; return whether it was there."""
