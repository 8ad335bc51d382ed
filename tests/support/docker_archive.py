"""A file as `docker save` writes it, of tiny images."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping

from tests.support.tiny_image import TinyImage


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
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
