"""Digests, and a hasher that checks bytes against one while they pass."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Self

from jupyter_containers.errors import ContainersError, InvalidParameter

HEX_LENGTH = {"sha256": 64, "sha512": 128}
_HEX = frozenset("0123456789abcdef")


class DigestMismatch(ContainersError):
    """Bytes do not have the digest that was promised for them."""

    def __init__(self, expected: Digest, actual: Digest, what: str = "content") -> None:
        super().__init__(f"{what} does not match its digest: expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """`algorithm:hex` of exact bytes. Source: OCI image-spec, descriptor.md, section Digests."""

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the digest in `text`. Raises InvalidParameter for anything but lower-case sha256 or sha512."""
        algorithm, _, hex_ = text.partition(":")
        if len(hex_) != HEX_LENGTH.get(algorithm, -1) or not _HEX.issuperset(hex_):
            raise InvalidParameter(f"not a sha256 or sha512 digest: {text!r}")
        return cls(algorithm, hex_)

    @classmethod
    def of(cls, content: bytes, algorithm: str = "sha256") -> Self:
        """Return the digest of `content`."""
        return cls(algorithm, hashlib.new(algorithm, content).hexdigest())

    @property
    def short(self) -> str:
        """The first 12 hex digits, as Docker prints ids."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


class Hasher:
    """Hash bytes as they pass; `verify` says at the end whether they were the promised ones."""

    def __init__(self, algorithm: str = "sha256") -> None:
        self._algorithm = algorithm
        self._hash = hashlib.new(algorithm)
        self.size = 0

    def update(self, chunk: bytes | bytearray | memoryview) -> None:
        self._hash.update(chunk)
        self.size += len(chunk)

    @property
    def digest(self) -> Digest:
        return Digest(self._algorithm, self._hash.hexdigest())

    def verify(self, expected: Digest, what: str = "content") -> None:
        """Raise DigestMismatch unless all bytes so far have the digest `expected`."""
        if self.digest != expected:
            raise DigestMismatch(expected, self.digest, what)
