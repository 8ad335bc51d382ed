"""Manifests (one platform) and indexes (a list of manifests), read from bytes that are their identity."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.platform import Platform, suitability

# Registries and clients agree on 4 MiB; without a limit a hostile registry fills the memory.
MAX_MANIFEST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """Config and layers of an image for one platform. Source: OCI image-spec, manifest.md."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_bytes(self) -> bytes:
        data: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "config": self.config.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
        }
        if self.annotations:
            data["annotations"] = dict(self.annotations)
        return json.dumps(data, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Index:
    """Manifests of one image for several platforms. Source: OCI image-spec, image-index.md."""

    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    def choose(self, wanted: Platform) -> Descriptor:
        """Return the manifest that suits `wanted` best, the first of equals. Raises NotFound naming what is offered."""
        best: tuple[int, Descriptor] | None = None
        for offered in self.manifests:
            # Without a platform nothing is promised; attestations say unknown/unknown and are never images.
            rating = suitability(offered.platform, wanted) if offered.platform else None
            if rating is not None and (best is None or rating > best[0]):
                best = (rating, offered)
        if best is None:
            offers = ", ".join(str(m.platform) for m in self.manifests if m.platform) or "none"
            raise NotFound(f"no matching manifest for {wanted} in the manifest list entries (offered: {offers})")
        return best[1]

    def to_bytes(self) -> bytes:
        data: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "manifests": [manifest.to_json() for manifest in self.manifests],
        }
        if self.annotations:
            data["annotations"] = dict(self.annotations)
        return json.dumps(data, separators=(",", ":")).encode()


def parse_manifest(content: bytes, media_type: str | None = None) -> Manifest | Index:
    """Read a manifest or an index from its exact bytes; `media_type` is what the transport or descriptor said.

    A document that could be read as both is refused, and so is one whose own mediaType contradicts the
    transport's: two readers would otherwise see two images behind one digest (CVE-2021-41190).
    """
    data = _object(content)
    own = data.get("mediaType")
    stated = media_type.partition(";")[0].strip() if media_type else None
    if isinstance(own, str) and own and stated in media_types.MANIFESTS | media_types.INDEXES and own != stated:
        raise InvalidParameter(f"manifest says it is {own}, but came as {stated}")
    kind = own if isinstance(own, str) and own else stated
    if kind in media_types.SCHEMA_1 or data.get("schemaVersion") == 1:
        raise InvalidParameter(
            "image manifest schema 1 is not supported; push the image again with a current client to convert it"
        )
    has_layers, has_manifests = "layers" in data or "config" in data, "manifests" in data
    if has_layers and has_manifests:
        raise InvalidParameter("manifest has both layers and manifests: it is neither an image nor an index")
    if has_manifests and kind not in media_types.MANIFESTS:
        return Index(
            kind if kind in media_types.INDEXES else media_types.OCI_INDEX,
            tuple(Descriptor.from_json(entry) for entry in _list(data, "manifests")),
            _annotations(data),
        )
    if has_layers and kind not in media_types.INDEXES:
        return Manifest(
            kind if kind in media_types.MANIFESTS else media_types.OCI_MANIFEST,
            Descriptor.from_json(data.get("config")),
            tuple(Descriptor.from_json(entry) for entry in _list(data, "layers")),
            _annotations(data),
        )
    raise InvalidParameter(f"unsupported manifest of media type {kind or 'unknown'}")


def _object(content: bytes) -> Mapping[str, Any]:
    if len(content) > MAX_MANIFEST_BYTES:
        raise InvalidParameter(f"manifest of {len(content)} bytes is over the limit of {MAX_MANIFEST_BYTES}")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"manifest is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise InvalidParameter(f"manifest must be a JSON object, not {type(data).__name__}")
    return data


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list):
        raise InvalidParameter(f"manifest field {key} must be a list, not {type(value).__name__}")
    return value


def _annotations(data: Mapping[str, Any]) -> dict[str, str]:
    value = data.get("annotations")
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}
