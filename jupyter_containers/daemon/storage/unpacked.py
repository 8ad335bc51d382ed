"""Unpacked layers: what their blobs hold must be in their directories. Each is unpacked again beside, and compared.

A layer is not flushed to the disk when it is unpacked: that would take as long as a seventh of a pull, and of a COPY.
So a power cut may leave files of the last half minute empty. The next daemon unpacks those layers again (flushing.py);
this finds what is wrong for any reason. What a directory has beyond its layer is not looked at, nor are times, which a
layer has in whole seconds.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_containers.build.cache import layer_of
from jupyter_containers.daemon.storage.finding import Finding
from jupyter_containers.daemon.storage.store import Store
from jupyter_containers.errors import ContainersError
from jupyter_containers.images.host import write_masks
from jupyter_containers.images.unpack import apply_layer
from jupyter_containers.images.walk import load
from jupyter_containers.linux import trees
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.media_types import HOST_LAYER

_log = logging.getLogger(__name__)
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """A committed snapshot and the layer that it was made of; `parent` is what it stands on, "" for nothing."""

    chain: str
    parent: str
    layer: Descriptor


def check(store: Store) -> Iterator[Finding]:
    """Yield snapshots that have not what their layers hold. Reads and unpacks every layer."""
    for chain, found in _all(store).items():
        if not store.snapshots.exists(chain) or not store.has_blob(found.layer.digest):
            continue  # told by others, or nothing to compare with
        try:
            problem = _problem(store, found)
        except (ContainersError, OSError) as error:
            problem = f"cannot be compared with its layer: {error}"
        if problem:
            yield Finding("snapshot", chain, problem, "unpack its layer again", partial(_unpack, store, found))


def unpack_again(store: Store, chains: Iterable[str]) -> list[str]:
    """Unpack the layers of snapshots anew, given bottom first; return those of which that has failed."""
    known, failed = _all(store, hosts=True), list[str]()
    for chain in chains:
        found = known.get(chain)
        if found is None:
            _log.warning("%s may have lost files, and nothing is known to make it of", chain)
            continue
        try:
            _unpack(store, found)
        except (ContainersError, OSError) as error:
            _log.warning("cannot unpack %s again: %s", chain, error)
            failed.append(chain)
    return failed


def _all(store: Store, *, hosts: bool = False) -> dict[str, _Unpacked]:
    found: dict[str, _Unpacked] = {}
    for record in store.image_records.all():
        try:
            image = load(store.content, record.target)
        except ContainersError:
            continue  # told by images.check
        for layer, chain, parent in zip(image.manifest.layers, image.chain, ("", *image.chain), strict=False):
            if hosts or layer.media_type != HOST_LAYER:
                found[chain] = _Unpacked(chain, parent, layer)
    for entry in store.build_cache.all():
        cached, chain = layer_of(entry.record), entry.record.get("chain") or ""
        if cached is not None and chain:
            found.setdefault(chain, _Unpacked(chain, entry.record.get("parent") or "", cached.descriptor))
    return found


def _problem(store: Store, found: _Unpacked) -> str:
    files = store.snapshots.upper(found.chain)
    if files is None:
        return ""
    with TemporaryDirectory(prefix="doctor-", dir=store.data / "tmp") as folder:
        fresh = Path(folder)
        _apply(store, found, fresh)
        return next(_differences(fresh, files), "")


def _apply(store: Store, found: _Unpacked, target: Path) -> None:
    if found.layer.media_type == HOST_LAYER:
        write_masks(store.content.read(found.layer.digest), target)
        return
    snapshots, parent = store.snapshots, found.parent
    top = snapshots.upper(parent) if parent else None
    lowers = (top, *snapshots.lowers(parent)) if top is not None else ()
    apply_layer(store.content, snapshots, found.layer, target, lowers=lowers)


def _unpack(store: Store, found: _Unpacked) -> None:
    files = store.snapshots.upper(found.chain)
    assert files is not None, found.chain
    fresh = files.with_name(f"{files.name}.new")
    trees.remove_path(fresh)
    fresh.mkdir()
    status = files.stat()
    _apply(store, found, fresh)
    os.chown(fresh, status.st_uid, status.st_gid)
    fresh.chmod(stat.S_IMODE(status.st_mode))
    trees.remove_path(files)
    fresh.rename(files)


def _differences(fresh: Path, files: Path) -> Iterator[str]:
    fd = os.open(fresh, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for entry in trees.walk(fd):
            name, own = entry.path.decode(errors="replace"), os.path.join(os.fsencode(files), entry.path)
            try:
                there = os.lstat(own)
            except (FileNotFoundError, NotADirectoryError):
                yield f"has no {name}, which is in its layer"
                continue
            wrong = _difference(entry.status, there)
            if wrong:
                yield f"{name} has another {wrong} than in its layer"
            elif not _is_same(os.path.join(os.fsencode(fresh), entry.path), own, entry.status.st_mode):
                yield f"{name} has not the content that it has in its layer"
    finally:
        os.close(fd)


def _difference(fresh: os.stat_result, there: os.stat_result) -> str:
    if stat.S_IFMT(fresh.st_mode) != stat.S_IFMT(there.st_mode):
        return "type"
    if stat.S_ISDIR(fresh.st_mode):
        return ""  # one that the layer does not hold itself has what the one below has
    if stat.S_IMODE(fresh.st_mode) != stat.S_IMODE(there.st_mode):
        return "mode"
    if (fresh.st_uid, fresh.st_gid) != (there.st_uid, there.st_gid):
        return "owner"
    if stat.S_ISREG(fresh.st_mode) and fresh.st_size != there.st_size:
        return f"size ({there.st_size} bytes, not {fresh.st_size})"
    return "device number" if fresh.st_rdev != there.st_rdev else ""


def _is_same(one: bytes, two: bytes, mode: int) -> bool:
    if stat.S_ISLNK(mode):
        return os.readlink(one) == os.readlink(two)
    if not stat.S_ISREG(mode):
        return True
    with open(one, "rb") as first, open(two, "rb") as second:
        while piece := first.read(_PIECE):
            if piece != second.read(_PIECE):
                return False
    return True
