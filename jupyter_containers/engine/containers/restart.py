"""Restart policies: when a container that ended is started again, and after how long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jupyter_containers.engine.containers.record import Record, Status
from jupyter_containers.errors import ContainersError

if TYPE_CHECKING:
    from jupyter_containers.engine.containers.container import Container
    from jupyter_containers.engine.containers.roster import Roster

FIRST_DELAY_NS = 100 * 10**6
LONGEST_DELAY_NS = 60 * 10**9
# Whoever ran this long is healthy again: the delay begins anew.
HEALTHY_AFTER_NS = 10 * 10**9


def wants_restart(record: Record, exit_code: int, *, stopped: bool, daemon_starts: bool = False) -> bool:
    """Tell whether the policy starts the container again. Pure.

    `stopped`: somebody ended it on purpose; only `always` comes back from that, and only when the daemon starts.
    """
    policy = record.host.restart_policy
    if policy.name == "always":
        return not stopped or daemon_starts
    if stopped:
        return False
    if policy.name == "unless-stopped":
        return True
    if policy.name == "on-failure" and exit_code != 0 and not daemon_starts:
        return policy.maximum_retries == 0 or record.restart_count < policy.maximum_retries
    return False


def next_delay_ns(previous_ns: int, run_ns: int) -> int:
    """Return how long to wait: 100 ms, doubled each time up to a minute, from the start after a long run. Pure."""
    if not previous_ns or run_ns >= HEALTHY_AFTER_NS:
        return FIRST_DELAY_NS
    return min(previous_ns * 2, LONGEST_DELAY_NS)


def schedule(roster: Roster, container: Container, run_ns: int) -> None:
    """Start the container again after a while. The caller holds the lock."""
    container.restart_delay_ns = next_delay_ns(container.restart_delay_ns, run_ns)
    work = _restart(roster, container, container.restart_delay_ns)
    container.restarting = roster.spawn(work, f"restart {container.record.short_id}")


async def _restart(roster: Roster, container: Container, delay_ns: int) -> None:
    from jupyter_containers.engine.containers.start import launch

    await asyncio.sleep(delay_ns / 1e9)
    async with container.lock:
        container.restarting = None
        if container.record.state.status is not Status.RESTARTING:
            return
        code = container.record.state.exit_code
        roster.save(container, restart_count=container.record.restart_count + 1)
        try:
            await launch(roster, container)
        except ContainersError:
            # As in dockerd, what cannot be started any more is over, with the code of its last run and the new error.
            if not container.is_removed:
                roster.save_state(container, exit_code=code)


def cancel(container: Container) -> None:
    """End the waiting for the next start."""
    if container.restarting is not None:
        container.restarting.cancel()
        container.restarting = None
