"""Files as `docker save` and others write them, of tiny images."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping

from jupyter_containers.oci.reference import Reference
from tests.support.tiny_image import TinyImage, TinyLayer


def docker_archive(images: Mapping[str, TinyImage]) -> bytes:
    """Return a tar with manifest.json, configs and layers; the keys are the names the images get."""
    files: dict[str, bytes] = {}
    entries = []
    for name, image in images.items():
        config = f"{image.image_id.hex}.json"
        layers = [f"{layer.diff_id.hex}/layer.tar" for layer in image.layers]
        files[config] = image.config
        files |= {
            path: gzip.decompress(layer.content) if layer.media_type.endswith("gzip") else layer.content
            for path, layer in zip(layers, image.layers, strict=True)
        }
        entries.append({"Config": config, "RepoTags": [name], "Layers": layers})
    files["manifest.json"] = json.dumps(entries).encode()
    return _tar(files)


def oci_archive(image: TinyImage, name: Reference, without: TinyLayer | None = None) -> bytes:
    """Return an OCI layout in which an index has a name."""
    blobs = {image.digest: image.manifest} | {child.digest: child.manifest for child in image.children} | image.blobs
    if without is not None:
        del blobs[without.descriptor.digest]
    entry = image.descriptor.to_json() | {"annotations": {"io.containerd.image.name": str(name)}}
    files = {f"blobs/sha256/{digest.hex}": content for digest, content in blobs.items()}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    return _tar(files)


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
