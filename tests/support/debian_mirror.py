"""A mirror of packages as Debian's are, tiny and signed by a key of its own, in a dict of files for web_files.

mirror = Mirror()
mirror.add(package("hello", files={"usr/bin/hello": b"…"}, fields={"Depends": "libc6"}))
mirror.publish("bookworm")
with web_files(mirror.files) as url: …                  # the keyring is mirror.keyring
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache

import zstandard
from pysequoia import SignatureMode, Tsk, sign

from jupyter_containers.bootstrap.origins import architecture_of
from jupyter_containers.oci.platform import host_platform

ARCHITECTURE = architecture_of(host_platform())
_COMPRESSORS = {
    "": lambda content: content, ".gz": gzip.compress, ".xz": lzma.compress,
    ".zst": lambda content: zstandard.ZstdCompressor().compress(content),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link, or with `hard` a hard one."""

    target: str
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Executable:
    content: bytes


File = bytes | Link | Executable | tarfile.TarInfo | None  # None: a directory


@dataclass(frozen=True, slots=True)
class DebPackage:
    """A .deb, and its paragraph in an index."""

    name: str
    version: str
    paragraph: str
    content: bytes

    @property
    def filename(self) -> str:
        return f"pool/main/{self.name[0]}/{self.name}_{self.version}.deb"


def package(
    name: str,
    version: str = "1.0",
    *,
    files: Mapping[str, File] | None = None,
    fields: Mapping[str, str] | None = None,
    control: Mapping[str, str] | None = None,
    compression: str = ".xz",
) -> DebPackage:
    """Build a package. `control`: more control files, those without a dot in their names executable."""
    known = {"Package": name, "Version": version, "Architecture": ARCHITECTURE, "Maintainer": "Nobody <n@example.org>"}
    known |= {"Description": "for a test"} | dict(fields or {})
    paragraph = "".join(f"{key}: {value}\n" for key, value in known.items())
    control_files: dict[str, File] = {"control": paragraph.encode()}
    for other, text in (control or {}).items():
        is_script = other.endswith(("inst", "rm"))
        control_files[other] = Executable(text.encode()) if is_script else text.encode()
    parts = {
        "debian-binary": b"2.0\n",
        f"control.tar{compression}": _COMPRESSORS[compression](tar(control_files)),
        f"data.tar{compression}": _COMPRESSORS[compression](tar(files or {})),
    }
    return DebPackage(name, version, paragraph, ar(parts))


def tar(files: Mapping[str, File]) -> bytes:
    """Return a tar as dpkg-deb writes them: names begin with ./ and each directory comes before what is in it."""
    buffer, made = io.BytesIO(), set[str]()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in {"": None, **files}.items():
            parts = name.split("/")[:-1] if ".." not in name else []
            for count in range(1, len(parts) + 1):
                if (folder := "/".join(parts[:count])) not in made:
                    _add(archive, folder, None)
                    made.add(folder)
            if content is not None or name.rstrip("/") not in made:
                _add(archive, name, content)
                made.add(name.rstrip("/"))
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: File) -> None:
    member = tarfile.TarInfo(f"./{name}")
    member.mtime, member.mode, data = 1_700_000_000, 0o644, b""
    if isinstance(content, tarfile.TarInfo):
        member, member.name = content, f"./{name}"
    elif isinstance(content, Link):
        member.type, member.linkname = (tarfile.LNKTYPE if content.hard else tarfile.SYMTYPE), content.target
    elif content is None:
        member.type, member.mode = tarfile.DIRTYPE, 0o755
    else:
        data = content.content if isinstance(content, Executable) else content
        member.mode = 0o755 if isinstance(content, Executable) else 0o644
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def ar(parts: Mapping[str, bytes]) -> bytes:
    """Return an ar archive."""
    pieces = [b"!<arch>\n"]
    for name, content in parts.items():
        pieces.append(f"{name:<16}{1_700_000_000:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode())
        pieces.append(content + b"\n" * (len(content) % 2))
    return b"".join(pieces)


@cache
def key(name: str = "a test's archive") -> Tsk:
    """Return a key that signs; the same for the same name."""
    return Tsk.generate(name)


def keyring(*keys: Tsk) -> bytes:
    """Return the public half of keys."""
    return b"".join(bytes(one.extract_certificate()) for one in keys)


def signed(text: str, signer: Tsk, *, detached: bool = False) -> bytes:
    """Return a text with its signature round it, or the signature alone."""
    mode = SignatureMode.DETACHED if detached else SignatureMode.CLEAR
    return bytes(sign(signer.signer(), text.encode(), mode=mode))


@dataclass(slots=True)
class Mirror:
    """Files by their paths on the server. Change what publish() left to make the mirror a hostile one."""

    signer: Tsk = field(default_factory=key)
    packages: list[DebPackage] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def keyring(self) -> bytes:
        return keyring(self.signer)

    def add(self, *packages: DebPackage) -> None:
        for one in packages:
            self.packages.append(one)
            self.files[f"/{one.filename}"] = one.content

    def index(self) -> str:
        """Return the index of all packages."""
        return "\n".join(
            f"{one.paragraph}Filename: {one.filename}\nSize: {len(one.content)}\n"
            f"SHA256: {hashlib.sha256(one.content).hexdigest()}\n"
            for one in self.packages
        )

    def publish(
        self, suite: str, *, compression: str = ".xz", by_hash: bool = True, inline: bool = True,
        date: datetime | None = None, valid_until: datetime | None = None, name: str = "",
    ) -> None:  # fmt: skip
        """Write index and release of a suite; `name` is what the release calls itself."""
        content = _COMPRESSORS[compression](self.index().encode())
        path = f"main/binary-{ARCHITECTURE}/Packages{compression}"
        digest = hashlib.sha256(content).hexdigest()
        folder = f"/dists/{suite}"
        place = f"main/binary-{ARCHITECTURE}/by-hash/SHA256/{digest}" if by_hash else path
        self.files[f"{folder}/{place}"] = content
        date = date or datetime.now(UTC) - timedelta(hours=1)
        lines = [
            "Origin: Test", f"Suite: {name or suite}", f"Codename: {name or suite}",
            f"Date: {format_datetime(date, usegmt=True)}", f"Architectures: all {ARCHITECTURE}", "Components: main",
            *(["Acquire-By-Hash: yes"] if by_hash else []),
            *([f"Valid-Until: {format_datetime(valid_until, usegmt=True)}"] if valid_until else []),
            "SHA256:", f" {digest} {len(content):>8} {path}",
        ]  # fmt: skip
        text = "\n".join(lines) + "\n"
        if inline:
            self.files[f"{folder}/InRelease"] = signed(text, self.signer)
        else:
            self.files[f"{folder}/Release"] = text.encode()
            self.files[f"{folder}/Release.gpg"] = signed(text, self.signer, detached=True)
