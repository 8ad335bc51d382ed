"""Names of images, and the images themselves, which outlive their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_containers.metadata.database import Database, from_text, to_text
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class ImageName:
    """A canonical reference (`docker.io/library/busybox:latest`) and what it points at.

    `target` is the manifest or the index that was pulled or made; `image_id` is the digest of the config.
    """

    name: str
    target: Descriptor
    image_id: Digest


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image in the store. Times are RFC 3339 text, kept to the digit; `size` is bytes of the unpacked layers.

    `target` is the manifest of this platform; `repo_digests` are canonical references with a digest. `container_id` and
    `container_settings` tell what it was committed from; the settings are JSON whose meaning is the engine's.
    """

    id: Digest
    target: Descriptor
    created_at: str
    size: int
    last_tagged_at: str | None = None
    parent_id: Digest | None = None
    repo_digests: tuple[str, ...] = ()
    container_id: str = ""
    container_settings: Mapping[str, Any] | None = field(default=None, hash=False)

    @property
    def digests(self) -> frozenset[Digest]:
        """What it was pulled or pushed by: digests of manifests, and of indexes that list it."""
        return frozenset(Digest.parse(text.rpartition("@")[2]) for text in self.repo_digests)


class Images:
    """Names of images. What an image is stands in ImageRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, name: str, descriptor: Descriptor, image_id: Digest) -> None:
        """Let `name` point at `descriptor`, whatever it pointed at before."""
        self._database.execute(
            "INSERT INTO image_names VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET target = excluded.target, image_id = excluded.image_id",
            (name, to_text(descriptor.to_json()), str(image_id)),
        )

    def get(self, name: str) -> ImageName | None:
        """Return what `name` points at, or None."""
        row = self._database.row("SELECT name, target, image_id FROM image_names WHERE name = ?", (name,))
        return read_name(*row) if row else None

    def remove(self, name: str) -> bool:
        """Forget a name; return whether it was there. The image's record stays."""
        return self._database.execute("DELETE FROM image_names WHERE name = ?", (name,)) > 0

    def all(self) -> list[ImageName]:
        """Return all names in alphabetical order."""
        rows = self._database.rows("SELECT name, target, image_id FROM image_names ORDER BY name")
        return [read_name(*row) for row in rows]

    def names_of(self, image_id: Digest) -> list[ImageName]:
        """Return the names that point at an image, in alphabetical order."""
        rows = self._database.rows(
            "SELECT name, target, image_id FROM image_names WHERE image_id = ? ORDER BY name", (str(image_id),)
        )
        return [read_name(*row) for row in rows]


class ImageRecords:
    """The images, by id. Their names stand in Images."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: ImageRecord) -> None:
        """Write an image's record, replacing an earlier one of the same id."""
        self._database.execute(
            "INSERT INTO images VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record",
            (str(record.id), to_text(_to_json(record))),
        )

    def get(self, image_id: Digest) -> ImageRecord | None:
        """Return the record of an image, or None."""
        row = self._database.row("SELECT id, record FROM images WHERE id = ?", (str(image_id),))
        return read_record(*row) if row else None

    def all(self) -> list[ImageRecord]:
        """Return the records of all images, ordered by id."""
        return [read_record(*row) for row in self._database.rows("SELECT id, record FROM images ORDER BY id")]

    def with_prefix(self, hex_prefix: str, limit: int = 2) -> list[ImageRecord]:
        """Return at most `limit` images whose id's hex digits begin with `hex_prefix`: two mean it is ambiguous."""
        first = f"sha256:{hex_prefix}"
        rows = self._database.rows(
            "SELECT id, record FROM images WHERE id >= ? AND id < ? ORDER BY id LIMIT ?", (first, f"{first}g", limit)
        )
        return [read_record(*row) for row in rows]

    def remove(self, image_id: Digest) -> bool:
        """Forget an image; return whether it was there. Its names must go first."""
        return self._database.execute("DELETE FROM images WHERE id = ?", (str(image_id),)) > 0


def read_name(name: str, target: str, image_id: str) -> ImageName:
    """Read a row of image_names. Raises for what is none, as read_record."""
    return ImageName(name, Descriptor.from_json(from_text(target)), Digest.parse(image_id))


def _to_json(record: ImageRecord) -> dict[str, object]:
    return {
        "target": record.target.to_json(),
        "created_at": record.created_at,
        "size": record.size,
        "last_tagged_at": record.last_tagged_at,
        "parent_id": str(record.parent_id) if record.parent_id else None,
        "repo_digests": list(record.repo_digests),
        **({"container_id": record.container_id} if record.container_id else {}),
        **({"container_settings": dict(record.container_settings)} if record.container_settings is not None else {}),
    }


def read_record(image_id: str, text: str) -> ImageRecord:
    """Read a row of images. Raises InvalidParameter, ValueError, KeyError or TypeError for what is none."""
    data = from_text(text)
    return ImageRecord(
        id=Digest.parse(image_id),
        target=Descriptor.from_json(data["target"]),
        created_at=data["created_at"],
        size=data["size"],
        last_tagged_at=data["last_tagged_at"],
        parent_id=Digest.parse(data["parent_id"]) if data["parent_id"] else None,
        repo_digests=tuple(data["repo_digests"]),
        container_id=data.get("container_id", ""),
        container_settings=data.get("container_settings"),
    )
