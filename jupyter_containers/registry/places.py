"""Where else a blob is: what pulls and pushes have seen, so that a push need not send what is there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest


class BlobPlaces(Protocol):
    """Remembered places (metadata implements it). What is remembered may be over: it is a hint, and is asked for."""

    def remember(self, blob: Digest, repository: str, descriptor: Descriptor) -> None:
        """Note that `repository` (with its domain) has a blob of the store, and under which descriptor."""

    def of(self, blob: Digest) -> Sequence[tuple[str, Descriptor]]:
        """Return the repositories that have a blob, the one seen last first."""


class NoPlaces:
    """Remembers nothing."""

    def remember(self, blob: Digest, repository: str, descriptor: Descriptor) -> None:
        pass

    def of(self, blob: Digest) -> Sequence[tuple[str, Descriptor]]:
        return ()
