"""A .deb: an ar archive of a version, a tar of control files, and a tar of the files to install. Source: deb(5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_containers.bootstrap.ar import ArMember, InvalidArchive, members
from jupyter_containers.layers.compression import Readable, decompress
from jupyter_containers.layers.member import Kind, clean
from jupyter_containers.layers.tar_reader import ByteSource, TarReader

# The largest set of control files in Debian (a kernel's md5sums among them) is a tenth of this.
_CONTROL_LIMIT = 32 << 20
_CONTROL_FILES = 1000
_MAX_VERSION = 100


@dataclass(frozen=True, slots=True)
class ControlFile:
    content: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class Deb:
    """`control` are the control files by name. `files` is the tar of files, compressed or not, to be read once."""

    control: dict[str, ControlFile]
    files: Readable

    def lines(self, name: str) -> list[str]:
        """Return the lines of a control file, without those that are empty or comments; none if it is not there."""
        file = self.control.get(name)
        text = file.content.decode("utf-8", "surrogateescape") if file else ""
        return [line.strip() for line in text.split("\n") if line.strip() and not line.startswith("#")]


def read(stream: Readable) -> Deb:
    """Read a .deb as far as its files. Raises InvalidArchive, InvalidLayer (its tars)."""
    found = members(stream)
    version = _next(found, "debian-binary")
    if version.size > _MAX_VERSION or not version.read(_MAX_VERSION).startswith(b"2."):
        raise InvalidArchive("not a package of format 2")
    control = _control(_next(found, "control.tar"))
    return Deb(control, _next(found, "data.tar"))


def _next(found: Iterator[ArMember], name: str) -> ArMember:
    """Return the next member that counts; those with an underscore in front are for others."""
    for member in found:
        if member.name == name or member.name.startswith(f"{name}."):
            return member
        if not member.name.startswith("_"):
            raise InvalidArchive(f"not a package: it has {member.name!r:.40} in the place of {name}")
    raise InvalidArchive(f"not a package: it has no {name}")


def _control(stream: Readable) -> dict[str, ControlFile]:
    reader = TarReader(ByteSource(decompress(stream), _CONTROL_LIMIT))
    files: dict[str, ControlFile] = {}
    for number, member in enumerate(reader):
        if number >= _CONTROL_FILES:
            raise InvalidArchive(f"package has more than {_CONTROL_FILES} control files")
        name = clean(member.name).decode("ascii", "backslashreplace")
        if member.kind is Kind.FILE and member.extents is None and name and "/" not in name:
            files[name] = ControlFile(b"".join(reader.data()), member.mode & 0o755)
    if "control" not in files:
        raise InvalidArchive("not a package: it has no control file")
    return files
