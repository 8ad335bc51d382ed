"""One build for several platforms: an image for each, and an index of them.

Source: BuildKit, docs/multi-platform.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jupyter_containers.build.progress import (
    Event,
    GraphPlanned,
    Listener,
    NodeChanged,
    StepCached,
    StepDone,
    StepOutput,
    StepRunning,
    StepStarted,
)
from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine.build_caches import Layout
from jupyter_containers.engine.build_outputs import Output, is_stored
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.images.layout import naming, refuse_host
from jupyter_containers.images.walk import Image
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.manifest import Index
from jupyter_containers.oci.platform import Platform, host_platform, suitability
from jupyter_containers.oci.reference import Reference


def parse_platforms(text: str) -> tuple[Platform, ...]:
    """Read `linux/amd64,linux/arm64`. Raises InvalidParameter."""
    found = tuple(Platform.parse(part.strip()) for part in text.split(",")) if text else ()
    if len(set(found)) != len(found):
        raise InvalidParameter(f"a platform is named twice: {text}")
    return found


def check_outputs(platforms: Sequence[Platform], outputs: Sequence[Output], names: Sequence[Reference]) -> None:
    """Refuse several platforms where there can be no index; `names` are those in the store.

    Raises Unsupported, InvalidParameter for an index in the store that would have no name.
    """
    if len(platforms) < 2:
        return
    several = f"a build for several platforms ({','.join(map(str, platforms))})"
    if any(output.kind not in ("oci", "image") for output in outputs):
        raise Unsupported(f"{several} has outputs of types image, registry and oci only; or build each by itself")
    if is_stored(outputs) and not names:
        raise InvalidParameter(f"{several} needs a name; name the image with -t, or give it an output of type oci")


def primary(images: Sequence[Image]) -> Image:
    """Return the one that a name means on this machine: the one for its platform, or else the first."""
    rated = [(suitability(image.config.platform, host_platform()), image) for image in images]
    best = max((rating for rating, _ in rated if rating is not None), default=None)
    return next(image for rating, image in rated if rating == best)


class Counting:
    """Tells a build for one platform of several: its steps have numbers behind those of the ones before."""

    def __init__(self, platform: Platform, told: int, listener: Listener) -> None:
        self._platform = platform
        self._told = told
        self._listener = listener
        self.total = told

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self.total = self._told + event.total
            text = f"[{self._platform}] {event.text}"
            event = replace(event, number=event.number + self._told, total=self.total, text=text)
        elif isinstance(event, StepRunning | StepOutput | StepCached | StepDone | NodeChanged):
            event = replace(event, number=event.number + self._told)
        elif isinstance(event, GraphPlanned):
            # Stages of different platforms have one name and are not the same.
            event = GraphPlanned(tuple(
                replace(
                    node, number=node.number + self._told, stage=node.stage + self._told,
                    inputs=tuple(number + self._told for number in node.inputs),
                    stage_name=f"[{self._platform}] {node.stage_name}".rstrip(),
                )
                for node in event.nodes
            ))  # fmt: skip
        self._listener(event)


def write_index(images: Sequence[Image], names: Sequence[Reference], content: ContentStore) -> Layout:
    """Write the index of images into the store; return it with all that it leads to. Raises Unsupported for host."""
    for image in images:
        refuse_host(image)
    entries = tuple(replace(image.descriptor, platform=image.config.platform) for image in images)
    written = Index(media_types.OCI_INDEX, entries).to_bytes()
    index = Descriptor(media_types.OCI_INDEX, content.write(written), len(written))
    blobs = {index.digest} | {digest for image in images for digest in image.blobs}
    named = tuple(replace(index, annotations=naming(name)) for name in names) or (index,)
    return Layout(named, frozenset(blobs))
