"""Docker's JSON of progress: one line of a pull."""

from __future__ import annotations

from typing import Any

from jupyter_containers.images.unpack import EXTRACTING
from jupyter_containers.registry import Progress

_BAR_WIDTH = 50


def progress_json(step: Progress) -> dict[str, Any]:
    """Write a step of a pull; the bar is there for clients that show the text as it is."""
    data: dict[str, Any] = {"status": step.status, "progressDetail": {}}
    if step.total:
        data["progressDetail"] = {"current": step.current, "total": step.total}
        data["progress"] = _bar(step.current, step.total)
    if step.id:
        data["id"] = step.id
    return data


def loading_json(step: Progress) -> dict[str, Any] | None:
    """Write a step of a load, None for what a load does not tell."""
    if step.status != EXTRACTING:
        return None
    return progress_json(Progress(step.id, "Loading layer", step.current, step.total))


def _bar(current: int, total: int) -> str:
    filled = min(_BAR_WIDTH, _BAR_WIDTH * current // total)
    bar = "=" * filled + (">" if filled < _BAR_WIDTH else "") + " " * (_BAR_WIDTH - filled - 1)
    return f"[{bar[:_BAR_WIDTH]}]  {_size(current)}/{_size(total)}"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.4g}{unit}"
        count /= 1000
    return ""
