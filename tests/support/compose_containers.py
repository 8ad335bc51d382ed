"""Containers of a project as an observation would find them."""

from __future__ import annotations

from datetime import UTC, datetime

from jupyter_containers.client.values import ContainerSummary
from jupyter_containers.compose import labels
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.observing import Container


def container(
    project: Project | None, service: str, number: int = 1, *, state: str = "running", status: str = "",
    needs: str = "", is_oneoff: bool = False, config_hash: str = "", image_id: str = "",
) -> Container:  # fmt: skip
    """Return a container; its fingerprint is that of the project's service unless told otherwise."""
    known = project.services.get(service) if project is not None else None
    found = {
        labels.SERVICE: service,
        labels.NUMBER: str(number),
        labels.HASH: config_hash or (known.hash() if known is not None else ""),
        labels.ONEOFF: str(is_oneoff),
        labels.DEPENDS_ON: needs,
        labels.IMAGE: image_id,
    }
    name = f"shop-{service}-{number}"
    now = datetime.now(UTC)
    return Container.from_summary(ContainerSummary(f"id-{name}", name, "x", "", now, state, status, (), found))
