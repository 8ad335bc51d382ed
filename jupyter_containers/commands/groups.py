"""container and image: the same commands as docker groups them, and a few that have no other name."""

from __future__ import annotations

from dataclasses import replace

from jupyter_containers.commands import (
    bootstrapping,
    build,
    committing,
    containers,
    copying,
    image_diff,
    images,
    inspecting,
    layers,
    life,
    looking,
    pulling,
    pushing,
    run,
    system,
)
from jupyter_containers.commands.command import group

CONTAINER = group(
    "container",
    "containers: the same commands as without this word, and prune",
    replace(containers.PS, name="ls", aliases=("list", "ps")),
    run.RUN,
    run.EXEC,
    containers.LOGS,
    containers.START,
    containers.STOP,
    containers.KILL,
    replace(containers.RM, aliases=("remove",)),
    life.RESTART,
    life.PAUSE,
    life.UNPAUSE,
    life.WAIT,
    life.RENAME,
    life.UPDATE,
    looking.TOP,
    looking.STATS,
    replace(looking.DIFF, arguments=(containers.ONE,)),
    looking.PORT,
    copying.CP,
    committing.COMMIT,
    committing.EXPORT,
    replace(inspecting.INSPECT, arguments=inspecting.arguments("container")),
    system.PRUNE_CONTAINERS,
)
IMAGE = group(
    "image",
    "images: the same commands as without this word, bootstrap and prune",
    replace(images.IMAGES, name="ls", aliases=("list",)),
    bootstrapping.BOOTSTRAP,
    build.BUILD,
    pulling.PULL,
    pushing.PUSH,
    images.TAG,
    replace(images.RMI, name="rm", aliases=("remove",)),
    looking.HISTORY,
    image_diff.DIFF,
    layers.LAYERS,
    committing.SAVE,
    committing.LOAD,
    committing.IMPORT,
    replace(inspecting.INSPECT, arguments=inspecting.arguments("image")),
    system.PRUNE_IMAGES,
)
