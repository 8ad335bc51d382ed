"""What a prune and `system df` know of the cached steps of builds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from jupyter_containers.metadata.build_cache import CacheEntry


@dataclass(frozen=True, slots=True)
class CachedStep:
    """A step of a build: `chain` is what it resulted in, `parent` what it stood on; empty for a change of settings.

    A layer that may lie on anything (COPY --link) has a name of its own as `chain` and stands on nothing; `blob_bytes`
    is what it takes when nobody else has it. `created` is RFC 3339, `last_used` seconds since the epoch.
    """

    key: str
    chain: str
    parent: str
    created: str
    last_used: float
    has_layer: bool = True
    blob_bytes: int = 0

    def size(self, of_snapshot: Callable[[str], int]) -> int:
        """Return the bytes that it takes; `of_snapshot` measures what has been unpacked."""
        return self.blob_bytes or of_snapshot(self.chain)


def cached_steps(entries: Iterable[CacheEntry], had: Collection[str]) -> list[CachedStep]:
    """Return the steps of cache entries; `had` are the digests of the layers of images.

    A layer that may lie on anything counts as one only where neither another step nor an image has it.
    """
    entries = list(entries)
    had = {_blob(entry) for entry in entries if entry.record.get("chain")} | set(had)
    return [_loose(entry, had) if _is_loose(entry) else _step(entry) for entry in entries]


def _is_loose(entry: CacheEntry) -> bool:
    return bool(entry.record.get("layer")) and not entry.record.get("chain")


def _blob(entry: CacheEntry) -> str:
    layer = entry.record.get("layer")
    return str(layer["digest"]) if layer else ""


def _step(entry: CacheEntry) -> CachedStep:
    chain, parent, created = (entry.record.get(name) or "" for name in ("chain", "parent", "created"))
    return CachedStep(entry.key, chain, parent, created, entry.last_used, bool(entry.record.get("layer")))


def _loose(entry: CacheEntry, had: Collection[str]) -> CachedStep:
    blob, created = _blob(entry), entry.record.get("created") or ""
    is_alone = blob not in had
    size = int(entry.record["layer"]["size"]) if is_alone else 0
    return CachedStep(entry.key, f"loose:{blob}", "", created, entry.last_used, is_alone, size)
