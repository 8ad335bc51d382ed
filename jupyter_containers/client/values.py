"""What the API answers, as values. Only here and in the files named like the API's resources is Docker's JSON read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a container; the host's side is None where it is exposed only."""

    container_port: int
    protocol: str
    host_ip: str = ""
    host_port: int | None = None

    def __str__(self) -> str:
        inside = f"{self.container_port}/{self.protocol}"
        return inside if self.host_port is None else f"{self.host_ip}:{self.host_port}->{inside}"


@dataclass(frozen=True, slots=True)
class ContainerSummary:
    """A line of the list of containers."""

    id: str
    name: str
    image: str
    command: str
    created_at: datetime
    state: str
    status: str
    ports: tuple[Port, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    # Bytes that it has written, and with those of its image; None where nobody asked.
    size_bytes: int | None = None
    whole_bytes: int | None = None
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()

    @classmethod
    def from_wire(cls, body: Json) -> Self:
        names = [str(name).removeprefix("/") for name in body.get("Names") or ()]
        return cls(
            id=body["Id"],
            # A name with a slash in it is another container's word for this one (a link).
            name=next((name for name in names if "/" not in name), ""),
            image=body.get("Image", ""),
            command=body.get("Command") or "",
            created_at=moment(body.get("Created", 0)),
            state=body.get("State", ""),
            status=body.get("Status", ""),
            ports=tuple(sorted((_port(entry) for entry in body.get("Ports") or ()), key=str)),
            labels=dict(body.get("Labels") or {}),
            size_bytes=body.get("SizeRw"),
            whole_bytes=body.get("SizeRootFs"),
            networks=tuple((body.get("NetworkSettings") or {}).get("Networks") or ()),
            volumes=tuple(mount["Name"] for mount in body.get("Mounts") or () if mount.get("Type") == "volume"),
        )


def _port(entry: Json) -> Port:
    return Port(entry["PrivatePort"], entry.get("Type", "tcp"), entry.get("IP", ""), entry.get("PublicPort"))


@dataclass(frozen=True, slots=True)
class ImageSummary:
    """A line of the list of images."""

    id: str
    names: tuple[str, ...]
    created_at: datetime
    size_bytes: int
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    # Names by digest, as the registry has it.
    digests: tuple[str, ...] = ()

    @classmethod
    def from_wire(cls, body: Json) -> Self:
        return cls(
            id=body["Id"],
            # Older daemons write <none>:<none> for an image without a name.
            names=tuple(name for name in body.get("RepoTags") or () if name != "<none>:<none>"),
            created_at=moment(body.get("Created", 0)),
            size_bytes=body.get("Size", 0),
            labels=dict(body.get("Labels") or {}),
            digests=tuple(name for name in body.get("RepoDigests") or () if name != "<none>@<none>"),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """A step on the way of an image: of a layer (`id` is the short one) or of the whole (`id` is "")."""

    id: str
    status: str
    current: int | None = None
    total: int | None = None

    @classmethod
    def from_wire(cls, line: Json) -> Self:
        detail = line.get("progressDetail") or {}
        return cls(str(line.get("id", "")), str(line.get("status", "")), detail.get("current"), detail.get("total"))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in the daemon."""

    type: str
    action: str
    actor_id: str
    attributes: Mapping[str, str] = field(hash=False)
    at: datetime

    @classmethod
    def from_wire(cls, body: Json) -> Self:
        actor = body.get("Actor") or {}
        at = moment(body["timeNano"] / 1e9 if body.get("timeNano") else body.get("time", 0))
        return cls(body.get("Type", ""), body.get("Action", ""), actor.get("ID", ""), actor.get("Attributes") or {}, at)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a container that has ended used: processor time, and the most memory at once (None: not counted).

    The making of the container is in it. Its file cache counts as memory.
    """

    cpu_seconds: float
    memory_peak_bytes: int | None = None

    @classmethod
    def of(cls, event: Event) -> Self | None:
        """Return what the event of an end tells; None from daemons that do not count."""
        cpu, peak = (event.attributes.get(f"jupyter-containers.{name}") for name in ("cpu-ns", "memory-peak-bytes"))
        return None if cpu is None else cls(int(cpu) / 1e9, None if peak is None else int(peak))


def moment(seconds: float) -> datetime:
    """Return seconds since the epoch as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def short_id(id_: str) -> str:
    """Return the twelve characters by which people name a container or an image."""
    return id_.removeprefix("sha256:")[:12]
