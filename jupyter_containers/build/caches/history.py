"""The older way to know what was done before: an image's history has the same words as the Dockerfile's next lines.

As dockerd's classic builder has it for images named in --cache-from. Only steps that their words and what they stand on
say all about are believed: a RUN without mounts, a WORKDIR, changes of the config. The words of a COPY do not say which
files: it is done, and what comes of it compared. Source: moby, image/cache/cache.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from jupyter_containers.build.dockerfile.to_graph.plan import Opening, Plan, PlannedStep
from jupyter_containers.build.filesystem import Filesystem, Layer, Outcome
from jupyter_containers.build.graph import Vertex
from jupyter_containers.build.operations.definitions import CopyFiles, Execute, MakeDirectory
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import History, ImageConfig

_NOTHING = "/bin/sh -c #(nop) "
_OURS = " # buildkit"
# Stage, lines, and the layers below.
_Place: TypeAlias = tuple[int, tuple[int, int], tuple[Digest, ...]]


@dataclass(slots=True)
class Done:
    """What was done according to histories: results by the digest of a vertex, times by the step's place."""

    _results: dict[str, list[tuple[Filesystem, Layer | None, str]]] = field(default_factory=dict)
    _times: dict[_Place, str] = field(default_factory=dict)
    # Results of copies, to be compared.
    _copies: dict[str, list[Outcome]] = field(default_factory=dict)

    def add(self, other: Done) -> None:
        for digest, results in other._results.items():
            self._results.setdefault(digest, []).extend(results)
        for digest, copies in other._copies.items():
            self._copies.setdefault(digest, []).extend(copies)
        for place, created in other._times.items():
            self._times.setdefault(place, created)

    def note(self, step: PlannedStep, below: Filesystem, layer: Layer | None, created: str) -> None:
        self._times[_place(step, below.layers)] = created
        if step.vertex is not None and isinstance(step.vertex.operation, CopyFiles):
            copied = Outcome(below.with_layer(layer), created, layer, cached=True)
            self._copies.setdefault(step.vertex.digest, []).append(copied)
        elif step.vertex is not None:
            self._results.setdefault(step.vertex.digest, []).append((below, layer, created))

    def look_up(self, vertex: Vertex, parent: Filesystem) -> Outcome | None:
        for below, layer, created in self._results.get(vertex.digest, ()):
            if below.chain == parent.chain:
                return Outcome(parent.with_layer(layer), created, layer, cached=True)
        return None

    def copies(self, vertex: Vertex, parent: Filesystem) -> list[Outcome]:
        """Return what a copy on this parent may have resulted in."""
        found = self._copies.get(vertex.digest, ())
        return [one for one in found if one.layer is not None and _below(one).chain == parent.chain]

    def time_of(self, step: PlannedStep, diff_ids: Iterable[Digest]) -> str | None:
        """Return when a change of the config on top of these layers was made."""
        return self._times.get((step.stage, step.lines, tuple(diff_ids))) if step.vertex is None else None


def _below(outcome: Outcome) -> Filesystem:
    return Filesystem.of(outcome.filesystem.layers[:-1])


@dataclass(frozen=True, slots=True)
class _Position:
    """How much of the image a stage has gone along: entries of its history, layers."""

    entries: int
    layers: int


def matched(planned: Plan, image: Image) -> Done:
    """Return which steps the image's history has, each behind the one before it."""
    done, positions = Done(), dict[int, _Position | None]()
    layers = tuple(
        Layer(descriptor, diff_id)
        for descriptor, diff_id in zip(image.manifest.layers, image.config.diff_ids, strict=True)
    )
    for step in planned.steps:
        if step.opens is not None:
            positions[step.stage] = _opened(step.opens, image.config, positions)
            continue
        at = positions[step.stage]
        entry = _entry(image.config, at, step)
        if at is None or entry is None:
            positions[step.stage] = None
            continue
        count = at.layers + (not entry.empty_layer)
        if count > len(layers) or (step.vertex is None and not entry.empty_layer):
            positions[step.stage] = None
            continue
        layer = None if entry.empty_layer else layers[at.layers]
        done.note(step, Filesystem.of(layers[: at.layers]), layer, entry.created)
        positions[step.stage] = _Position(at.entries + 1, count)
    return done


def _opened(opening: Opening, config: ImageConfig, positions: dict[int, _Position | None]) -> _Position | None:
    """Return where a stage stands in the image: behind all that its base has too."""
    if opening.parent is not None:
        return positions[opening.parent]
    base = opening.config
    entries, layers = len(base.history), len(base.diff_ids)
    if config.history[:entries] != base.history or config.diff_ids[:layers] != base.diff_ids:
        return None
    return _Position(entries, layers)


def _entry(config: ImageConfig, at: _Position | None, step: PlannedStep) -> History | None:
    if at is None or at.entries >= len(config.history) or not _is_told_by_words(step):
        return None
    entry = config.history[at.entries]
    if step.vertex is not None and isinstance(step.vertex.operation, CopyFiles):
        return entry if not entry.empty_layer and _goes_to(entry.created_by, step.vertex.operation) else None
    return entry if _words(entry.created_by) == _words(step.created_by) else None


def _is_told_by_words(step: PlannedStep) -> bool:
    if step.vertex is None:
        return True
    operation = step.vertex.operation
    if isinstance(operation, Execute):
        return not operation.mounts and not operation.scripts
    return isinstance(operation, MakeDirectory | CopyFiles)


def _goes_to(created_by: str, operation: CopyFiles) -> bool:
    """Say whether the words are those of a copy to the same place; ours name sources, the classic ones a digest."""
    text = _words(created_by)
    place = text.rpartition(" ")[2]
    return text.startswith(("COPY ", "ADD ")) and operation.destination.rstrip("/").endswith(
        place.removeprefix(".").rstrip("/")
    )


def _words(created_by: str) -> str:
    """Return what two dialects of history have in common."""
    text = created_by.removesuffix(_OURS)
    return text.removeprefix(_NOTHING).strip() if text.startswith(_NOTHING) else text.removeprefix("RUN ")


def _place(step: PlannedStep, below: Iterable[Layer]) -> _Place:
    return step.stage, step.lines, tuple(layer.diff_id for layer in below)
