"""Images of a few hundred bytes, made in memory: layers from a dict of files, Docker's or OCI's media types."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform

AMD64 = Platform("linux", "amd64")


@dataclass(frozen=True, slots=True)
class Symlink:
    target: str


@dataclass(frozen=True, slots=True)
class TinyLayer:
    """`content` is what a registry serves; `diff_id` the digest of the tar inside."""

    content: bytes
    diff_id: Digest
    media_type: str
    urls: tuple[str, ...] = ()

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, Digest.of(self.content), len(self.content), urls=self.urls)


@dataclass(frozen=True, slots=True)
class TinyImage:
    """A manifest (or an index) and every blob that hangs on it, the manifests of an index among them."""

    manifest: bytes
    media_type: str
    config: bytes = b""
    layers: tuple[TinyLayer, ...] = ()
    children: tuple[TinyImage, ...] = ()
    platform: Platform = AMD64

    @property
    def digest(self) -> Digest:
        return Digest.of(self.manifest)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, len(self.manifest), platform=self.platform)

    @property
    def image_id(self) -> Digest:
        return Digest.of(self.config)

    @property
    def blobs(self) -> dict[Digest, bytes]:
        """Config and layers, of the children as well; no manifests."""
        own = {layer.descriptor.digest: layer.content for layer in self.layers}
        if self.config:
            own[self.image_id] = self.config
        for child in self.children:
            own |= child.blobs
        return own


@dataclass(frozen=True, slots=True)
class Flavour:
    """Which family of media types to write."""

    manifest: str = media_types.OCI_MANIFEST
    index: str = media_types.OCI_INDEX
    config: str = media_types.OCI_CONFIG
    layers: Mapping[str, str] = field(
        default_factory=lambda: {
            "gzip": media_types.OCI_LAYER_GZIP,
            "zstd": media_types.OCI_LAYER_ZSTD,
            "none": media_types.OCI_LAYER,
        },
        hash=False,
    )


OCI = Flavour()
DOCKER = Flavour(
    media_types.DOCKER_MANIFEST,
    media_types.DOCKER_INDEX,
    media_types.DOCKER_CONFIG,
    {"gzip": media_types.DOCKER_LAYER_GZIP, "none": media_types.DOCKER_LAYER},
)


def tar_of(files: Mapping[str, bytes | Symlink | None]) -> bytes:
    """Return a tar: bytes make a file, a Symlink a link, None a directory. Same files, same bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            if content is None:
                member.type = tarfile.DIRTYPE
            elif isinstance(content, Symlink):
                member.type, member.linkname = tarfile.SYMTYPE, content.target
            else:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    return out.getvalue()


def layer(
    files: Mapping[str, bytes | Symlink | None], *, compression: str = "gzip", flavour: Flavour = OCI
) -> TinyLayer:
    """Return a layer holding `files`; compression is gzip, zstd or none."""
    tar = tar_of(files)
    return TinyLayer(_compress(tar, compression), Digest.of(tar), flavour.layers[compression])


def image(
    *layers: TinyLayer,
    flavour: Flavour = OCI,
    platform: Platform = AMD64,
    process: Mapping[str, Any] | None = None,
    diff_ids: Sequence[Digest] | None = None,
) -> TinyImage:
    """Return an image of these layers; `process` is the config's `config` object; `diff_ids` only to lie about them."""
    promised = [layer.diff_id for layer in layers] if diff_ids is None else diff_ids
    config = _json(
        platform.to_json()
        | {
            "config": dict(process or {"Cmd": ["/bin/sh"]}),
            "created": "2024-01-01T00:00:00Z",
            "rootfs": {"type": "layers", "diff_ids": [str(diff_id) for diff_id in promised]},
            "history": [{"created": "2024-01-01T00:00:00Z", "created_by": f"layer {n}"} for n in range(len(layers))],
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": flavour.manifest,
            "config": Descriptor(flavour.config, Digest.of(config), len(config)).to_json(),
            "layers": [layer.descriptor.to_json() for layer in layers],
        }
    )
    return TinyImage(manifest, flavour.manifest, config, layers, platform=platform)


def index(*images: TinyImage, flavour: Flavour = OCI) -> TinyImage:
    """Return an index of images, each under its own platform."""
    manifests = [child.descriptor.to_json() for child in images]
    content = _json({"schemaVersion": 2, "mediaType": flavour.index, "manifests": manifests})
    return TinyImage(content, flavour.index, children=images)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _compress(content: bytes, compression: str) -> bytes:
    if compression == "gzip":
        return gzip.compress(content, mtime=0)
    if compression == "zstd":
        import zstandard

        return zstandard.ZstdCompressor().compress(content)
    return content
