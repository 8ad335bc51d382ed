"""Tars of images as `docker save` sends them, made of a few files."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

# A path with its content; None is a folder, and "-> x" a link.
Files = Mapping[str, bytes | str | None]


def layer_tar(files: Files) -> bytes:
    """Return the tar of a layer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            if content is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(content, str):
                way, _, member.linkname = content.partition("> ")
                member.type = tarfile.SYMTYPE if way == "-" else tarfile.LNKTYPE
            else:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    return out.getvalue()


def saved(
    *layers: Files, config: Mapping[str, Any] | None = None, steps: Sequence[str] = (), packed: bool = False
) -> bytes:
    """Return what save sends for an image of these layers."""
    history = [{"created_by": step} for step in steps]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        names = [f"blobs/sha256/{number:064x}" for number in range(len(layers))]
        for name, files in zip(names, layers, strict=True):
            _add(tar, name, gzip.compress(layer_tar(files)) if packed else layer_tar(files))
        _add(tar, "blobs/sha256/config", json.dumps({"config": config or {}, "history": history}).encode())
        _add(tar, "manifest.json", json.dumps([{"Config": "blobs/sha256/config", "Layers": names}]).encode())
    return out.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
