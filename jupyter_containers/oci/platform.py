"""Platforms: what an image was made for, and how well that suits a host."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from jupyter_containers.errors import InvalidParameter

# What uname says → how images say it (Go's GOARCH), with the variant that such a machine has at least.
MACHINES = {
    "x86_64": ("amd64", ""), "amd64": ("amd64", ""), "i686": ("386", ""), "i386": ("386", ""),
    "aarch64": ("arm64", "v8"), "arm64": ("arm64", "v8"), "armv7l": ("arm", "v7"), "armv6l": ("arm", "v6"),
    "ppc64le": ("ppc64le", ""), "s390x": ("s390x", ""), "riscv64": ("riscv64", ""),
    "loongarch64": ("loong64", ""),
}  # fmt: skip
_SYSTEMS = {"linux", "windows", "darwin", "freebsd"}


@dataclass(frozen=True, slots=True)
class Platform:
    """`os/architecture[/variant]`. Source: OCI image-spec, image-index.md, property platform."""

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the platform written in `text`: `linux/arm64/v8`, or only `linux/amd64`, `linux` or `amd64`."""
        parts = text.lower().split("/")
        if not len(parts) <= 3 or not all(part.isalnum() for part in parts):
            raise InvalidParameter(
                f'"{text}": not a platform, expected os/architecture[/variant], as in linux/amd64: invalid argument'
            )
        if len(parts) == 1:
            parts = cls._completed(text, parts[0])
        architecture, variant = MACHINES.get(parts[1], (parts[1], ""))
        return cls(parts[0], architecture, parts[2] if len(parts) == 3 else variant)

    @classmethod
    def _completed(cls, text: str, word: str) -> list[str]:
        """Add what is missing from this host's platform."""
        host = host_platform()
        if word in _SYSTEMS:
            return [part for part in (word, host.architecture, host.variant) if part]
        if word not in MACHINES and word not in {architecture for architecture, _ in MACHINES.values()}:
            raise InvalidParameter(f'"{text}": unknown operating system or architecture: invalid argument')
        return [host.os, word]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(str(data.get("os", "")), str(data.get("architecture", "")), str(data.get("variant") or ""))

    def to_json(self) -> dict[str, str]:
        known = {"os": self.os, "architecture": self.architecture, "variant": self.variant}
        return {key: value for key, value in known.items() if value}

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


def host_platform() -> Platform:
    """Return the platform of this machine."""
    machine = os.uname().machine
    architecture, variant = MACHINES.get(machine, (machine, ""))
    return Platform("linux", architecture, variant)


def suitability(offered: Platform, wanted: Platform) -> int | None:
    """Rate an offered platform for a wanted one: None if it cannot serve, else higher is better.

    An offer may be of a lower variant than the wanted one (arm v6 serves v7), never of a higher. arm64 without a
    variant means v8, arm without means v7, amd64 without means v1, as containerd reads them.
    """
    if (offered.os, offered.architecture) != (wanted.os, wanted.architecture):
        return None
    have, need = _level(offered), _level(wanted)
    return have if have <= need else None


def _level(platform: Platform) -> int:
    default = {"arm64": 8, "arm": 7, "amd64": 1}.get(platform.architecture, 0)
    digits = platform.variant.removeprefix("v")
    return int(digits) if digits.isdecimal() else default
