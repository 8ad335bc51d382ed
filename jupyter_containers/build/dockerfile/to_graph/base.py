"""FROM: what a stage begins with, and the triggers that its base image left."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_containers.build.dockerfile.instructions import Statement, parse
from jupyter_containers.build.dockerfile.lines import Line, read_line
from jupyter_containers.build.dockerfile.stages import SCRATCH, Dockerfile, Stage, origins
from jupyter_containers.build.dockerfile.to_graph.files import folder_root
from jupyter_containers.build.dockerfile.to_graph.plan import Opening
from jupyter_containers.build.dockerfile.to_graph.state import DEFAULT_PATH, StageState
from jupyter_containers.build.executor import NetworkMode
from jupyter_containers.build.graph import vertex
from jupyter_containers.build.operations.definitions import ImageRoot
from jupyter_containers.errors import Unsupported
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.image_config import ImageConfig
from jupyter_containers.oci.platform import Platform, host_platform, suitability


def external_images(dockerfile: Dockerfile, stages: tuple[Stage, ...]) -> dict[str, Line]:
    """Return the images that must be resolved before the graph can be made, with the line that names each first."""
    found: dict[str, Line] = {}
    for stage in stages:
        if stage.parent is None and stage.base != SCRATCH and dockerfile.folder(stage.base) is None:
            found.setdefault(stage.base, stage.opening.line)
        for statement in stage.statements:
            for origin in origins(statement.instruction):
                if dockerfile.find(origin, stage.number) is not None or dockerfile.folder(origin) is not None:
                    continue
                if origin != SCRATCH:
                    found.setdefault(origin, statement.line)
    return found


def open_stage(
    stage: Stage,
    earlier: Mapping[int, StageState],
    images: Mapping[str, Image],
    *,
    dockerfile: Dockerfile,
    build_args: Mapping[str, str | None],
    network: NetworkMode,
) -> tuple[StageState, tuple[Statement, ...]]:
    """Return the state after FROM, and the triggers to run before the stage's own lines."""
    _check_platform(stage)
    parent = earlier[stage.parent] if stage.parent is not None else None
    folder = None if parent else dockerfile.folder(stage.base)
    image = None if parent or stage.base == SCRATCH or folder is not None else images[stage.base]
    config = image.config if image else ImageConfig(host_platform())
    process = parent.process if parent else config.process
    triggers = process.on_build
    top = parent.top if parent else vertex(ImageRoot(image), lines=stage.opening.line.lines)
    if folder is not None:
        top = folder_root(folder)
    state = StageState(
        stage.number,
        top,
        process,
        build_args,
        dockerfile.arguments,
        network,
        author=parent.author if parent else config.author,
    )
    state.change(on_build=())
    if "PATH" not in state.env:
        state.set_env("PATH", DEFAULT_PATH)
    state.add_step(stage.opening, "", opens=Opening(config, image, stage.parent))
    opening = stage.opening.line
    return state, tuple(parse(read_line(text, "\\", opening.lines)) for text in triggers)


def _check_platform(stage: Stage) -> None:
    if not stage.platform:
        return
    line = stage.opening.line
    if suitability(Platform.parse(stage.platform), host_platform()) is None:
        raise Unsupported(
            f"cannot build for {stage.platform} on {host_platform()} (line {line.start}); leave --platform out",
            line=line.start, end_line=line.end, source=line.text,
        )  # fmt: skip
