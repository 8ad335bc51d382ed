"""Docker's JSON of the build cache, as `system df` has it."""

from __future__ import annotations

from typing import Any

from jupyter_containers.api.wire.builds import DIRECTORY_TYPE
from jupyter_containers.api.wire.times import rfc3339
from jupyter_containers.build.operations.caches import CacheDirectory
from jupyter_containers.engine.disk_usage import StepUsage


def parents_json(parent: str, *, version: tuple[int, int]) -> dict[str, Any]:
    """Write what a part of the cache stands on: one word until 1.41, a list since. Source: Engine API, history."""
    return {"Parents": [parent] if parent else None} if version >= (1, 42) else {"Parent": parent}


def directory_json(found: CacheDirectory, *, version: tuple[int, int]) -> dict[str, Any]:
    """Write what a cache mount has kept."""
    return {
        "ID": found.key,
        **parents_json("", version=version),
        "Type": DIRECTORY_TYPE,
        "Description": "cached mount of RUN --mount=type=cache",
        "InUse": found.in_use,
        "Shared": False,
        "Size": found.size,
        "CreatedAt": found.created,
        "LastUsedAt": rfc3339(int(found.last_used * 1e9)),
    }


def step_json(usage: StepUsage, *, version: tuple[int, int]) -> dict[str, Any]:
    """Write a cached step. How often it was used is not counted here, so that is left out."""
    step = usage.step
    return {
        "ID": step.key,
        **parents_json(step.parent, version=version),
        "Type": "regular",
        "Description": f"layer {step.chain}",
        "InUse": usage.shared,
        "Shared": usage.shared,
        "Size": usage.size,
        "CreatedAt": step.created,
        "LastUsedAt": rfc3339(int(step.last_used * 1e9)),
    }
