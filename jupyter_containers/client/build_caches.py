"""Caches of builds as people write them (`--cache-from`, `--cache-to`), and those that lie in folders of this machine.

A folder is an OCI layout, whose index names each cache by a tag. Source: docker buildx build, and BuildKit,
cache/remotecache.
"""

from __future__ import annotations

import csv
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jupyter_containers.client import layout_tar
from jupyter_containers.client.build_outputs import replacing
from jupyter_containers.client.extraction import extract
from jupyter_containers.errors import InvalidParameter

_TAG = "org.opencontainers.image.ref.name"
_INDEX, _MARK = "index.json", "oci-layout"


@dataclass(frozen=True, slots=True)
class Cache:
    """`kind` is BuildKit's word: registry, local or inline. `attributes` are for the daemon.

    `folder` is where a local one lies, under `tag`, or as the manifest with this `digest`.
    """

    kind: str
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    folder: Path | None = None
    tag: str = "latest"
    digest: str = ""

    def to_wire(self) -> dict[str, object]:
        return {"Type": self.kind, "Attrs": dict(self.attributes)}

    @property
    def image(self) -> str:
        """The image that this is all about, for daemons that know images only; "" if there is more to it."""
        return self.attributes.get("ref", "") if self.kind == "registry" and set(self.attributes) == {"ref"} else ""

    def below(self, folder: Path) -> Cache:
        """Return this with a relative folder taken from another."""
        return self if self.folder is None else replace(self, folder=folder / self.folder.expanduser())

    def uploaded(self, name: str) -> Cache:
        """Return this as the daemon has it now."""
        return Cache(self.kind, {**self.attributes, "upload": name})


def parse(text: str, *, place: str) -> Cache:
    """Read `type=local,src=FOLDER`, or the name of an image alone. `place` names the folder: src or dest.

    Raises InvalidParameter.
    """
    fields = next(csv.reader([text]), [])
    if not any("=" in entry for entry in fields):
        if not text.strip():
            raise InvalidParameter("invalid cache: it is empty; name an image, or a type")
        return Cache("registry", {"ref": text})
    attributes: dict[str, str] = {}
    for entry in fields:
        name, equals, value = entry.partition("=")
        if not equals:
            raise InvalidParameter(f"invalid cache {text!r}: {entry!r} is not NAME=VALUE")
        attributes[name.strip().lower()] = value
    kind = attributes.pop("type", "")
    if not kind:
        raise InvalidParameter(f"invalid cache {text!r}: type is required")
    if kind != "local":
        return Cache(kind, attributes)
    folder = attributes.pop(place, "")
    if not folder:
        raise InvalidParameter(f"invalid cache {text!r}: type=local needs a folder, {place}=FOLDER")
    tag, digest = attributes.pop("tag", "latest"), attributes.pop("digest", "") if place == "src" else ""
    return Cache(kind, attributes, Path(folder), tag, digest)


def chunks(cache: Cache) -> Iterator[bytes]:
    """Yield a local cache as a tar, and nothing of other caches in the folder. Raises InvalidParameter."""
    assert cache.folder is not None
    found = _choose(cache)
    manifest = _read_json(_blob(cache.folder, str(found.get("digest"))))
    listed = [manifest.get("config"), *(manifest.get("layers") or ()), *(manifest.get("manifests") or ())]
    digests = [str(found.get("digest")), *(str(entry["digest"]) for entry in listed if entry and "digest" in entry)]
    yield layout_tar.document(_INDEX, {"schemaVersion": 2, "manifests": [found]})
    for digest in dict.fromkeys(digests):
        yield from layout_tar.blob(cache.folder, _blob(cache.folder, digest), "the cache")
    yield layout_tar.END


def receive(cache: Cache, content: Iterable[bytes]) -> None:
    """Unpack what the daemon hands out into the folder; caches under other tags stay. Raises what extract raises."""
    assert cache.folder is not None
    path = cache.folder / _INDEX
    others = [entry for entry in _entries(path) if _tag_of(entry) != cache.tag] if path.exists() else []
    # Beside the one that is there: what breaks off must not take the names of the others with it.
    came = cache.folder / f".{_INDEX}.{secrets.token_hex(4)}"
    try:
        extract(content, cache.folder, renamed={_INDEX: came.name})
        tag = {_TAG: cache.tag}
        own = [{**entry, "annotations": {**(entry.get("annotations") or {}), **tag}} for entry in _entries(came)]
        index = {**_read_json(came), "manifests": [*others, *own]}
        with replacing(path) as file:
            file.write(json.dumps(index).encode())
    finally:
        came.unlink(missing_ok=True)


def _choose(cache: Cache) -> dict[str, Any]:
    assert cache.folder is not None
    for entry in _entries(cache.folder / _INDEX):
        if (entry.get("digest") == cache.digest) if cache.digest else (_tag_of(entry) == cache.tag):
            return entry
    raise InvalidParameter(f"{cache.folder} has no cache {cache.digest or cache.tag}")


def _entries(path: Path) -> list[dict[str, Any]]:
    listed = _read_json(path).get("manifests") or []
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _tag_of(entry: Mapping[str, Any]) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(_TAG, "")) if isinstance(annotations, dict) else ""


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidParameter(f"{path.parent} is no folder of a cache: {path.name}: {reason}") from error
    if not isinstance(found, dict):
        raise InvalidParameter(f"{path.parent} is no folder of a cache: {path.name} is no object")
    return found


def _blob(folder: Path, digest: str) -> Path:
    algorithm, _, name = digest.partition(":")
    if not algorithm.isalnum() or not name.isalnum():
        raise InvalidParameter(f"{folder} is no folder of a cache: {digest!r} is no digest")
    return folder / "blobs" / algorithm / name
