"""Whose files are they: exact as in the layer, shifted by an id map, or all one owner's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from jupyter_containers.layers.member import InvalidLayer
from jupyter_containers.oci.runtime_spec import IdMap


class Ownership(Protocol):
    """Translates owners between a layer (ids as the container sees them) and the disk (ids of the host)."""

    def on_disk(self, uid: int, gid: int) -> tuple[int, int]: ...

    def in_layer(self, uid: int, gid: int) -> tuple[int, int]: ...


class Exact:
    """The ids are the same on both sides: root, or root of a user namespace with full maps."""

    def on_disk(self, uid: int, gid: int) -> tuple[int, int]:
        return uid, gid

    def in_layer(self, uid: int, gid: int) -> tuple[int, int]:
        return uid, gid


EXACT = Exact()


@dataclass(frozen=True, slots=True)
class Shifted:
    """The container's ids lie elsewhere on the host, by its id maps."""

    uid_maps: Sequence[IdMap]
    gid_maps: Sequence[IdMap]

    def on_disk(self, uid: int, gid: int) -> tuple[int, int]:
        return _to_host(self.uid_maps, uid, "uid"), _to_host(self.gid_maps, gid, "gid")

    def in_layer(self, uid: int, gid: int) -> tuple[int, int]:
        return _to_container(self.uid_maps, uid, "uid"), _to_container(self.gid_maps, gid, "gid")


@dataclass(frozen=True, slots=True)
class Squashed:
    """Everything belongs to one owner on disk, and to `layer_uid`, `layer_gid` in a layer that is written."""

    uid: int
    gid: int
    layer_uid: int = 0
    layer_gid: int = 0

    def on_disk(self, uid: int, gid: int) -> tuple[int, int]:
        return self.uid, self.gid

    def in_layer(self, uid: int, gid: int) -> tuple[int, int]:
        return self.layer_uid, self.layer_gid


def _to_host(maps: Sequence[IdMap], value: int, what: str) -> int:
    for entry in maps:
        if 0 <= value - entry.container_id < entry.size:
            return entry.host_id + value - entry.container_id
    raise InvalidLayer(
        f"{what} {value} of the layer has no place in the id map; give the user a larger subordinate range"
    )


def _to_container(maps: Sequence[IdMap], value: int, what: str) -> int:
    for entry in maps:
        if 0 <= value - entry.host_id < entry.size:
            return entry.container_id + value - entry.host_id
    raise InvalidLayer(f"{what} {value} on disk has no place in the id map")
