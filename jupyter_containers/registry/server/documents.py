"""Manifests that come in: what must be true of their bytes, and what they refer to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import refusals

LIMIT = 4 << 20
_KNOWN = media_types.MANIFESTS | media_types.INDEXES
# Media types of layers that their owners do not let others pass on.


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or index that makes sense. `artifact_type` is what the referrers list shows."""

    media_type: str
    blobs: tuple[Descriptor, ...]
    children: tuple[Descriptor, ...]
    subject: Digest | None
    artifact_type: str
    annotations: Mapping[str, str]


def read(content: bytes, content_type: str) -> Document:
    """Return what a manifest says. `content_type` is the header's, "" if absent. Raises Refusal."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise refusals.bad_manifest("the manifest is not JSON") from None
    if not isinstance(data, dict):
        raise refusals.bad_manifest("the manifest is not a JSON object")
    media_type = _media_type(data, content_type)
    if data.get("schemaVersion") != 2:
        raise refusals.bad_manifest(f"schemaVersion must be 2, not {data.get('schemaVersion')!r}")
    # Two readings of one digest; see CVE-2021-41190.
    if "manifests" in data and ("layers" in data or "config" in data):
        raise refusals.bad_manifest("the manifest is ambiguous: it has both manifests and layers or config")
    try:
        return _document(data, media_type)
    except InvalidParameter as error:
        raise refusals.bad_manifest(error.message) from None


def _media_type(data: Mapping[str, Any], content_type: str) -> str:
    said, inside = content_type.partition(";")[0].strip(), data.get("mediaType")
    if said in ("", "application/octet-stream", "application/json") and isinstance(inside, str):
        said = inside
    if said not in _KNOWN:
        raise refusals.bad_manifest(f"manifests of type {said!r} are not supported; push OCI or Docker schema 2")
    if inside is not None and inside != said:
        raise refusals.bad_manifest(f"the manifest says that it is {inside!r}, its Content-Type {said!r}")
    return said


def _document(data: Mapping[str, Any], media_type: str) -> Document:
    blobs: list[Descriptor] = []
    children: list[Descriptor] = []
    config_type = ""
    if media_type in media_types.MANIFESTS:
        config = Descriptor.from_json(data.get("config"))
        config_type = config.media_type
        blobs = [config, *_list(data, "layers")]
    else:
        children = _list(data, "manifests")
    subject, artifact, annotations = data.get("subject"), data.get("artifactType"), data.get("annotations")
    return Document(
        media_type,
        tuple(blobs),
        tuple(children),
        None if subject is None else Descriptor.from_json(subject).digest,
        artifact if isinstance(artifact, str) and artifact else config_type,
        {str(k): str(v) for k, v in annotations.items()} if isinstance(annotations, dict) else {},
    )


def _list(data: Mapping[str, Any], key: str) -> list[Descriptor]:
    entries = data.get(key)
    if not isinstance(entries, list):
        raise refusals.bad_manifest(f"{key} must be a list")
    return [Descriptor.from_json(entry) for entry in entries]


def is_elsewhere(descriptor: Descriptor) -> bool:
    """Say whether a layer may be missing here because it is to be had only where its `urls` lead."""
    return media_types.is_foreign(descriptor.media_type)


def digests_in(data: Any) -> Iterator[Digest]:
    """Yield each digest that a parsed manifest names, wherever it stands: what must not be swept."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            try:
                yield Digest.parse(str(value.get("digest", "")))
            except InvalidParameter:
                continue
