"""An image as `docker save` writes it, taken apart by itself: what each layer has, and the files there are at the end.

On purpose nothing of the package is used here: it is what the package is compared with.
"""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import tarfile
from dataclasses import dataclass
from typing import Any

_KINDS = {
    tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "link",
    tarfile.FIFOTYPE: "fifo", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block",
}  # fmt: skip
_OPAQUE, _WHITEOUT = ".wh..wh..opq", ".wh."


@dataclass(slots=True)
class File:
    """One path: `look` is all that must be equal, `mtime` in seconds."""

    look: str
    mtime: int
    first: str = ""


class SavedImage:
    """`config` is the JSON of the image, `layers` the names in each layer, `files` what they come to."""

    def __init__(self, content: bytes) -> None:
        self.config: Any = None
        self.layers: list[list[str]] = []
        self.files: dict[str, File] = {}
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            manifest = json.load(_open(tar, "manifest.json"))[0]
            self.config = json.load(_open(tar, manifest["Config"]))
            for layer in manifest["Layers"]:
                with tarfile.open(fileobj=_open(tar, layer)) as inner:
                    self._apply(inner)

    def _apply(self, tar: tarfile.TarFile) -> None:
        names, added = [], set[str]()
        for member in tar:
            name = posixpath.normpath(member.name).lstrip("/")
            if name == ".":
                continue
            names.append(name)
            folder, base = posixpath.split(name)
            if base == _OPAQUE:
                self._remove_below(folder, added)
            elif base.startswith(_WHITEOUT):
                self._remove(posixpath.join(folder, base.removeprefix(_WHITEOUT)))
            else:
                self._add(tar, member, name)
                added.add(name)
        self.layers.append(sorted(names))

    def _add(self, tar: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
        if member.islnk():
            target = posixpath.normpath(member.linkname).lstrip("/")
            first = self.files[target]
            first.first = first.first or target
            self.files[name] = File(first.look, first.mtime, first.first)
            return
        if not (member.isdir() and name in self.files and self.files[name].look.startswith("dir")):
            self._remove(name)
        self.files[name] = File(_look(tar, member), int(member.mtime))

    def _remove(self, name: str) -> None:
        for path in [path for path in self.files if path == name or path.startswith(f"{name}/")]:
            del self.files[path]

    def _remove_below(self, folder: str, added: set[str]) -> None:
        for path in [path for path in self.files if path.startswith(f"{folder}/") and path not in added]:
            del self.files[path]


def _open(tar: tarfile.TarFile, name: str) -> io.BytesIO:
    file = tar.extractfile(name)
    assert file is not None, name
    return io.BytesIO(file.read())


def _look(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    words = [_KINDS[member.type], f"{member.mode & 0o7777:04o}", f"{member.uid}:{member.gid}"]
    if member.isreg():
        file = tar.extractfile(member)
        assert file is not None
        words += [f"{member.size} bytes", hashlib.sha256(file.read()).hexdigest()[:16]]
    elif member.issym():
        words.append(f"-> {member.linkname}")
    elif member.ischr() or member.isblk():
        words.append(f"{member.devmajor},{member.devminor}")
    for key, value in sorted(member.pax_headers.items()):
        if key.startswith("SCHILY.xattr."):
            words.append(f"{key.removeprefix('SCHILY.xattr.')}={value.encode('utf-8', 'surrogateescape').hex()}")
    return " ".join(words)
