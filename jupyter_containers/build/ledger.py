"""The book of a build: what the image's config and history are after each step.

A step that only changes the config has its cache record here: it says when the change was first made, so that building
the same again gives the same image, with the same id, as dockerd's classic builder does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from jupyter_containers.build.cache import Cache
from jupyter_containers.build.caches.exchange import Exchange
from jupyter_containers.build.dockerfile.to_graph.plan import Opening, PlannedStep
from jupyter_containers.build.filesystem import Outcome
from jupyter_containers.build.graph import key
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import ZERO_TIME, History, ImageConfig

# Tools know by it that created_by is written in this dialect.
HISTORY_COMMENT = "buildkit.dockerfile.v0"


@dataclass(frozen=True, slots=True)
class Entry:
    """The image after a step, and whether the step found everything in the cache.

    `image_id` is the real one after FROM ("" for scratch) and after the last step. Those between only look like ids:
    nobody can use them, since no such image is stored, and real ones would take time square to the number of steps.
    """

    config: ImageConfig
    image_id: str
    cached: bool
    # Some step before it was not needed, and nobody knows when it was made.
    is_guess: bool = False


class Ledger:
    """Takes the steps in the order of the Dockerfile. `now` returns RFC 3339 text.

    `accepts` says whether what was first made at a moment may count as done before; `exchange` knows what others have,
    and hears what this build has.
    """

    def __init__(
        self, cache: Cache, *, accepts: Callable[[str], bool], now: Callable[[], str], exchange: Exchange | None = None
    ) -> None:
        self._cache = cache
        self._exchange = exchange or Exchange()
        self._accepts = accepts
        self._now = now
        self._stages: dict[int, Entry] = {}

    def stage(self, number: int) -> Entry:
        """Return the image of a stage as far as it got."""
        return self._stages[number]

    def add(self, step: PlannedStep, outcome: Outcome | None, *, is_last: bool = False) -> Entry:
        """Note a finished step. `outcome` is that of its vertex; None if it has none, or if nobody needed it."""
        if step.opens is not None:
            entry = self._open(step.opens, outcome)
        elif step.vertex is not None:
            entry = self._change_files(step, outcome)
        else:
            entry = self._change_config(step)
        if is_last and step.opens is None:
            entry = replace(entry, image_id=str(Digest.of(entry.config.to_bytes())))
        self._stages[step.stage] = entry
        return entry

    def _open(self, opening: Opening, outcome: Outcome | None) -> Entry:
        if opening.parent is not None:
            return replace(self._stages[opening.parent], cached=True)
        image_id = str(opening.image.config_digest) if opening.image else ""
        config = opening.config
        if opening.image is None and outcome is not None and outcome.layer is not None:
            # A named context: its files are a layer that no line of the Dockerfile has made.
            made = History(outcome.created, "FROM context", "", HISTORY_COMMENT, empty_layer=False)
            config = replace(config, diff_ids=(outcome.layer.diff_id,), history=(made,), created=outcome.created)
        return Entry(config, image_id, cached=True)

    def _change_files(self, step: PlannedStep, outcome: Outcome | None) -> Entry:
        before = self._stages[step.stage]
        layer = outcome.layer if outcome else None
        created = outcome.created if outcome else ZERO_TIME
        config = _with_step(before.config, step, created, empty_layer=layer is None)
        if layer is not None:
            config = replace(config, diff_ids=(*config.diff_ids, layer.diff_id))
        added = str(layer.diff_id) if layer is not None else ""
        is_guess = before.is_guess or outcome is None
        return Entry(config, _next_id(before, step, created, added), outcome is None or outcome.cached, is_guess)

    def _change_config(self, step: PlannedStep) -> Entry:
        before = self._stages[step.stage]
        if before.is_guess:
            config = _with_step(before.config, step, ZERO_TIME, empty_layer=True)
            return Entry(config, _next_id(before, step, ZERO_TIME), cached=True, is_guess=True)
        # The text as well as what it expanded to: two lines that read the same in history may differ in their words.
        identity = key(before.image_id, step.text, step.created_by, step.author)
        record = f"config:{identity}"
        created = self._cache.time_of(record)
        if created is not None and not self._accepts(created):
            created = None
        known = created
        created = created or self._exchange.time_of(identity, step, before.config.diff_ids)
        config = _with_step(before.config, step, created or self._now(), empty_layer=True)
        if known is None:
            self._cache.store_time(record, config.created)
        self._exchange.note_time(identity, config.created)
        return Entry(config, _next_id(before, step, config.created), created is not None)


def _with_step(config: ImageConfig, step: PlannedStep, created: str, *, empty_layer: bool) -> ImageConfig:
    history = config.history
    if step.created_by:
        history = (*history, History(created, step.created_by, "", HISTORY_COMMENT, empty_layer))
    return replace(config, process=step.process, history=history, created=created, author=step.author)


def _next_id(before: Entry, step: PlannedStep, created: str, added: str = "") -> str:
    return f"sha256:{key(before.image_id, step.text, step.created_by, step.author, created, added)}"
