"""The operations that a plan is made of: values that say what they do."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_containers.compose.model import COMPLETED, HEALTHY, Dependency, Network, Service, Volume
from jupyter_containers.compose.observing import Container


@dataclass(frozen=True, slots=True)
class BuildImage:
    service: Service

    def describe(self) -> str:
        return f"build image {self.service.image} for {self.service.name}"


@dataclass(frozen=True, slots=True)
class PullImage:
    service: Service

    def describe(self) -> str:
        return f"pull image {self.service.image} for {self.service.name}"


@dataclass(frozen=True, slots=True)
class CreateNetwork:
    network: Network

    def describe(self) -> str:
        return f"create network {self.network.name}"


@dataclass(frozen=True, slots=True)
class CreateVolume:
    volume: Volume

    def describe(self) -> str:
        return f"create volume {self.volume.name}"


@dataclass(frozen=True, slots=True)
class CreateContainer:
    service: Service
    number: int
    name: str

    def describe(self) -> str:
        return f"create container {self.name}"


@dataclass(frozen=True, slots=True)
class RecreateContainer:
    """Make a container anew; the one before is stopped and removed when the new one is there."""

    service: Service
    number: int
    name: str
    before: Container
    reason: str
    keeps_volumes: bool = True
    timeout_seconds: int | None = None

    def describe(self) -> str:
        return f"recreate container {self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class StartContainer:
    """Start a container, when what it needs is as it must be."""

    service: Service
    name: str
    needs: tuple[Dependency, ...] = ()

    def describe(self) -> str:
        words = {HEALTHY: "is healthy", COMPLETED: "has completed"}
        needs = [f"{need.service} {words[need.condition]}" for need in self.needs if need.condition in words]
        return f"start container {self.name}{f' when {chr(32).join(_and(needs))}' if needs else ''}"


def _and(texts: list[str]) -> list[str]:
    return [texts[0], *(f"and {text}" for text in texts[1:])]


@dataclass(frozen=True, slots=True)
class StopContainer:
    """Stop a container. Those of one `group` that stand beside each other are stopped at once."""

    container: Container
    group: int = 0
    timeout_seconds: int | None = None

    def describe(self) -> str:
        return f"stop container {self.container.name}"


@dataclass(frozen=True, slots=True)
class RemoveContainer:
    container: Container
    reason: str = ""
    volumes: bool = False

    def describe(self) -> str:
        return f"remove container {self.container.name}{f': {self.reason}' if self.reason else ''}"


@dataclass(frozen=True, slots=True)
class RemoveNetwork:
    name: str

    def describe(self) -> str:
        return f"remove network {self.name}"


@dataclass(frozen=True, slots=True)
class RemoveVolume:
    name: str

    def describe(self) -> str:
        return f"remove volume {self.name}"


@dataclass(frozen=True, slots=True)
class RemoveImage:
    name: str

    def describe(self) -> str:
        return f"remove image {self.name}"


Operation = (
    BuildImage | PullImage | CreateNetwork | CreateVolume | CreateContainer | RecreateContainer | StartContainer
    | StopContainer | RemoveContainer | RemoveNetwork | RemoveVolume | RemoveImage
)  # fmt: skip
Plan = tuple[Operation, ...]
