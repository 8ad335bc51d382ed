"""What is remembered of a snapshot: its name, its kind and what it stands on.

The value lies in oci because two siblings speak it: `snapshots` makes and reads it, `metadata` keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

ACTIVE = "active"
VIEW = "view"
COMMITTED = "committed"

# The snapshot hides everything under it: a layer whose root is opaque, which overlayfs itself does not honour there.
LABEL_OPAQUE = "jupyter-containers.opaque"
# The last mount of the snapshot may lose data when the machine stops: overlayfs neither syncs nor orders its writes.
LABEL_VOLATILE = "jupyter-containers.volatile"
# Work in progress (an unpacking, a build step): an active snapshot that no restart continues; recovery removes it.
LABEL_DISPOSABLE = "jupyter-containers.disposable"
# Has only what containers mount on: it goes when what it stands on goes.
LABEL_PLACES = "jupyter-containers.places"
# Shows this machine's own root: only an image that says so may stand on it.
LABEL_HOST = "jupyter-containers.host"
# Committed in the boot of this id, and not known to be on the disk yet: a power cut may have left files of it empty.
LABEL_UNFLUSHED = "jupyter-containers.unflushed"


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """One snapshot; kind is ACTIVE (writable), VIEW (read-only, to be removed) or COMMITTED (frozen, may be a parent).

    `number` names its directory. `adopted_path` is set when the content is a directory that is not ours ("/" of the
    host). `created_at` is RFC 3339 text. `size_bytes` is known once the snapshot is committed.
    """

    key: str
    kind: str
    parent: str | None
    number: int
    adopted_path: str | None = None
    created_at: str = ""
    size_bytes: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key, "kind": self.kind, "parent": self.parent, "number": self.number,
            "adopted_path": self.adopted_path, "created_at": self.created_at, "size_bytes": self.size_bytes,
            "labels": dict(self.labels),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            key=data["key"],
            kind=data["kind"],
            parent=data.get("parent"),
            number=data["number"],
            adopted_path=data.get("adopted_path"),
            created_at=data.get("created_at") or "",
            size_bytes=data.get("size_bytes"),
            labels=dict(data.get("labels") or {}),
        )
