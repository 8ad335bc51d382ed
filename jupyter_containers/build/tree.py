"""Files to copy from: a directory that strangers filled, found by name or pattern, hashed by what a copy would show.

Every path is resolved by the kernel inside the root, so a link leads at most to another file of the tree.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Self

from jupyter_containers.build import blocking
from jupyter_containers.build.dockerfile.ignore import IgnoreRules
from jupyter_containers.build.dockerfile.wildcards import BadPattern, has_wildcard, path_pattern
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import trees
from jupyter_containers.linux.safe_paths import open_in_root

CHUNK_BYTES = 1 << 20
_NO_LINKS = c.RESOLVE_IN_ROOT | c.RESOLVE_NO_SYMLINKS


@dataclass(frozen=True, slots=True)
class Match:
    """One thing that a source names. `name` is what the copy is called, `path` where it really is in the tree.

    `given` is the whole path by which it was found, `pivot` the part of its source that --parents leaves out.
    """

    name: str
    path: str
    status: os.stat_result
    given: str = ""
    pivot: str = ""

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)


class Tree:
    """A tree to copy from. Use as a context manager, from one thread.

    `with_owners`: a copy keeps the owners of the files, so they count in checksums. `stop` ends long work with
    Cancelled. `is_own`: see Context.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        rules: IgnoreRules | None = None,
        with_owners: bool = False,
        stop: threading.Event | None = None,
        is_own: bool = False,
    ) -> None:
        self._path = root
        self.is_own = is_own
        self._rules = rules or IgnoreRules()
        self.with_owners = with_owners
        self.stop = stop or threading.Event()
        self._excludes = IgnoreRules()
        self._root_fd = -1

    def __enter__(self) -> Self:
        self._root_fd = os.open(self._path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._root_fd)

    def check(self) -> None:
        """Raise Cancelled if the work is not wanted any more."""
        blocking.check(self.stop)

    def exclude(self, patterns: Sequence[str]) -> None:
        """Leave out, in each directory that a source names, what the patterns fit, and files that are so called."""
        self._excludes = IgnoreRules.of(patterns)

    def find(self, source: str, word: str = "COPY", *, deep: bool = False) -> list[Match]:
        """Return what a source names, sorted; nothing for a pattern that fits nothing. With `deep`, `**` means folders.

        Raises CopyFailed with dockerd's sentences for a name that is not there.
        """
        relative = _relative(source)
        if not has_wildcard(relative):
            return self._wanted([self._match(_unescape(relative), source, word)])
        return self._wanted([self._match(name, name, word) for name in self._expand(relative, deep=deep)])

    def _wanted(self, matches: list[Match]) -> list[Match]:
        return [match for match in matches if match.is_directory or not self._excludes.ignores(match.name)]

    def open(self, path: str, flags: int = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK) -> int:
        """Open a file of the tree; the caller closes it."""
        return open_in_root(self._root_fd, path, flags)

    def walk(self, directory: Match) -> Generator[trees.Entry, None, None]:
        """Yield what is below a directory, parents first, in byte order, without what is ignored."""
        fd = self.open(directory.path, os.O_RDONLY | os.O_DIRECTORY)
        prefix = f"{directory.path}/" if directory.path else ""
        try:
            for entry in trees.walk(fd, descend=lambda e: self._enters(prefix, e)):
                self.check()
                if self._shows(prefix, entry):
                    yield entry
        finally:
            os.close(fd)

    def checksum(self, match: Match) -> str:
        """Return the sha256 of what a copy would show: names, kinds, modes, content, xattrs; not times."""
        digest = hashlib.sha256()
        if not match.is_directory:
            fd = self.open(posixpath.dirname(match.path), os.O_PATH | os.O_DIRECTORY)
            try:
                name = os.fsencode(posixpath.basename(match.path))
                self._hash(digest, trees.Entry(b"", name, fd, match.status))
            finally:
                os.close(fd)
            return digest.hexdigest()
        for entry in self.walk(match):
            self._hash(digest, entry)
        return digest.hexdigest()

    def _enters(self, prefix: str, entry: trees.Entry) -> bool:
        is_left_out = self._excludes.ignores(os.fsdecode(entry.path)) and not self._excludes.may_include_again
        return not is_left_out and (self._rules.may_include_again or not self._ignores(prefix, entry))

    def _shows(self, prefix: str, entry: trees.Entry) -> bool:
        if stat.S_ISSOCK(entry.status.st_mode) or self._ignores(prefix, entry):
            return False
        return not self._excludes.ignores(os.fsdecode(entry.path))

    def _ignores(self, prefix: str, entry: trees.Entry) -> bool:
        return self._rules.ignores(prefix + os.fsdecode(entry.path))

    def _match(self, name: str, shown: str, word: str) -> Match:
        try:
            fd = self.open(name, os.O_PATH)
        except OSError:
            raise _missing(shown, word) from None
        try:
            # Where links led to, for the ignore rules: what is left out cannot be reached through a link either.
            root = os.readlink(f"/proc/self/fd/{self._root_fd}")
            path = os.readlink(f"/proc/self/fd/{fd}").removeprefix(root).strip("/")
            found = Match(posixpath.basename(name), path, os.fstat(fd), name)
        finally:
            os.close(fd)
        if self._is_hidden(name, found) or self._is_hidden(path, found):
            raise _missing(shown, word)
        return found

    def _is_hidden(self, path: str, match: Match) -> bool:
        if match.is_directory and self._rules.may_include_again:
            return False
        return bool(path) and self._rules.ignores(path)

    def _expand(self, pattern: str, *, deep: bool) -> list[str]:
        """Return the paths that a pattern fits, part by part; from its first wildcard on no link is followed."""
        parts = pattern.split("/")
        first = next(index for index, part in enumerate(parts) if has_wildcard(part))
        found = self._real_path("/".join(_unescape(part) for part in parts[:first]))
        for part in parts[first:]:
            if deep and part == "**":
                found = list(dict.fromkeys(below for path in found for below in self._directories(path)))
                continue
            try:
                wildcards = path_pattern(part)
            except BadPattern as error:
                raise CopyFailed(str(error)) from error
            names = [(path, name) for path in found for name in self._names(path) if wildcards.matches(name)]
            found = [posixpath.join(path, name) for path, name in names]
        return [path for path in found if not self._rules.ignores(path)]

    def _real_path(self, path: str) -> list[str]:
        try:
            return [self._match(path, path, "COPY").path]
        except CopyFailed:
            return []

    def _directories(self, path: str) -> list[str]:
        """Return a directory and all that are below it, without following links."""
        found = [path]
        for directory in found:
            self.check()
            for name in self._names(directory):
                below = posixpath.join(directory, name)
                if self._is_directory(below):
                    found.append(below)
        return found

    def _is_directory(self, path: str) -> bool:
        try:
            os.close(open_in_root(self._root_fd, path, os.O_PATH | os.O_DIRECTORY, resolve=_NO_LINKS))
        except OSError:
            return False
        return True

    def _names(self, path: str) -> list[str]:
        try:
            fd = open_in_root(self._root_fd, path, os.O_RDONLY | os.O_DIRECTORY, resolve=_NO_LINKS)
        except OSError:
            return []
        try:
            return sorted(os.listdir(fd))
        finally:
            os.close(fd)

    def _hash(self, digest: hashlib._Hash, entry: trees.Entry) -> None:
        status = entry.status
        owner = (status.st_uid, status.st_gid) if self.with_owners else ()
        special = status.st_rdev if stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode) else 0
        digest.update(repr((entry.path, status.st_mode, owner, special)).encode())
        if stat.S_ISLNK(status.st_mode):
            digest.update(repr(os.readlink(entry.name, dir_fd=entry.dir_fd)).encode())
        elif stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
            self._hash_content(digest, entry)

    def _hash_content(self, digest: hashlib._Hash, entry: trees.Entry) -> None:
        fd = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=entry.dir_fd)
        try:
            digest.update(repr(xattrs(fd)).encode())
            if entry.is_directory:
                return
            content = hashlib.sha256()
            while chunk := os.read(fd, CHUNK_BYTES):
                content.update(chunk)
                self.check()
            digest.update(content.digest())
        finally:
            os.close(fd)


def xattrs(fd: int) -> list[tuple[str, bytes]]:
    """Return the extended attributes that a copy keeps: the user's own, and file capabilities."""
    try:
        names = os.listxattr(fd)
    except OSError:
        # File systems without attributes say ENOTSUP.
        return []
    kept = sorted(name for name in names if name.startswith("user.") or name == "security.capability")
    return [(name, os.getxattr(fd, name)) for name in kept if not name.startswith("user.overlay.")]


def _relative(source: str) -> str:
    """Return the path in the tree: above its root there is nothing, so `..` there is left out, as BuildKit does."""
    return posixpath.normpath(f"/{source}").lstrip("/")


def _missing(shown: str, word: str) -> CopyFailed:
    return CopyFailed(
        f"{word} failed: file not found in build context or excluded by .dockerignore: "
        f"stat {shown}: file does not exist"
    )


def _unescape(text: str) -> str:
    result: list[str] = []
    characters = iter(text)
    for char in characters:
        result.append(next(characters, "\\") if char == "\\" else char)
    return "".join(result)
