"""What a project is: services, networks and volumes as values that nobody changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]

STARTED, HEALTHY, COMPLETED = "service_started", "service_healthy", "service_completed_successfully"
# What a service may be told without its containers becoming others, and what is counted in its resolved form.
_NOT_HASHED = {
    "attach", "build", "depends_on", "develop", "profiles", "pull_policy", "scale", "env_file", "label_file",
    "environment", "labels",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dependency:
    """A service that must be there before another; `restart`: when it is made anew, the other begins again, too."""

    service: str
    condition: str = STARTED
    required: bool = True
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A file that a service is given, a secret or a config: bound from `path`, or with `content` written into it."""

    kind: str
    source: str
    target: str
    path: str = ""
    content: bytes | None = field(default=None, repr=False)
    uid: int = 0
    gid: int = 0
    mode: int = 0o444

    def fingerprint(self) -> list[object]:
        """Return what of it makes a container another one, and not the secret itself."""
        digest = "" if self.content is None else hashlib.sha256(self.content).hexdigest()
        return [self.kind, self.source, self.target, self.path, digest, self.uid, self.gid, self.mode]


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is to run. `definition` is all that the file says of it, in long form, for what has no field."""

    name: str
    image: str
    scale: int = 1
    depends_on: tuple[Dependency, ...] = ()
    networks: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    grants: tuple[Grant, ...] = ()
    build_secrets: Mapping[str, bytes] = field(default_factory=dict, hash=False, repr=False)
    definition: Json = field(default_factory=dict, hash=False)

    @property
    def build(self) -> Json | None:
        found: Json | None = self.definition.get("build")
        return found

    @property
    def has_healthcheck(self) -> bool:
        return bool(self.definition.get("healthcheck", {}).get("test"))

    @property
    def stop_seconds(self) -> str:
        return str(self.definition.get("stop_grace_period", ""))

    def hash(self) -> str:
        """Return the fingerprint of what its containers are made from."""
        kept = {key: value for key, value in self.definition.items() if key not in _NOT_HASHED}
        if "deploy" in kept:
            kept["deploy"] = {key: value for key, value in kept["deploy"].items() if key != "replicas"}
        whole = [kept, self.image, self.environment, self.labels, [grant.fingerprint() for grant in self.grants]]
        return digest(whole)


@dataclass(frozen=True, slots=True)
class Network:
    """A network by the key that services use; `name` is the engine's. An external one is neither made nor removed."""

    key: str
    name: str
    is_external: bool = False
    definition: Json = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume by the key that services use; `name` is the engine's. An external one is neither made nor removed."""

    key: str
    name: str
    is_external: bool = False
    definition: Json = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Project:
    """Services that are to run, those that their profiles keep out, and the networks and volumes that they use."""

    name: str
    folder: Path
    files: tuple[Path, ...] = ()
    services: Mapping[str, Service] = field(default_factory=dict, hash=False)
    inactive: tuple[str, ...] = ()
    networks: Mapping[str, Network] = field(default_factory=dict, hash=False)
    volumes: Mapping[str, Volume] = field(default_factory=dict, hash=False)
    files_given: Json = field(default_factory=dict, hash=False, repr=False)
    warnings: tuple[str, ...] = ()


def digest(value: object) -> str:
    """Return the fingerprint of JSON values, the same for the same values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
