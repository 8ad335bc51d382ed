"""Archives of parts of a file system: `docker cp` both ways, and `docker export`.

The root may belong to a running container (/proc/<pid>/root), whose processes rename and replace things while we work:
every path is resolved by the kernel inside `root_fd`, nothing at the end of a name is followed, and what is opened is
looked at before it is used. Known attacks on `docker cp`: CVE-2018-15664, CVE-2019-14271.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.layers.apply import DEFAULT_LIMITS, Applied, Limits, unpack
from jupyter_containers.layers.compression import Readable
from jupyter_containers.layers.inherited import Inherited
from jupyter_containers.layers.ownership import EXACT, Ownership
from jupyter_containers.layers.placing import Placer
from jupyter_containers.layers.reading import Recorder
from jupyter_containers.layers.tar_writer import TarWriter
from jupyter_containers.layers.whiteouts import OPAQUE_XATTR, Whiteouts
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.linux.trees import Entry, walk

_PLACE = os.O_PATH | os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_DIRECTORY


class PathNotFound(NotFound):
    """The container has nothing at this path. The text is dockerd's."""

    def __init__(self, path: str) -> None:
        super().__init__(f"Could not find the file {path} in container")
        self.path = path


@dataclass(frozen=True, slots=True)
class PathStatus:
    """What is at a path: `mode` is st_mode, `link_target` where a link leads inside the root, "" for what is none."""

    name: str
    size: int
    mode: int
    mtime_ns: int
    link_target: str


def status(root_fd: int, path: str) -> PathStatus:
    """Look at `path` inside the root, a link at its end not followed, unless it ends in `/` or `/.`.

    `root_fd` stays open and belongs to the caller. Raises PathNotFound, InvalidParameter.
    """
    fd = _open(root_fd, path)
    try:
        found = os.fstat(fd)
        target = _resolved(root_fd, path) if stat.S_ISLNK(found.st_mode) else ""
    finally:
        os.close(fd)
    return PathStatus(_base_name(path), found.st_size, found.st_mode, found.st_mtime_ns, target)


def folder(root_fd: int, path: str, limit: int) -> tuple[list[PathStatus], int]:
    """Look at what is in the folder `path` inside the root: the first `limit` by name, and how many there are in all.

    Links are as they are written. Raises PathNotFound, InvalidParameter for what is no folder.
    """
    place_fd = _open(root_fd, path.rstrip("/") + "/.")
    try:
        fd = os.open(".", _FOLDER | os.O_CLOEXEC, dir_fd=place_fd)
    except NotADirectoryError as error:
        raise InvalidParameter(f"{path} is not a folder") from error
    finally:
        os.close(place_fd)
    try:
        names = sorted(os.listdir(fd))
        found = []
        for name in names[:limit]:
            try:
                one = os.stat(name, dir_fd=fd, follow_symlinks=False)
                target = os.readlink(name, dir_fd=fd) if stat.S_ISLNK(one.st_mode) else ""
            except FileNotFoundError:
                continue  # removed meanwhile
            found.append(PathStatus(name, one.st_size, one.st_mode, one.st_mtime_ns, target))
    finally:
        os.close(fd)
    return found, len(names)


def pack(
    root_fd: int,
    path: str,
    write: Callable[[bytes], object],
    *,
    name: str | None = None,
    exclude: Collection[str] = (),
    ownership: Ownership = EXACT,
    mtime_ns: int | None = None,
) -> None:
    """Write what is at `path` inside the root as a tar to `write`: a folder with all that is in it, else one member.

    Names begin with `name`, by default the last part of the path ("" writes the folder's content without it, as
    `docker export` does). `exclude` are paths below `path`, relative, whose content is left out (mount points such as
    proc). With `mtime_ns` all members are of that moment. Raises PathNotFound, InvalidParameter, OSError.
    """
    fd = _open(root_fd, path)
    try:
        writer = TarWriter(write)
        recorder = Recorder(writer, ownership, mtime_ns=mtime_ns)
        top = os.fsencode(_base_name(path) if name is None else name).strip(b"/")
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            _pack_folder(fd, recorder, top, {os.fsencode(each).strip(b"/") for each in exclude})
        else:
            _pack_one(root_fd, path, recorder, top)
        writer.finish()
    finally:
        os.close(fd)


def extract(
    stream: Readable,
    root_fd: int,
    path: str,
    *,
    keep_kind: bool = False,
    ownership: Ownership = EXACT,
    limits: Limits = DEFAULT_LIMITS,
    is_bare: bool = False,
) -> Applied:
    """Unpack a tar, compressed or not, into the folder `path` inside the root (links in `path` followed inside).

    Nothing above that folder can be named; links inside the tree lead where they lead in the container, never outside
    it. `keep_kind` refuses to replace a folder by something else and the other way round (noOverwriteDirNonDir).
    `is_bare`: the root is a directory that overlayfs stands on, where a device 0:0 would be a whiteout.
    Raises PathNotFound, InvalidParameter, LayerNotApplied.
    """
    try:
        fd = open_in_root(root_fd, path or "/", _FOLDER)
    except FileNotFoundError:
        raise PathNotFound(path) from None
    except (OSError, ValueError) as error:
        raise InvalidParameter("extraction point is not a directory", path=path) from error
    try:
        # By its real name: were a link on the way exchanged meanwhile, members would not go to two places.
        base = os.fsencode(_relative(root_fd, fd, path))
        placer = Placer(
            root_fd,
            whiteouts=Whiteouts.NAMES,
            ownership=ownership,
            inherited=Inherited(()),
            opaque_xattr=OPAQUE_XATTR,
            base=base,
            keep_kind=keep_kind,
            is_bare=is_bare,
        )
        return unpack(stream, placer, fd, limits=limits)
    finally:
        os.close(fd)


def _open(root_fd: int, path: str) -> int:
    try:
        follows = path.endswith(("/", "/."))
        return open_in_root(root_fd, path or "/", os.O_PATH if follows else _PLACE)
    except FileNotFoundError:
        raise PathNotFound(path) from None
    except (OSError, ValueError) as error:
        # ENOTDIR, ELOOP (also for the magic links of /proc), a zero byte: all are faults of the path.
        raise InvalidParameter(f"cannot open {path!r} in the container: {getattr(error, 'strerror', error)}") from error


def _pack_folder(place_fd: int, recorder: Recorder, top: bytes, excluded: set[bytes]) -> None:
    def descend(entry: Entry) -> bool:
        return entry.path not in excluded

    fd = os.open(".", _FOLDER | os.O_CLOEXEC, dir_fd=place_fd)
    try:
        if top:
            recorder.record(Entry(b".", b".", fd, os.fstat(fd)), top)
        for entry in walk(fd, descend=descend):
            recorder.record(entry, top + b"/" + entry.path if top else entry.path)
    finally:
        os.close(fd)


def _pack_one(root_fd: int, path: str, recorder: Recorder, name: bytes) -> None:
    parent, _, last = path.rstrip("/").rpartition("/")
    try:
        parent_fd = open_in_root(root_fd, parent or "/", os.O_PATH | os.O_DIRECTORY)
    except OSError:
        raise PathNotFound(path) from None
    try:
        found = os.stat(last, dir_fd=parent_fd, follow_symlinks=False)
        # Alone, a file with other names is still a file.
        recorder.record_alone(Entry(os.fsencode(last), os.fsencode(last), parent_fd, found), name)
    except FileNotFoundError:
        raise PathNotFound(path) from None
    finally:
        os.close(parent_fd)


def _base_name(path: str) -> str:
    """Return the last part as dockerd names it: "/" for the root."""
    return path.rstrip("/").removesuffix("/.").rstrip("/").rpartition("/")[2] or "/"


def _resolved(root_fd: int, path: str) -> str:
    """Return where a link leads, as seen inside the root; for a dangling link where it would."""
    try:
        fd = open_in_root(root_fd, path, os.O_PATH)
    except OSError:
        parent, _, last = path.rpartition("/")
        fd = open_in_root(root_fd, parent or "/", os.O_PATH | os.O_DIRECTORY)
        try:
            return posixpath.normpath(posixpath.join("/", parent, os.readlink(last, dir_fd=fd))).replace("//", "/")
        finally:
            os.close(fd)
    try:
        return "/" + _relative(root_fd, fd, path)
    finally:
        os.close(fd)


def _relative(root_fd: int, fd: int, path: str) -> str:
    """Return the real path of an open file below the root, without a slash in front."""
    root, place = os.readlink(f"/proc/self/fd/{root_fd}"), os.readlink(f"/proc/self/fd/{fd}")
    prefix = root.rstrip("/") + "/"
    if place == root:
        return ""
    if place.startswith(prefix):
        return place.removeprefix(prefix)
    # Moved away while we looked, or in a mount that this namespace cannot name: resolve it anew each time.
    return path.strip("/")
