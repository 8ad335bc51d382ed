"""Where a daemon listens: an address as users write it in DOCKER_HOST."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.errors import InvalidParameter, Unsupported

_LATER = ("tcp", "http", "https", "ssh", "npipe", "fd")


@dataclass(frozen=True, slots=True)
class Address:
    """A unix socket; other ways to a daemon come later."""

    path: Path

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `unix:///run/x.sock`. Raises InvalidParameter, and Unsupported for addresses of other kinds."""
        scheme, separator, rest = text.strip().partition("://")
        if not separator:
            raise InvalidParameter(f"not an address of a daemon: {text!r}; expected unix:///path/to/socket")
        if scheme in _LATER:
            raise Unsupported(f"cannot reach a daemon at {text}: only unix:// addresses are supported for now")
        if scheme != "unix" or not rest.startswith("/"):
            raise InvalidParameter(f"not an address of a daemon: {text!r}; expected unix:// and an absolute path")
        return cls(Path(rest))

    def __str__(self) -> str:
        return f"unix://{self.path}"


def from_environment() -> Address | None:
    """Return the address in DOCKER_HOST, None when it is not set. Raises what Address.parse raises."""
    text = os.environ.get("DOCKER_HOST", "")
    return Address.parse(text) if text else None
