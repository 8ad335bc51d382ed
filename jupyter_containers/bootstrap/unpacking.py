"""A package's files into a root, as dpkg would unpack them.

The members go through the same hands as a layer's: nothing outside the root can change, whatever a package says.

Configuration files have their own names at once, while dpkg leaves them under others until each package is configured:
in a new root there is nothing to ask about them, and what is essential can rely on them from the start.
Source: dpkg(1), "unpacked"; deb-conffiles(5).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from jupyter_containers.bootstrap.deb import Deb
from jupyter_containers.bootstrap.deb import read as read_deb
from jupyter_containers.bootstrap.deb822 import Paragraph, single
from jupyter_containers.bootstrap.own_files import RootPlacer
from jupyter_containers.bootstrap.packages import Package
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.layers.apply import Limits, unpack
from jupyter_containers.layers.compression import Readable
from jupyter_containers.layers.member import InvalidLayer, Kind, LayerNotApplied, Member, clean
from jupyter_containers.layers.placing import Data

_LIMITS = Limits(max_bytes=16 << 30, max_entries=1_000_000)
_DEVICES = (Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A package whose files are in a root. `paths` as dpkg lists them; of `conffiles` it keeps the MD5 digests.

    `is_shared`: packages of several architectures may stand side by side, so that each is named with its own.
    `md5sums` are those of all other files, where the package has no file of that name; dpkg makes one then.
    """

    package: Package
    deb: Deb
    is_shared: bool
    paths: tuple[bytes, ...]
    conffiles: Mapping[str, str]
    md5sums: Mapping[bytes, str]

    @property
    def control(self) -> str:
        return self.deb.control["control"].content.decode("utf-8", "surrogateescape")

    @property
    def key(self) -> str:
        """The package's name in dpkg's database."""
        return f"{self.package.name}:{self.package.architecture}" if self.is_shared else self.package.name


def unpack_package(
    stream: Readable, package: Package, root_fd: int, *, on_progress: Callable[[int], None] | None = None
) -> Unpacked:
    """Unpack a .deb below `root_fd`, which stays open. `on_progress` gets bytes read; what it raises ends the work.

    Raises InvalidArchive and InvalidLayer for a bad package, LayerNotApplied when the device is full or fails.
    """
    deb = read_deb(stream)
    fields = _checked(deb, package)
    placer = _PackageFiles(root_fd, deb)
    try:
        unpack(deb.files, placer, root_fd, limits=_LIMITS, on_progress=on_progress)
    except (InvalidLayer, LayerNotApplied) as error:
        words = error.message.replace("layer has", "it has")
        raise type(error)(f"package {package.name} {package.version_text}: {words}", **error.details) from error
    is_shared = fields.get("multi-arch", "").lower() == "same"
    return Unpacked(package, deb, is_shared, tuple(placer.paths), placer.conffiles, placer.md5sums)


def _checked(deb: Deb, package: Package) -> Paragraph:
    """Return the control file's fields. Raises InvalidParameter when it is not the package that the index says."""
    text = deb.control["control"].content.decode("utf-8", "replace")
    fields = single(text, f"the control file of {package.name}")
    is_so = (fields.get("package"), fields.get("version")) == (package.name, package.version_text)
    if not is_so or fields.get("architecture") != package.architecture:
        raise InvalidParameter(
            f"{package.filename} is {fields.get('package')} {fields.get('version')} for {fields.get('architecture')}, "
            f"not {package.name} {package.version_text} for {package.architecture}"
        )
    return fields


class _PackageFiles(RootPlacer):
    """Places the members of a package, and keeps their paths."""

    def __init__(self, root_fd: int, deb: Deb) -> None:
        super().__init__(root_fd)
        # Lines with a word in front are about files that are no longer there.
        conffiles = (line for line in deb.lines("conffiles") if line.startswith("/"))
        self._conffiles = {os.fsencode(line).lstrip(b"/"): line for line in conffiles}
        self._has_md5sums = "md5sums" in deb.control
        self.conffiles: dict[str, str] = {}
        self.md5sums: dict[bytes, str] = {}
        self.paths: list[bytes] = []

    def place(self, member: Member, data: Data) -> None:
        path = clean(member.name)
        if member.kind in _DEVICES or b"\n" in path:
            # No package of Debian has either; on overlayfs a device can mean that a file is gone.
            what = "a device" if member.kind in _DEVICES else "a name of two lines"
            raise InvalidLayer(f"layer has {what}: {member.text[:200]!r}")
        self.paths.append(b"/" + (path or b"."))
        line = self._conffiles.get(path)
        if member.kind is not Kind.FILE or (line is None and self._has_md5sums):
            super().place(member, data)
            return
        # What dpkg has always known files by; nobody's security rests on it.
        hasher = hashlib.md5(usedforsecurity=False)
        super().place(member, _hashed(data, hasher.update))
        if line is not None:
            self.conffiles[line] = hasher.hexdigest()
        else:
            self.md5sums[path] = hasher.hexdigest()

    def _clear(self, dir_fd: int, name: bytes, member: Member) -> bool:
        """Make room for a member, but not by removing what another package has put there.

        dpkg would ask for a diversion, or for Replaces; neither is taken into account here. What a release has at its
        bottom needs none.
        """
        status = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
        is_link = stat.S_ISLNK(status.st_mode)
        if not (is_link and member.kind in (Kind.SYMLINK, Kind.DIRECTORY)):
            raise InvalidLayer(
                f"layer has {member.text[:200]!r}, which another package has as well; leave one of them out, and "
                "install it later with apt-get, in a container of the image"
            )
        return super()._clear(dir_fd, name, member)


def _hashed(data: Data, update: Callable[[memoryview], None]) -> Iterator[memoryview]:
    for piece in data:
        update(piece)
        yield piece
