"""Images that are fetched again when they have been here for some time: pull_policy daily, weekly, every_… and refresh.

Source: Compose Specification, services.pull_policy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from jupyter_containers.client import Client
from jupyter_containers.compose.model import Service
from jupyter_containers.compose.shapes import nanoseconds
from jupyter_containers.errors import NotFound

_AGES = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
_EVERY = "every_"


def refresh_age(service: Service) -> timedelta | None:
    """Return how old the image of a service may be, None if it may be of any age."""
    policy = str(service.definition.get("pull_policy", ""))
    if policy.startswith(_EVERY):
        return timedelta(microseconds=nanoseconds(policy.removeprefix(_EVERY)) / 1000)
    if policy == "refresh":
        return timedelta(microseconds=nanoseconds(service.definition["pull_refresh_after"]) / 1000)
    return _AGES.get(policy)


def stale_images(client: Client, services: Iterable[Service], now: datetime | None = None) -> set[str]:
    """Return the images of services that came here, or were last named, longer ago than their services want."""
    found = set()
    for service in services:
        age = refresh_age(service)
        came = _came(client, service.image) if age is not None else None
        if age is not None and came is not None and (now or datetime.now(UTC)) - came >= age:
            found.add(service.image)
    return found


def _came(client: Client, image: str) -> datetime | None:
    """Return when an image was last tagged here; the beginning of time if the daemon does not know."""
    try:
        text = (client.images.inspect(image).get("Metadata") or {}).get("LastTagTime")
    except NotFound:
        return None
    if not text:
        return datetime.min.replace(tzinfo=UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
