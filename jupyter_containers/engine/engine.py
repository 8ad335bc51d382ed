"""The engine: one attribute per family of use-cases. The API sees nothing else of the office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_containers.engine.bootstraps import Bootstraps
    from jupyter_containers.engine.builds import Builds
    from jupyter_containers.engine.containers import Containers
    from jupyter_containers.engine.events import Events
    from jupyter_containers.engine.exports import Exports
    from jupyter_containers.engine.failed_steps import FailedSteps
    from jupyter_containers.engine.images import Images
    from jupyter_containers.engine.layer_listings import LayerListings
    from jupyter_containers.engine.networks import Networks
    from jupyter_containers.engine.processes import Execs
    from jupyter_containers.engine.pushes import Pushes
    from jupyter_containers.engine.sharing import Sharing
    from jupyter_containers.engine.system import System
    from jupyter_containers.engine.tracing import Traces
    from jupyter_containers.engine.transfers import Transfers
    from jupyter_containers.engine.volumes import Volumes


@dataclass(frozen=True, slots=True)
class Engine:
    """`bootstraps` makes its use-cases, and loads their modules, when they are first asked for."""

    containers: Containers
    execs: Execs
    images: Images
    transfers: Transfers
    exports: Exports
    layer_listings: LayerListings
    pushes: Pushes
    builds: Builds
    failed_steps: FailedSteps
    bootstraps: Callable[[], Bootstraps]
    networks: Networks
    volumes: Volumes
    events: Events
    sharing: Sharing
    system: System
    traces: Traces
