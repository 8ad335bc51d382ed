"""Update: other limits and another restart policy for a container that is there, running or not."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from jupyter_containers.engine.containers import checks
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.create import host_limits
from jupyter_containers.engine.containers.devices import block_rates
from jupyter_containers.engine.containers.limit_checks import check_limits, discard, settle_limits
from jupyter_containers.engine.containers.record import Limits, RestartPolicy
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.specification import resources
from jupyter_containers.errors import Conflict, InvalidParameter


async def update(
    roster: Roster, container: Container, changes: Limits, restart_policy: RestartPolicy | None = None
) -> tuple[str, ...]:
    """Change what `changes` sets and leave the rest; return warnings.

    Raises InvalidParameter, Conflict in Docker's words.
    After cancellation: nothing happened, or all of it.
    """
    check_limits(changes_alone(changes), lambda: host_limits(roster))
    changes, warnings = discard(changes, roster.environment.cgroups.capabilities)
    async with container.lock:
        old = container.record.host
        if restart_policy is not None:
            checks.check_restart_policy(restart_policy)
            if old.auto_remove and restart_policy.name not in ("", "no"):
                raise InvalidParameter(
                    "Restart policy cannot be updated because AutoRemove is enabled for the container"
                )
        limits = merge_limits(container, old.limits, changes)
        check_limits(limits, lambda: host_limits(roster))
        if container.is_running and changes != Limits():
            await container.running_shim().update(resources(limits, block_rates(limits)))
        host = replace(old, limits=limits, restart_policy=restart_policy or old.restart_policy)
        roster.save(container, host=host)
        roster.publish(container, "update")
    return warnings


def changes_alone(changes: Limits) -> Limits:
    """Leave out what can only be checked together with what is set already."""
    return replace(changes, memory_swap=0) if not changes.memory else changes


def merge_limits(container: Container, old: Limits, changes: Limits) -> Limits:
    """Return the old limits with those that were said replaced; None, 0 and empty are "not said"."""
    if changes.memory and not changes.memory_swap and changes.memory > old.memory_swap >= 0:
        raise Conflict(
            f"Cannot update container {container.id}: Memory limit should be smaller than already set memoryswap "
            "limit, update the memoryswap at the same time"
        )
    if changes.nano_cpus and (old.cpu_quota or old.cpu_period):
        raise Conflict("Conflicting options: Nano CPUs cannot be updated as CPU Period/Quota has already been set")
    if (changes.cpu_quota or changes.cpu_period) and old.nano_cpus:
        raise Conflict("Conflicting options: CPU Period/Quota cannot be updated as NanoCPUs has already been set")
    said = {
        field.name: value
        for field in fields(Limits)
        if (value := getattr(changes, field.name)) not in (None, 0, "", False, ())
    }
    # Here 0 is a wish, as -1 is: no limit any more.
    lifted: dict[str, Any] = {"pids_limit": -1} if changes.pids_limit is not None and changes.pids_limit <= 0 else {}
    merged = replace(old, **said)
    return replace(merged if said.get("memory") is None else settle_limits(merged), **lifted)
