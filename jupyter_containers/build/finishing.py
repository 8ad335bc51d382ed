"""The last step of a build: what all steps have led to becomes one image, as its outputs want it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from jupyter_containers.build.blocking import check
from jupyter_containers.build.caches.config import with_inline
from jupyter_containers.build.dockerfile.to_graph.plan import Plan
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images.assemble import assemble_around
from jupyter_containers.images.retiming import MAX_MOMENT, clamped, retimed
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.image_config import ImageConfig

EPOCH = "SOURCE_DATE_EPOCH"


def moment_of(build_args: Mapping[str, str | None]) -> int | None:
    """Return the latest time that the image may show, in seconds; None if none is set. Raises InvalidParameter."""
    text = build_args.get(EPOCH)
    if not text:
        return None
    if not text.isdecimal() or not text.isascii() or int(text) > MAX_MOMENT:
        raise InvalidParameter(f"invalid {EPOCH}: {text}: expected seconds since 1970, as `date +%s` writes them")
    return int(text)


def base_of(planned: Plan) -> int:
    """Return how many of the target's layers come from the image that it stands on."""
    openings = {step.stage: step.opens for step in planned.steps if step.opens is not None}
    opening = openings[planned.stage]
    while opening.parent is not None:
        opening = openings[opening.parent]
    return len(opening.image.manifest.layers) if opening.image is not None else 0


@dataclass(frozen=True, slots=True)
class Finish:
    """`moment`: the latest time in config and history and, with `rewrites_times`, in the layers that were built."""

    moment: int | None = None
    rewrites_times: bool = True
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    # What cache goes into the config, "" for none.
    inline: Callable[[Filesystem], str] = lambda _filesystem: ""

    @property
    def changes_anything(self) -> bool:
        return self.moment is not None or bool(self.annotations)

    def image(
        self, content: ContentStore, config: ImageConfig, filesystem: Filesystem, base: int, stop: threading.Event
    ) -> Image:
        """Write the image, and return it; the lowest `base` layers are somebody else's and stay. Blocking."""
        layers = [layer.descriptor for layer in filesystem.layers]
        if self.moment is not None:
            config = with_moment(config, self.moment)
            if self.rewrites_times:
                config, layers = self._retimed(content, config, layers, base, stop)
        written = config.to_bytes()
        if cache := self.inline(filesystem):
            written = with_inline(written, cache)
        digest = content.write(written)
        return assemble_around(content, config, digest, layers, annotations=dict(sorted(self.annotations.items())))

    def _retimed(
        self, content: ContentStore, config: ImageConfig, layers: list[Descriptor], base: int, stop: threading.Event
    ) -> tuple[ImageConfig, list[Descriptor]]:
        assert self.moment is not None
        written = [retimed(content, layer, self.moment, check=lambda: check(stop)) for layer in layers[base:]]
        diff_ids = (*config.diff_ids[:base], *(diff_id for _, diff_id in written))
        return replace(config, diff_ids=diff_ids), [*layers[:base], *(layer for layer, _ in written)]


def with_moment(config: ImageConfig, moment: int) -> ImageConfig:
    """Return the config with no time after `moment`. Source: BuildKit, docs/build-repro.md."""
    text = datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")
    history = tuple(replace(entry, created=clamped(entry.created, moment, text)) for entry in config.history)
    return replace(config, created=clamped(config.created, moment, text), history=history)
