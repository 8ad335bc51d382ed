"""How a shim is let go of, in good order or not: after it nothing of its container runs, and no group of it is left."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

from jupyter_containers.engine.environment import CGROUP_PARENT, Environment
from jupyter_containers.errors import Conflict, ContainersError, NotFound
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.supervisor import recovery
from jupyter_containers.supervisor.connection import Shim, ShimLost

_log = logging.getLogger(__name__)

KILL_SECONDS = 10.0


async def dismiss(environment: Environment, shim: Shim) -> None:
    """End a shim, with what a start that failed has left running. Failures are logged: there is nobody to tell."""
    identifier = shim.container_id
    try:
        try:
            await shim.delete()
        except Conflict:
            await shim.kill(signal.SIGKILL, everyone=True)
            async with asyncio.timeout(KILL_SECONDS):
                await shim.wait()
            await shim.delete()
    except ShimLost:
        remove_group(environment, environment.places.run / "bundles" / identifier)
        shim.close()
    except (ContainersError, TimeoutError) as error:
        _log.error("shim of container %s does not end: %s", identifier[:12], error)
        shim.close()
    except BaseException:
        shim.close()
        raise


async def dismiss_stray(environment: Environment, identifier: str, bundle_path: Path) -> None:
    """End what a daemon that was killed, or a shim that was, has left of a bundle that no container owns."""
    found = await recovery.reconnect(environment.places.run, identifier, bundle_path)
    if isinstance(found, Shim):
        await dismiss(environment, found)
    else:
        await asyncio.to_thread(remove_group, environment, bundle_path)


def remove_group(environment: Environment, bundle_path: Path) -> None:
    """Kill and remove what a lost shim has left of its container's group, which is where the bundle says."""
    identifier = bundle_path.name
    try:
        path = Bundle(bundle_path).load_spec().linux.cgroups_path
    except (ContainersError, OSError, ValueError):
        path = None
    try:
        group = environment.cgroups.open(path or f"{CGROUP_PARENT}/{identifier}")
        group.kill()
        group.remove()
    except NotFound:
        return
    except (ContainersError, OSError) as error:
        _log.warning("cgroup of container %s stays: %s", identifier[:12], error)
