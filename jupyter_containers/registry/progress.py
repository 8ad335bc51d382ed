"""What a pull and a push tell while they run, in Docker's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

PULLING_LAYER = "Pulling fs layer"
WAITING = "Waiting"
DOWNLOADING = "Downloading"
VERIFYING = "Verifying Checksum"
DOWNLOADED = "Download complete"
EXISTS = "Already exists"

PREPARING = "Preparing"
PUSHING = "Pushing"
PUSHED = "Pushed"
LAYER_EXISTS = "Layer already exists"


@dataclass(frozen=True, slots=True)
class Progress:
    """`id` is a layer's short digest, or the tag in the first line; `current` and `total` are bytes, 0 for none."""

    id: str
    status: str
    current: int = 0
    total: int = 0


Tell = Callable[[Progress], None]


def retrying(seconds: int) -> str:
    return f"Retrying in {seconds} second{'' if seconds == 1 else 's'}"


def mounted_from(repository: str) -> str:
    return f"Mounted from {repository}"
