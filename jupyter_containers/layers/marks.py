"""Carry out what a layer deletes: as overlayfs's marks, or by deleting.

Whiteouts are about the layers below, never about what the same layer brings, whichever comes first in the stream.
"""

from __future__ import annotations

import os
import stat

from jupyter_containers.layers.directories import Directories
from jupyter_containers.layers.inherited import Inherited
from jupyter_containers.layers.whiteouts import Mark, Whiteouts, is_overlay_whiteout
from jupyter_containers.linux import trees

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Marks:
    """The whiteouts of one layer. `opaque_root` is True once the layer has said that it hides all below it."""

    def __init__(
        self, directories: Directories, whiteouts: Whiteouts, inherited: Inherited, opaque_xattr: bytes
    ) -> None:
        self._directories = directories
        self._whiteouts = whiteouts
        self._inherited = inherited
        self._opaque_xattr = opaque_xattr
        self._opaque: list[bytes] = []
        # With DELETE: what this layer placed, with all parents.
        self._spared: set[bytes] = {b""}
        self.opaque_root = False

    def spare(self, path: bytes) -> None:
        """Remember that `path` and its parents are this layer's own."""
        while path not in self._spared:
            self._spared.add(path)
            path = path.rpartition(b"/")[0]

    def is_spared(self, path: bytes) -> bool:
        return path in self._spared

    def apply(self, mark: Mark, path: bytes) -> None:
        """Delete or hide what the layers below have at `path` (DELETED) or in it (OPAQUE)."""
        if mark is Mark.IGNORED:
            return
        if self._whiteouts is Whiteouts.DELETE:
            self._delete(mark, path)
        elif mark is Mark.DELETED:
            self._write_whiteout(path)
        elif not path:
            self.opaque_root = True
        else:
            self._open_and_set_opaque(path)

    def set_opaque(self, fd: int, path: bytes) -> None:
        """Let the open directory `fd`, which is `path`, merge with nothing below."""
        os.setxattr(fd, self._opaque_xattr, b"y")
        self._opaque.append(path)

    def finish(self) -> None:
        """Clear opaque directories of whiteouts: there overlayfs would show them, as names that cannot be opened."""
        for path in self._opaque:
            try:
                fd = self._directories.find(path, _DIRECTORY)
            except OSError:
                continue  # replaced later in the same layer
            try:
                for entry in trees.walk(fd):
                    if is_overlay_whiteout(entry.status):
                        os.unlink(entry.name, dir_fd=entry.dir_fd)
            finally:
                os.close(fd)

    def _open_and_set_opaque(self, path: bytes) -> None:
        fd = os.open(".", _DIRECTORY, dir_fd=self._directories.open(path))
        try:
            self.set_opaque(fd, path)
        finally:
            os.close(fd)

    def _write_whiteout(self, path: bytes) -> None:
        parent, _, name = path.rpartition(b"/")
        dir_fd = self._directories.open(parent)
        if not self._inherited.may_have(path):
            return
        try:
            # The kernel lets anybody make this one device, because overlayfs needs it in user namespaces.
            os.mknod(name, stat.S_IFCHR, 0, dir_fd=dir_fd)
        except FileExistsError:
            # The layer brings something of that name as well, which hides the one below; a directory must not merge.
            if stat.S_ISDIR(os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode):
                self._open_and_set_opaque(path)

    def _delete(self, mark: Mark, path: bytes) -> None:
        folder = path if mark is Mark.OPAQUE else path.rpartition(b"/")[0]
        dir_fd = self._directories.open(folder)
        self.spare(folder)
        if mark is Mark.OPAQUE or path in self._spared:
            self._delete_contents(path)
        else:
            trees.remove_tree(dir_fd, path.rpartition(b"/")[2])
        self._directories.forget()

    def _delete_contents(self, path: bytes) -> None:
        """Empty a directory of all that is not this layer's. In a loop: the tree may be deeper than our stack."""
        pending = [path]
        while pending:
            folder = pending.pop()
            try:
                fd = self._directories.find(folder, os.O_RDONLY | os.O_DIRECTORY)
            except (FileNotFoundError, NotADirectoryError):
                continue
            try:
                for name in map(os.fsencode, os.listdir(fd)):
                    child = folder + b"/" + name if folder else name
                    if child not in self._spared:
                        trees.remove_tree(fd, name)
                    elif stat.S_ISDIR(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode):
                        pending.append(child)
            finally:
                os.close(fd)
