"""FROM: what a stage begins with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from jupyter_containers.build.dockerfile.lines import Line
from jupyter_containers.build.dockerfile.stages import Dockerfile, Stage, image_key, origins
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

# What processors run beside their own programs: x86 the older 32-bit ones.
_NATIVE = frozenset({("amd64", "386")})


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image to be resolved: its name, what it has to be for (None: this machine), and the line that names it."""

    reference: str
    platform: Platform | None
    line: Line


def external_images(dockerfile: Dockerfile, stages: tuple[Stage, ...]) -> dict[str, Wanted]:
    """Return the images that must be resolved before the graph can be made, by the keys that the graph has for them."""
    found: dict[str, Wanted] = {}
    for stage in stages:
        if stage.parent is None and not dockerfile.is_scratch(stage.base) and dockerfile.folder(stage.base) is None:
            wanted = Wanted(stage.base, dockerfile.platform_of(stage), stage.opening.line)
            found.setdefault(dockerfile.base_key(stage), wanted)
        for statement in (*stage.triggers, *stage.statements):
            for origin in origins(statement.instruction):
                if dockerfile.find(origin, stage.number) is not None or dockerfile.folder(origin) is not None:
                    continue
                if not dockerfile.is_scratch(origin):
                    wanted = Wanted(origin, dockerfile.platform, statement.line)
                    found.setdefault(image_key(origin, dockerfile.platform), wanted)
    return found


def open_stage(
    stage: Stage,
    earlier: Mapping[int, StageState],
    images: Mapping[str, Image],
    *,
    dockerfile: Dockerfile,
    build_args: Mapping[str, str | None],
    network: NetworkMode,
    emulated: Collection[str] = (),
) -> StageState:
    """Return the state after FROM."""
    platform = dockerfile.platform_of(stage) or host_platform()
    _check_system(stage, platform)
    parent = earlier[stage.parent] if stage.parent is not None else None
    folder = None if parent else dockerfile.folder(stage.base)
    is_empty = parent is None and (dockerfile.is_scratch(stage.base) or folder is not None)
    image = None if parent or is_empty else images[dockerfile.base_key(stage)]
    config = image.config if image else ImageConfig(platform)
    nothing = replace(config.process, working_dir="/")
    process = parent.process if parent else nothing if is_empty else config.process
    root = folder_root(folder) if folder else vertex(ImageRoot(image), lines=stage.opening.line.lines)
    state = StageState(
        stage.number,
        parent.top if parent else root,
        process,
        build_args,
        dockerfile.arguments,
        network,
        author=parent.author if parent else config.author,
        foreign=parent.foreign if parent else _foreign(config.platform, emulated),
        arguments=dict(parent.arguments) if parent else {},
        declared=dict(parent.declared) if parent else {},
        declarations=list(parent.declarations) if parent else [],
    )
    state.change(on_build=())
    if "PATH" not in state.env:
        state.set_env("PATH", DEFAULT_PATH)
    state.add_step(stage.opening, "", opens=Opening(config, image, stage.parent))
    return state


def _check_system(stage: Stage, platform: Platform) -> None:
    if platform.os != host_platform().os:
        line = stage.opening.line
        raise Unsupported(
            f"cannot build for {platform} on {host_platform()} (line {line.start}); leave --platform out",
            line=line.start, end_line=line.end, source=line.text,
        )  # fmt: skip


def _foreign(platform: Platform, emulated: Collection[str]) -> str:
    """Return the platform if its programs do not run here, "" if they do. An image may not say what it is for."""
    architecture, host = platform.architecture, host_platform()
    runs = (
        not architecture
        or architecture in emulated
        or suitability(platform, host) is not None
        or (host.architecture, architecture) in _NATIVE
    )
    return "" if runs else str(platform)
