"""Contexts that are no folder here: a tar that somebody has made, and what the daemon fetches itself."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Protocol

_CHUNK = 256 * 1024
_USTAR = slice(257, 262)
# gzip, bzip2, xz, zstd.
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
SNIFFED_BYTES = 512
_SCP = re.compile(r"[\w.-]+@[\w.-]+:(?!//)\S", re.ASCII)
DOCKERFILE = "Dockerfile"


class AnyContext(Protocol):
    """What a build takes its files from."""

    @property
    def dockerfile_name(self) -> str:
        """The path of the Dockerfile in it."""

    @property
    def remote(self) -> str:
        """The URL where it is; "" if it is sent."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the tar to send. Raises InvalidParameter for what cannot be read."""


@dataclass(frozen=True, slots=True)
class TarContext:
    """A tar, plain or compressed; `start` has been read from it already. The stream is read once, and not closed."""

    stream: IO[bytes]
    dockerfile_name: str = DOCKERFILE
    start: bytes = b""

    @property
    def remote(self) -> str:
        return ""

    def chunks(self) -> Iterator[bytes]:
        chunk = self.start or self.stream.read(_CHUNK)
        while chunk:
            yield chunk
            chunk = self.stream.read(_CHUNK)


@dataclass(frozen=True, slots=True)
class RemoteContext:
    """A git repository, a tar or a Dockerfile at a URL, which the daemon fetches."""

    remote: str
    dockerfile_name: str = DOCKERFILE

    def chunks(self) -> Iterator[bytes]:
        return iter(())


def is_remote(text: str) -> bool:
    """Say whether a context is a URL, as docker decides it."""
    return text.startswith(("http://", "https://", "git://", "github.com/")) or is_shell(text)


def is_shell(text: str) -> bool:
    """Say whether a context is a git repository behind ssh."""
    return text.startswith(("ssh://", "git@")) or _SCP.match(text) is not None


def is_tar(start: bytes) -> bool:
    """Say whether a file that begins so, of SNIFFED_BYTES or more, is a tar or something compressed."""
    return start[_USTAR] == b"ustar" or start.startswith(_COMPRESSED)


def read_start(stream: IO[bytes]) -> bytes:
    """Return the beginning of a stream, long enough to see what it is."""
    start = io.BytesIO()
    while start.tell() < SNIFFED_BYTES and (chunk := stream.read(SNIFFED_BYTES - start.tell())):
        start.write(chunk)
    return start.getvalue()
