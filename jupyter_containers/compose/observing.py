"""What is there of a project: its containers, found by their labels, and all networks and volumes by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jupyter_containers.client import Client
from jupyter_containers.client.values import ContainerSummary
from jupyter_containers.compose import labels
from jupyter_containers.errors import NotFound

Labels = Mapping[str, str]
# Labels may be anybody's.
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a project. `status` is the daemon's sentence, with the health in it."""

    id: str
    name: str
    service: str
    number: int
    state: str
    summary: ContainerSummary
    config_hash: str = ""
    image_id: str = ""
    is_oneoff: bool = False

    @classmethod
    def from_summary(cls, found: ContainerSummary) -> Container:
        own = found.labels
        text = own.get(labels.NUMBER, "")
        number = int(text) if _NUMBER.fullmatch(text) else 0
        return cls(
            found.id, found.name, own.get(labels.SERVICE, ""), number, found.state,
            found, own.get(labels.HASH, ""), own.get(labels.IMAGE, ""),
            own.get(labels.ONEOFF, "").lower() == "true",
        )  # fmt: skip

    @property
    def is_running(self) -> bool:
        return self.state in ("running", "restarting", "paused")

    @property
    def needs(self) -> tuple[str, ...]:
        """The services that its own waited for, as its label tells."""
        text = self.summary.labels.get(labels.DEPENDS_ON, "")
        return tuple(entry.partition(":")[0] for entry in text.split(",") if entry)

    @property
    def health(self) -> str:
        return next(
            (word for word in ("healthy", "unhealthy", "starting") if f"({_WORDS[word]})" in self.summary.status), ""
        )


_WORDS = {"healthy": "healthy", "unhealthy": "unhealthy", "starting": "health: starting"}


@dataclass(frozen=True, slots=True)
class Found:
    """All of it. `networks` and `volumes` have the labels of each by its name, whoever made it."""

    containers: tuple[Container, ...] = ()
    networks: Mapping[str, Labels] = field(default_factory=dict, hash=False)
    volumes: Mapping[str, Labels] = field(default_factory=dict, hash=False)
    images: Mapping[str, str] = field(default_factory=dict, hash=False)

    def of(self, service: str) -> list[Container]:
        """Return the containers of a service by their numbers, those of `run` left out."""
        found = (one for one in self.containers if one.service == service and not one.is_oneoff)
        return sorted(found, key=lambda one: (one.number, one.name))


def observe(client: Client, project: str, images: Iterable[str] = ()) -> Found:
    """Ask the daemon what is there; of `images` those that are, by name with their ids."""
    filters = {"label": [f"{labels.PROJECT}={project}"]}
    containers = client.containers.list(every=True, filters=filters)
    return Found(
        tuple(Container.from_summary(one) for one in containers),
        {str(one["Name"]): one.get("Labels") or {} for one in client.networks.list()},
        {str(one["Name"]): one.get("Labels") or {} for one in client.volumes.list()},
        {name: id_ for name in dict.fromkeys(images) if (id_ := image_id(client, name))},
    )


def image_id(client: Client, name: str) -> str:
    """Return the id of an image, "" if it is not here."""
    try:
        return str(client.images.inspect(name)["Id"])
    except NotFound:
        return ""
