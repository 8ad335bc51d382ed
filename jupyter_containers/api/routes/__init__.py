"""Routes: one file per resource, each with its ROUTES; a handler reads the request, calls the engine, writes JSON."""

from __future__ import annotations

from jupyter_containers.api.routes import (
    bootstraps,
    build,
    build_results,
    commit,
    container_files,
    container_streams,
    containers,
    disk_usage,
    events,
    execs,
    failed_steps,
    histories,
    host_images,
    image_transfers,
    images,
    layers,
    networks,
    registries,
    sharing,
    system,
    traces,
    unsupported,
    volumes,
)
from jupyter_containers.api.routing import Route

# In order: the last one answers whatever nobody else does.
ROUTES: tuple[Route, ...] = (
    *system.ROUTES,
    *events.ROUTES,
    *disk_usage.ROUTES,
    *histories.ROUTES,
    *containers.ROUTES,
    *container_streams.ROUTES,
    *container_files.ROUTES,
    *execs.ROUTES,
    *bootstraps.ROUTES,
    *host_images.ROUTES,
    *image_transfers.ROUTES,
    *layers.ROUTES,
    *images.ROUTES,
    *build.ROUTES,
    *build_results.ROUTES,
    *failed_steps.ROUTES,
    *commit.ROUTES,
    *networks.ROUTES,
    *registries.ROUTES,
    *sharing.ROUTES,
    *traces.ROUTES,
    *volumes.ROUTES,
    *unsupported.ROUTES,
)
