"""Failed steps of builds in JSON. Docker has no such thing: the names are ours, in its style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jupyter_containers.api import filters
from jupyter_containers.api.wire.builds import Prunable
from jupyter_containers.api.wire.disk_usage import parents_json
from jupyter_containers.api.wire.times import rfc3339
from jupyter_containers.engine.failed_steps import Failure


def failure_json(failure: Failure, *, size: int, in_use: bool, missing: Sequence[str]) -> dict[str, Any]:
    """Write a failed step. `Missing` says which of its mounts a container of it has to do without."""
    step = failure.step
    return {
        "Id": failure.id,
        "Image": failure.image,
        "Names": list(failure.names),
        "Created": rfc3339(int(failure.created * 1e9)),
        "File": failure.file,
        "Line": step.lines[0],
        "EndLine": step.lines[1],
        "Instruction": step.source,
        "ExitCode": step.code,
        "Output": list(step.output),
        "Shell": list(step.operation.shell),
        "Env": list(step.operation.env),
        "WorkingDir": step.operation.cwd,
        "User": step.operation.user,
        "NetworkMode": step.operation.network,
        "Size": size,
        "InUse": in_use,
        "Missing": list(missing),
    }


def usage_json(failure: Failure, *, size: int, in_use: bool, version: tuple[int, int]) -> dict[str, Any]:
    """Write a failed step as an entry of the build cache, as `system df` has it."""
    moment = rfc3339(int(failure.created * 1e9))
    return {
        "ID": failure.id,
        **parents_json("", version=version),
        "Type": "regular",
        "Description": f"failed step {failure.step.source}",
        "InUse": in_use,
        "Shared": False,
        "Size": size,
        "CreatedAt": moment,
        "LastUsedAt": moment,
    }


def is_failure_prunable(failure: Failure, wanted: filters.Filters, until: Sequence[float]) -> bool:
    """Tell whether a failed step passes the filters of a prune of the build cache, which it is a part of."""
    return Prunable(failure.id, failure.created).passes(wanted, until)
