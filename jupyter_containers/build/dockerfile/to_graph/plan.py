"""The result of the passes: steps in the order of the Dockerfile, some with a vertex."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_containers.build.graph import Vertex
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.image_config import ImageConfig, ProcessDefaults
from jupyter_containers.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One instruction. `process` is the image's config after it.

    `vertex` is the work it needs, None if it changes only the config. `created_by` "" leaves no history (FROM, ONBUILD,
    labels given to the build).
    `opens` is set for FROM: what the stage begins with.
    """

    stage: int
    text: str
    lines: tuple[int, int]
    process: ProcessDefaults
    vertex: Vertex | None = None
    created_by: str = ""
    author: str = ""
    opens: Opening | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What a stage stands on: an image's config, that of an earlier stage, or nothing."""

    config: ImageConfig
    image: Image | None = None
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`target` is the vertex whose filesystem becomes the image, `stage` the one whose config does."""

    steps: tuple[PlannedStep, ...]
    target: Vertex
    stage: int
    platform: Platform
    stage_names: tuple[str, ...] = ()
    warnings: tuple[tuple[int, str], ...] = ()
