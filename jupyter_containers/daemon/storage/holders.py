"""What stands on the store: containers, volumes, cached and failed steps, and the notes of where blobs are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from jupyter_containers.build.cache import protected
from jupyter_containers.build.operations.performer import rfc_3339
from jupyter_containers.daemon.storage.finding import Finding
from jupyter_containers.daemon.storage.store import Store
from jupyter_containers.engine.containers.record_json import from_json
from jupyter_containers.engine.failed_steps import Failure
from jupyter_containers.errors import ContainersError
from jupyter_containers.linux import trees
from jupyter_containers.metadata.snapshots import Snapshots
from jupyter_containers.oci.snapshot_record import SnapshotRecord

_ID = re.compile(r"[0-9a-f]{64}")


def check_containers(store: Store) -> Iterator[Finding]:
    """Yield containers without a root, roots and directories without a container."""
    ids, snapshots = {entry.id for entry in store.containers.all()}, store.snapshots
    for identifier in sorted(ids):
        if not snapshots.exists(f"container:{identifier}"):
            yield Finding(
                "container", identifier[:12], "its files are gone", "remove it",
                partial(_forget_container, store, identifier),
            )  # fmt: skip
    for record in list(snapshots.walk()):
        prefix, _, identifier = record.key.partition(":")
        if prefix == "container" and identifier not in ids:
            yield _unowned(store, record)
    for name in _names(store.data / "containers"):
        if _ID.fullmatch(name) and name not in ids:
            path = store.data / "containers" / name
            yield Finding("directory", str(path), "no container has it", "remove it", partial(trees.remove_path, path))


def _unowned(store: Store, record: SnapshotRecord) -> Finding:
    if store.rows_lost:
        # What it has written may be all that there is. Its directory, without a row, is for snapshots.check.
        return Finding(
            "snapshot", record.key, "no container has it, but rows were lost", "forget it, and put its files aside",
            partial(Snapshots(store.database).remove, record.key), in_rows=True,
        )  # fmt: skip
    return Finding(
        "snapshot", record.key, "no container has it", "remove it", partial(store.snapshots.remove, record.key)
    )


def _forget_container(store: Store, identifier: str) -> None:
    store.containers.remove(identifier)
    trees.remove_path(store.data / "containers" / identifier)


def check_volumes(store: Store) -> Iterator[Finding]:
    """Yield volumes without a directory, and directories without a volume."""
    known = {name for name, _ in store.volumes.all()}
    for name in sorted(known):
        path = store.data / "volumes" / name / "_data"
        if not path.is_dir():
            yield Finding(
                "volume", name, f"its directory {path} is gone", "make it anew, empty",
                partial(path.mkdir, parents=True),
            )  # fmt: skip
    for name in _names(store.data / "volumes"):
        if name not in known:
            yield _unknown_volume(store, name)


def _unknown_volume(store: Store, name: str) -> Finding:
    path = store.data / "volumes" / name
    if store.rows_lost and (path / "_data").is_dir():
        return Finding(
            "directory", str(path), "no volume has it, but rows were lost", f"make it volume {name} again",
            lambda: store.volumes.add(name, {"created_at": rfc_3339(datetime.now(UTC)), "labels": {}, "options": {}}),
        )  # fmt: skip
    return Finding("directory", str(path), "no volume has it", "remove it", lambda: trees.remove_path(path))


def check_cached_steps(store: Store) -> Iterator[Finding]:
    """Yield cached steps whose result is gone."""
    for entry in store.build_cache.all():
        try:
            needed = protected(entry.record)
            lacking = [name for name in needed.snapshots if not store.has_snapshot(name)]
            lacking += [str(blob) for blob in needed.blobs if not store.has_blob(blob)]
        except (ContainersError, KeyError, TypeError) as error:
            lacking = [str(error)]
        if lacking:
            yield Finding(
                "cached step", entry.key[:12], f"its result {lacking[0]} is gone", "forget it; it is built again",
                partial(store.build_cache.remove, entry.key), in_rows=True,
            )  # fmt: skip


def check_failed_steps(store: Store) -> Iterator[Finding]:
    """Yield failed steps whose root, or what their mounts showed, is gone."""
    for entry in store.failed_steps.all():
        needed = from_json(Failure, entry.record).needed
        lacking = [name for name in needed.snapshots if not store.has_snapshot(name)]
        lacking += [str(blob) for blob in needed.blobs if not store.has_blob(blob)]
        if lacking:
            yield Finding(
                "failed step", entry.id[:12], f"its {lacking[0]} is gone", "forget it; the next build keeps another",
                partial(store.failed_steps.remove, entry.id), in_rows=True,
            )  # fmt: skip


def check_places(store: Store) -> Iterator[Finding]:
    """Yield the notes in which repositories a blob is that is not here."""
    places = store.blob_places
    for blob in places.blobs():
        if not store.has_blob(blob):
            yield Finding(
                "note", str(blob), "tells where a blob is that is not here", "forget it",
                partial(places.forget, [blob]), in_rows=True,
            )  # fmt: skip


def _names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.is_dir() else []
