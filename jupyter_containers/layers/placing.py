"""Put members into a directory, one by one, so that nothing outside it can change.

What a name says is cleaned of `..`; what the tree says is resolved by the kernel inside the root (Directories). The
last part of a name is never followed: what is there is removed first, and everything is made new (O_EXCL, mknod,
symlink, link). Owners come before modes, because chown clears setuid; attributes after both, because chown clears
file capabilities; times of directories at the very end, because filling them changes those.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.layers.directories import Directories
from jupyter_containers.layers.inherited import Inherited
from jupyter_containers.layers.marks import Marks
from jupyter_containers.layers.member import InvalidLayer, Kind, Member, clean
from jupyter_containers.layers.ownership import Ownership
from jupyter_containers.layers.whiteouts import Mark, Whiteouts, is_overlay_whiteout, is_overlay_xattr, read
from jupyter_containers.linux import trees

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NODE_TYPES = {
    Kind.CHARACTER_DEVICE: stat.S_IFCHR, Kind.BLOCK_DEVICE: stat.S_IFBLK, Kind.FIFO: stat.S_IFIFO,
}  # fmt: skip

Data = Iterator[memoryview]


class Placer:
    """Places members below `root_fd` (which stays open and the caller's); finish() sets the times of directories.

    `keep_directories`: a member that is a directory leaves one that is there as it is, and a link to one too, as dpkg
    does; a layer's would replace it. `is_bare`: overlayfs may read the root, also for an ordinary archive.

    Use as a context manager.
    """

    def __init__(
        self,
        root_fd: int,
        *,
        whiteouts: Whiteouts,
        ownership: Ownership,
        inherited: Inherited,
        opaque_xattr: bytes,
        base: bytes = b"",
        keep_kind: bool = False,
        keep_directories: bool = False,
        is_bare: bool = False,
    ) -> None:
        self._whiteouts = whiteouts
        self._ownership = ownership
        self._inherited = inherited
        self._keep_kind = keep_kind
        self._keep_directories = keep_directories
        self._is_bare = is_bare or whiteouts is not Whiteouts.NAMES
        self._directories = Directories(root_fd, self._make_implicit, base=base)
        self._directory_times: dict[bytes, int] = {}
        self._marks = Marks(self._directories, whiteouts, inherited, opaque_xattr)
        self.skipped = 0

    def __enter__(self) -> Placer:
        return self

    def __exit__(self, *_: object) -> None:
        self._directories.close()

    @property
    def opaque_root(self) -> bool:
        """True if the layer hides everything below it."""
        return self._marks.opaque_root

    def place(self, member: Member, data: Data) -> None:
        """Make what `member` says. Raises InvalidLayer, or OSError of the system call that failed."""
        path = clean(member.name)
        if self._whiteouts is not Whiteouts.NAMES:
            mark, path = read(path)
            if mark is not Mark.NONE:
                self._marks.apply(mark, path)
                return
        if not path:
            self._place_root(member)
            return
        parent, _, name = path.rpartition(b"/")
        dir_fd = self._directories.open(parent)
        if self._whiteouts is Whiteouts.DELETE:
            self._marks.spare(path)
        if member.kind is Kind.FILE:
            self._place_file(dir_fd, name, member, data)
        elif member.kind is Kind.DIRECTORY:
            self._place_directory(dir_fd, name, member, path)
        elif member.kind is Kind.SYMLINK:
            self._place_symlink(dir_fd, name, member)
        elif member.kind is Kind.HARD_LINK:
            self._place_hard_link(name, member, path)
        else:
            self._place_node(dir_fd, name, member)

    def finish(self) -> None:
        """Do what can only be done when all members are placed: set the times of the directories, for one."""
        self._marks.finish()
        for path, mtime_ns in self._directory_times.items():
            try:
                fd = self._directories.find(path, _DIRECTORY)
            except OSError:
                continue  # replaced later in the same layer
            try:
                os.utime(fd, ns=(mtime_ns, mtime_ns))
            finally:
                os.close(fd)

    # One method for each kind.

    def _place_root(self, member: Member) -> None:
        if member.kind is not Kind.DIRECTORY:
            raise InvalidLayer(f"layer has a member named {member.text!r} that is no directory")
        fd = self._directories.find(b"", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._dress(fd, member)
        finally:
            os.close(fd)
        self._directory_times[b""] = member.mtime_ns

    def _place_file(self, dir_fd: int, name: bytes, member: Member, data: Data) -> None:
        try:
            fd = os.open(name, _NEW_FILE, 0o600, dir_fd=dir_fd)
        except FileExistsError:
            self._clear(dir_fd, name, member)
            fd = os.open(name, _NEW_FILE, 0o600, dir_fd=dir_fd)
        try:
            if member.extents is not None:
                _write_sparse(fd, member, data)
            elif member.size:
                _write(fd, data)
            self._dress(fd, member)
            os.utime(fd, ns=(member.mtime_ns, member.mtime_ns))
        finally:
            os.close(fd)

    def _place_directory(self, dir_fd: int, name: bytes, member: Member, path: bytes) -> None:
        hides_below = False
        try:
            os.mkdir(name, 0o700, dir_fd=dir_fd)
        except FileExistsError:
            if self._keep_directories and self._is_directory(path):
                return
            status = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                hides_below = self._clear(dir_fd, name, member)
                os.mkdir(name, 0o700, dir_fd=dir_fd)
        fd = os.open(name, _DIRECTORY, dir_fd=dir_fd)
        try:
            self._dress(fd, member)
            if hides_below:
                self._marks.set_opaque(fd, path)
        finally:
            os.close(fd)
        self._directory_times[path] = member.mtime_ns

    def _is_directory(self, path: bytes) -> bool:
        """Tell whether a path leads to a directory, inside the root and through links."""
        try:
            os.close(self._directories.find(path))
        except OSError:
            return False
        return True

    def _place_symlink(self, dir_fd: int, name: bytes, member: Member) -> None:
        if not member.link or b"\0" in member.link:
            raise InvalidLayer(f"layer has a symbolic link without a target: {member.text!r}")
        try:
            os.symlink(member.link, name, dir_fd=dir_fd)
        except FileExistsError:
            self._clear(dir_fd, name, member)
            os.symlink(member.link, name, dir_fd=dir_fd)
        uid, gid = self._ownership.on_disk(member.uid, member.gid)
        os.chown(name, uid, gid, dir_fd=dir_fd, follow_symlinks=False)
        if member.xattrs:
            self._set_xattrs(b"/proc/self/fd/%d/%s" % (dir_fd, name), member)
        os.utime(name, ns=(member.mtime_ns, member.mtime_ns), dir_fd=dir_fd, follow_symlinks=False)

    def _place_hard_link(self, name: bytes, member: Member, path: bytes) -> None:
        target = clean(member.link, what="hard link target")
        if target == path:
            return
        target_parent, _, target_name = target.rpartition(b"/")
        try:
            fd = self._directories.find(target_parent)
        except (FileNotFoundError, NotADirectoryError):
            raise _no_target(member) from None
        try:
            dir_fd = self._directories.open(path.rpartition(b"/")[0])
            if self._is_one_file(fd, target_name, dir_fd, name, member):
                return
            try:
                os.link(target_name, name, src_dir_fd=fd, dst_dir_fd=dir_fd, follow_symlinks=False)
            except FileExistsError:
                self._clear(dir_fd, name, member)
                os.link(target_name, name, src_dir_fd=fd, dst_dir_fd=dir_fd, follow_symlinks=False)
        finally:
            os.close(fd)

    def _place_node(self, dir_fd: int, name: bytes, member: Member) -> None:
        device = os.makedev(*member.device)
        if member.kind is Kind.CHARACTER_DEVICE and device == 0 and self._is_bare:
            # Overlayfs would read it as a whiteout; as a device it never was any use.
            self.skipped += 1
            return
        mode = _NODE_TYPES[member.kind] | 0o600
        try:
            os.mknod(name, mode, device, dir_fd=dir_fd)
        except FileExistsError:
            self._clear(dir_fd, name, member)
            os.mknod(name, mode, device, dir_fd=dir_fd)
        except PermissionError:
            # A user namespace may not make devices; the container gets its own /dev anyway.
            self.skipped += 1
            return
        # Opening the node itself could block (fifo) or wake hardware; a descriptor of its place does neither.
        fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
        try:
            place = b"/proc/self/fd/%d" % fd
            uid, gid = self._ownership.on_disk(member.uid, member.gid)
            os.chown(place, uid, gid)
            os.chmod(place, member.mode)
            os.utime(place, ns=(member.mtime_ns, member.mtime_ns))
        finally:
            os.close(fd)

    # What they share.

    def _dress(self, fd: int, member: Member) -> None:
        """Give an open file or directory its owner, mode and attributes, in the order that keeps all of them."""
        uid, gid = self._ownership.on_disk(member.uid, member.gid)
        os.fchown(fd, uid, gid)
        os.fchmod(fd, member.mode)
        if member.xattrs:
            self._set_xattrs(fd, member)

    def _set_xattrs(self, target: int | bytes, member: Member) -> None:
        follow = isinstance(target, int)
        for name, value in member.xattrs.items():
            if is_overlay_xattr(name):
                continue
            try:
                os.setxattr(target, name, value, follow_symlinks=follow)
            except OSError as error:
                # Not every file system has every attribute, and a user namespace may not set security.*.
                if error.errno not in (errno.ENOTSUP, errno.EPERM):
                    raise

    def _clear(self, dir_fd: int, name: bytes, member: Member) -> bool:
        """Remove what is in the way of a member; say whether that was a whiteout, which the member then inherits."""
        status = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
        is_directory = stat.S_ISDIR(status.st_mode)
        if self._keep_kind and is_directory != (member.kind is Kind.DIRECTORY):
            there, wanted = ("directory", "non-directory") if is_directory else ("non-directory", "directory")
            text = member.text.rstrip("/")
            raise InvalidParameter(f"cannot overwrite {there} {text!r} with {wanted} {text!r}")
        trees.remove_tree(dir_fd, name)
        if is_directory or stat.S_ISLNK(status.st_mode):
            self._directories.forget()
        return self._whiteouts is Whiteouts.OVERLAY and is_overlay_whiteout(status)

    def _is_one_file(self, fd: int, target_name: bytes, dir_fd: int, name: bytes, member: Member) -> bool:
        """Say whether link and target are the same already; then clearing the way would lose both."""
        try:
            target = os.stat(target_name, dir_fd=fd, follow_symlinks=False)
        except FileNotFoundError:
            raise _no_target(member) from None
        if stat.S_ISDIR(target.st_mode) or is_overlay_whiteout(target):
            raise _no_target(member)
        try:
            return os.path.samestat(target, os.stat(name, dir_fd=dir_fd, follow_symlinks=False))
        except FileNotFoundError:
            return False

    def _make_implicit(self, parent_fd: int, name: bytes, path: bytes) -> None:
        """Make a directory that the layer uses without saying anything about it."""
        hides_below = False
        try:
            os.mkdir(name, 0o755, dir_fd=parent_fd)
        except FileExistsError:
            hides_below = self._remove_what_is_below(parent_fd, name, path)
            os.mkdir(name, 0o755, dir_fd=parent_fd)
        fd = os.open(name, _DIRECTORY, dir_fd=parent_fd)
        try:
            mtime_ns = None if hides_below else self._inherited.dress(fd, path)
            if hides_below:
                self._marks.set_opaque(fd, path)
        finally:
            os.close(fd)
        if mtime_ns is not None:
            self._directory_times[path] = mtime_ns

    def _remove_what_is_below(self, parent_fd: int, name: bytes, path: bytes) -> bool:
        """Make room for an implicit directory if what is there is not of this layer; say whether it was a whiteout."""
        status = os.stat(name, dir_fd=parent_fd, follow_symlinks=False)
        is_whiteout = self._whiteouts is Whiteouts.OVERLAY and is_overlay_whiteout(status)
        is_of_lower_layer = self._whiteouts is Whiteouts.DELETE and not self._marks.is_spared(path)
        if stat.S_ISDIR(status.st_mode) or not (is_whiteout or is_of_lower_layer):
            text = path.decode("utf-8", "backslashreplace")
            raise InvalidLayer(f"layer has something below {text!r}, which is no directory")
        os.unlink(name, dir_fd=parent_fd)
        return is_whiteout


def _no_target(member: Member) -> InvalidLayer:
    target = member.link.decode("utf-8", "backslashreplace")
    return InvalidLayer(f"layer has a hard link {member.text!r} to {target!r}, which is no file of this layer")


def _write(fd: int, data: Data) -> None:
    for piece in data:
        while piece:
            piece = piece[os.write(fd, piece) :]


def _write_sparse(fd: int, member: Member, data: Data) -> None:
    """Write the stored pieces where they belong; the rest of the file is holes."""
    os.ftruncate(fd, member.size)
    extents = iter(member.extents or ())
    offset, left = 0, 0
    for piece in data:
        while piece:
            if left == 0:
                offset, left = next(extents)
            written = os.pwrite(fd, piece[:left], offset)
            piece, offset, left = piece[written:], offset + written, left - written
