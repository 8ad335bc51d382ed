"""How the rows of each table are read: as by the daemon that starts, and its columns must say what its record says."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_containers.build.cache import protected
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.containers.record_json import from_json
from jupyter_containers.engine.failed_steps import Failure
from jupyter_containers.engine.network_values import Network
from jupyter_containers.metadata.database import from_text
from jupyter_containers.metadata.images import read_name, read_record
from jupyter_containers.metadata.salvage import Reader
from jupyter_containers.network.values import Attachment
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.snapshot_record import SnapshotRecord

Row = Mapping[str, str]


def _container(row: Row) -> None:
    record = from_json(Record, from_text(row["record"]))
    for values in record.attachments.values():
        Attachment.from_json(values)
    _same((row["id"], row["name"]), (record.id, record.name))


def _network(row: Row) -> None:
    network = from_json(Network, from_text(row["record"]))
    network.segment()
    _same((row["id"], row["name"]), (network.id, network.name))


def _snapshot(row: Row) -> None:
    record = SnapshotRecord.from_json(from_text(row["record"]))
    _same((row["key"], row.get("parent"), row["number"]), (record.key, record.parent, str(record.number)))


def _volume(row: Row) -> None:
    record = from_text(row["record"])
    _same(("created_at", "labels", "options"), tuple(sorted(record.keys())))


def _failed_step(row: Row) -> None:
    failure = from_json(Failure, from_text(row["record"]))
    _same(row["id"], failure.id)


def _place(row: Row) -> None:
    Digest.parse(row["blob"])
    Descriptor.from_json(from_text(row["descriptor"]))


def _same(columns: object, record: object) -> None:
    """Raises ValueError when a row and its record tell of two things."""
    if columns != record:
        raise ValueError(f"{columns} is not {record}")


READERS: Mapping[str, Reader] = {
    "containers": _container,
    "networks": _network,
    "volumes": _volume,
    "snapshots": _snapshot,
    "image_names": lambda row: read_name(row["name"], row["target"], row["image_id"]),
    "images": lambda row: read_record(row["id"], row["record"]),
    "build_cache": lambda row: protected(from_text(row["record"])),
    "failed_steps": _failed_step,
    "blob_places": _place,
}
