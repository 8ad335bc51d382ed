"""Images in folders of this machine: those that a build stands on, and whole folders that are loaded.

Of `--build-context NAME=oci-layout://FOLDER[:TAG|@DIGEST]` the daemon is sent the one image, without its name: no image
that has the name there loses it. Source: docker buildx build, --build-context; OCI image layout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from jupyter_containers.client import layout_tar
from jupyter_containers.errors import InvalidParameter

SCHEME = "oci-layout://"
_TAG = "org.opencontainers.image.ref.name"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_MAX_DOCUMENT_BYTES = 4 << 20
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Layout:
    """An image in the OCI layout `folder`: the one with the digest, or, if that is "", with the tag."""

    folder: Path
    tag: str = "latest"
    digest: str = ""

    @classmethod
    def parse(cls, text: str, folder: Path) -> Self:
        """Read FOLDER[:TAG|@DIGEST]; a relative one is below `folder`. Raises InvalidParameter."""
        path, at, digest = text.partition("@")
        path, colon, tag = path.rpartition(":") if ":" in path.rpartition("/")[2] else (path, "", "")
        if not path or (at and not _DIGEST.fullmatch(digest)) or (colon and not tag):
            raise InvalidParameter(f"invalid context {SCHEME}{text}: write {SCHEME}FOLDER[:TAG] or FOLDER@sha256:…")
        return cls(folder / Path(path).expanduser(), tag or "latest", digest)

    def chunks(self) -> Iterator[bytes]:
        """Yield the image as a tar that a daemon loads. Raises InvalidParameter for what is not there or not whole."""
        chosen = {name: value for name, value in self._chosen().items() if name != "annotations"}
        yield layout_tar.document("oci-layout", {"imageLayoutVersion": "1.0.0"})
        yield layout_tar.document("index.json", {"schemaVersion": 2, "manifests": [chosen]})
        for digest in dict.fromkeys(self._digests(chosen, 0)):
            yield from layout_tar.blob(self.folder, self._blob(digest), "the image")
        yield layout_tar.END

    def _chosen(self) -> Mapping[str, Any]:
        for entry in _objects(self._read(self.folder / "index.json"), "manifests"):
            annotations = entry.get("annotations")
            tag = annotations.get(_TAG) if isinstance(annotations, dict) else None
            if entry.get("digest") == self.digest if self.digest else tag == self.tag:
                return entry
        raise InvalidParameter(f"{self.folder} has no image {self.digest or self.tag}; index.json lists what it has")

    def _digests(self, entry: Mapping[str, Any], depth: int) -> Iterator[str]:
        """Yield what belongs to a manifest or an index, itself first."""
        digest = str(entry.get("digest"))
        yield digest
        document = self._read(self._blob(digest))
        if entry.get("mediaType") in _INDEXES:
            if depth == _MAX_DEPTH:
                raise InvalidParameter(f"{self.folder}: more than {_MAX_DEPTH} indexes stand in each other")
            for below in _objects(document, "manifests"):
                yield from self._digests(below, depth + 1)
            return
        config = document.get("config")
        for part in (*([config] if isinstance(config, dict) else []), *_objects(document, "layers")):
            yield str(part.get("digest"))

    def _read(self, path: Path) -> Mapping[str, Any]:
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_DOCUMENT_BYTES + 1)
            found = json.loads(content) if len(content) <= _MAX_DOCUMENT_BYTES else None
        except (OSError, ValueError, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise InvalidParameter(f"{self.folder} is no OCI layout: {path.name}: {reason}") from error
        if not isinstance(found, dict):
            raise InvalidParameter(f"{self.folder} is no OCI layout: {path.name} is no object, or too large")
        return found

    def _blob(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise InvalidParameter(f"{self.folder} is no OCI layout: {digest[:80]!r} is no digest")
        return self.folder / "blobs" / "sha256" / digest.removeprefix("sha256:")


def whole(folder: Path) -> Iterator[bytes]:
    """Yield all of an OCI layout as a tar that a daemon loads, with the names that it has. Raises InvalidParameter."""
    index = Layout(folder)._read(folder / "index.json")
    yield layout_tar.document("oci-layout", {"imageLayoutVersion": "1.0.0"})
    yield layout_tar.document("index.json", index)
    for path in sorted((folder / "blobs").glob("*/*")):
        yield from layout_tar.blob(folder, path, "the layout")
    # Beside the index there may be what Docker's own archives say of names.
    if (folder / "manifest.json").is_file():
        yield from layout_tar.blob(folder, folder / "manifest.json", "the layout")
    yield layout_tar.END


def _objects(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    listed = document.get(name)
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
