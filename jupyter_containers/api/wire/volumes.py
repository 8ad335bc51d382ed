"""Docker's JSON of volumes."""

from __future__ import annotations

from typing import Any

from jupyter_containers.engine.disk_usage import VolumeUsage
from jupyter_containers.engine.volumes import Volume


def volume_usage_json(usage: VolumeUsage) -> dict[str, Any]:
    """Write a volume with what it takes, as `system df` does."""
    return volume_json(usage.volume) | {"UsageData": {"RefCount": usage.users, "Size": usage.size}}


def volume_json(volume: Volume) -> dict[str, Any]:
    return {
        "CreatedAt": volume.created_at,
        "Driver": "local",
        "Labels": dict(volume.labels) or None,
        "Mountpoint": str(volume.path),
        "Name": volume.name,
        "Options": dict(volume.options) or None,
        "Scope": "local",
    }
