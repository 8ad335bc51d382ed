"""Cache records: which work was done before, and with what result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from jupyter_containers.build.filesystem import Filesystem, Layer, Loose, Outcome
from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.snapshots.snapshotter import Snapshotter


class CacheRecords(Protocol):
    """Where records are kept (metadata.build_cache implements it). Keys are text, records JSON objects of ours."""

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the record at `key` and mark it used now, or None."""

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        """Write the record at `key`, replacing an earlier one."""

    def remove(self, key: str) -> bool:
        """Forget a record; return whether it was there."""


@dataclass(frozen=True, slots=True)
class Protected:
    """What a cache record needs in order to be of use: names of committed snapshots, digests of blobs."""

    snapshots: tuple[str, ...] = ()
    blobs: tuple[Digest, ...] = ()


def protected(record: Mapping[str, Any]) -> Protected:
    """Return what a garbage collector has to keep as long as it keeps `record`."""
    chain, layer = record.get("chain"), record.get("layer")
    return Protected((chain,) if chain else (), (Digest.parse(layer["digest"]),) if layer else ())


class Cache:
    """Looks results up and checks that they are still whole. Synchronous and quick; called on the event loop.

    A record says what one vertex put on top of `parent`: a layer, or nothing. It holds only for that parent, so that
    the history of an image and its layers always tell one story. One without a parent has a layer that may lie on
    anything: it keeps a blob, and no snapshot, which would keep all that was under it when it was made.
    """

    def __init__(self, records: CacheRecords, content: ContentStore, snapshotter: Snapshotter) -> None:
        self._records = records
        self._content = content
        self._snapshotter = snapshotter

    def look_up(self, key: str, parent: Filesystem) -> Outcome | None:
        """Return the result recorded at `key` if it stands on `parent` and all its parts are there, else None."""
        record = self._records.get(key)
        if record is None or record.get("parent") != parent.chain:
            return None
        try:
            layer = layer_of(record)
        except InvalidParameter:
            self._records.remove(key)
            return None
        found = Outcome(parent.with_layer(layer), str(record.get("created", "")), layer, cached=True)
        if layer is None:
            return found
        if self._snapshotter.exists(found.filesystem.chain) and self._content.contains(layer.descriptor.digest):
            return found
        self._records.remove(key)
        return None

    def store(self, key: str, parent: Filesystem, outcome: Outcome) -> None:
        """Remember what a vertex on `parent` resulted in."""
        layer = outcome.layer
        record: dict[str, Any] = {"parent": parent.chain, "created": outcome.created, "chain": outcome.filesystem.chain}
        if layer is not None:
            record |= _written(layer)
        self._records.put(key, record)

    def loose(self, key: str) -> Loose | None:
        """Return the layer recorded at `key` that may lie on anything, if its blob is there, else None."""
        record = self._records.get(key)
        if record is None:
            return None
        try:
            layer = layer_of(record)
        except InvalidParameter:
            layer = None
        if layer is not None and self._content.contains(layer.descriptor.digest):
            return Loose(layer, str(record.get("created", "")))
        self._records.remove(key)
        return None

    def store_loose(self, key: str, layer: Layer, created: str) -> None:
        """Remember a layer that may lie on anything. Its snapshots are others' records'."""
        self._records.put(key, {"created": created, **_written(layer)})

    def time_of(self, key: str) -> str | None:
        """Return when a change of the config was first made, None if never."""
        record = self._records.get(key)
        return None if record is None else str(record.get("created", ""))

    def store_time(self, key: str, created: str) -> None:
        self._records.put(key, {"created": created})


def _written(layer: Layer) -> dict[str, Any]:
    return {"layer": layer.descriptor.to_json(), "diff_id": str(layer.diff_id)}


def layer_of(record: Mapping[str, Any]) -> Layer | None:
    """Return the layer that a cached step has made, None for a change of settings. Raises InvalidParameter."""
    if not record.get("layer"):
        return None
    return Layer(Descriptor.from_json(record["layer"]), Digest.parse(str(record.get("diff_id"))))
