"""The solver: which vertices need work, in which order, what may happen at the same time, and what is shared.

It knows neither Dockerfiles nor containers. Each vertex has two keys: the *definition key* is known before anything
runs, and asks "was exactly this done before?"; the *content key* is known when the inputs are there, and asks "was this
done with equal files before?". The cheap one is asked first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from jupyter_containers.build.cache import Cache
from jupyter_containers.build.failures import place
from jupyter_containers.build.filesystem import Filesystem, Loose, Outcome
from jupyter_containers.build.graph import Vertex, in_order
from jupyter_containers.build.progress import Report
from jupyter_containers.build.sharing import SharedWork
from jupyter_containers.errors import ContainersError


class Performer(Protocol):
    """Does the work of vertices and knows their keys."""

    def source(self, vertex: Vertex) -> Filesystem | None:
        """Return the filesystem of a vertex that stands on nothing, as it will be; None for other vertices."""

    def is_ready(self, vertex: Vertex) -> bool:
        """Say whether a source's snapshot is there already."""

    async def definition_key(self, vertex: Vertex, inputs: Sequence[str]) -> str:
        """Return the key that is known before inputs exist, from the definition keys of the inputs."""

    async def content_key(self, vertex: Vertex, inputs: Sequence[Filesystem]) -> str | None:
        """Return the key from the content of the inputs; None if there is none but the definition key."""

    def is_loose(self, vertex: Vertex) -> bool:
        """Say whether the layer is the same whatever it stands on, which then is no part of the content key."""

    def loose_key(self, vertex: Vertex, inputs: Sequence[str]) -> str | None:
        """Return the definition key of a loose layer without what it stands on; None if it has something from there."""

    async def perform(self, vertex: Vertex, inputs: Sequence[Filesystem], report: Callable[[Report], None]) -> Outcome:
        """Do the work. After cancellation: nothing of it is left."""


class Watcher(Protocol):
    """Hears what the solver does; on the event loop."""

    def started(self, vertex: Vertex) -> None: ...

    def reported(self, vertex: Vertex, report: Report) -> None: ...

    def finished(self, vertex: Vertex, outcome: Outcome) -> None: ...

    def unneeded(self, vertex: Vertex) -> None:
        """The vertex has no result, and nobody asks for it: what was to use it is in the cache."""

    def failed(self, vertex: Vertex) -> None: ...


class Elsewhere(Protocol):
    """Caches of others, for one build; and who wants to hear what it found and made."""

    def look_up(self, key: str, vertex: Vertex, parent: Filesystem) -> Outcome | None:
        """Return what the key stands for there. It may have to be brought here."""

    def loose(self, key: str) -> Loose | None:
        """Return the layer that a key stands for on whatever parent; what it results in has to be brought."""

    async def settle(self, vertex: Vertex, parent: Filesystem, made: Outcome) -> Outcome:
        """Return a result that others know and that is as good as what was made, else that."""

    async def bring(self, filesystems: Sequence[Filesystem]) -> None:
        """Make filesystems whose layers are all known. After cancellation: nothing is half made."""

    def note(self, key: str, filesystem: Filesystem, created: str, *, by_content: bool = False) -> None: ...


class Nowhere:
    """There is no other cache."""

    def look_up(self, key: str, vertex: Vertex, parent: Filesystem) -> Outcome | None:
        return None

    def loose(self, key: str) -> Loose | None:
        return None

    async def settle(self, vertex: Vertex, parent: Filesystem, made: Outcome) -> Outcome:
        return made

    async def bring(self, filesystems: Sequence[Filesystem]) -> None:
        pass

    def note(self, key: str, filesystem: Filesystem, created: str, *, by_content: bool = False) -> None:
        pass


@dataclass(slots=True)
class _Solution:
    """One call of solve(): keys and outcomes by vertex digest."""

    accepts: Callable[[str], bool]
    elsewhere: Elsewhere
    salt: str = ""
    uncached: Collection[str] | None = None
    keys: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    coming: dict[str, asyncio.Future[Outcome]] = field(default_factory=dict)
    # Vertices whose outcome was found elsewhere.
    borrowed: list[Vertex] = field(default_factory=list)
    # Keys of loose layers, and those that were found: they have only to be laid on what they stand on.
    loose_keys: dict[str, str] = field(default_factory=dict)
    loose: dict[str, Loose] = field(default_factory=dict)

    def salt_of(self, vertex: Vertex) -> str:
        """Return "" if the vertex may be found in the cache."""
        return self.salt if self.uncached is None or vertex.digest in self.uncached else ""

    def inputs_of(self, vertex: Vertex) -> Sequence[Vertex]:
        """Return what work on the vertex needs."""
        return vertex.inputs[:1] if vertex.digest in self.loose else vertex.inputs

    def note(self, vertex: Vertex, outcome: Outcome) -> None:
        """Tell who listens elsewhere what the definition of a vertex stands for."""
        self.elsewhere.note(self.keys[vertex.digest], outcome.filesystem, outcome.created)
        if outcome.layer is not None and vertex.digest in self.loose_keys:
            self.elsewhere.note(self.loose_keys[vertex.digest], outcome.filesystem, outcome.created)


class Solver:
    """Solves graphs for one data root. One for all builds, so that equal work of two builds is done once."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._shared: SharedWork[Outcome, Report] = SharedWork()

    async def solve(
        self,
        target: Vertex,
        performer: Performer,
        watcher: Watcher,
        *,
        no_cache_salt: str = "",
        uncached: Collection[str] | None = None,
        accepts: Callable[[str], bool] = lambda _created: True,
        elsewhere: Elsewhere | None = None,
    ) -> Outcome:
        """Return the outcome of `target`. With a salt (unique to the build) nothing is looked up in the cache.

        With `uncached` the salt is for the vertices with these digests only.

        `accepts` says whether a cached result of this daemon that was made at a moment may be used; what it does not
        have is looked up `elsewhere`.

        Raises what the first failing vertex raises; the others are cancelled before. After cancellation: no work of
        this call goes on, unless another build waits for the same.
        """
        solution = _Solution(accepts, elsewhere or Nowhere(), no_cache_salt, uncached)
        order = in_order(target)
        await self._define(order, solution, performer, watcher)
        self._look_up(order, solution, performer)
        needed = self._needed(target, solution)
        worked_on = [vertex for vertex in order if vertex.digest in needed]
        await self._bring([target, *(entry for vertex in worked_on for entry in solution.inputs_of(vertex))], solution)
        _tell(order, solution, needed, watcher)
        try:
            async with asyncio.TaskGroup() as group:
                loop = asyncio.get_running_loop()
                solution.coming.update((vertex.digest, loop.create_future()) for vertex in order)
                for vertex in worked_on:
                    group.create_task(self._obtain(vertex, solution, performer, watcher))
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None
        return solution.outcomes[target.digest]

    async def _define(
        self, order: Sequence[Vertex], solution: _Solution, performer: Performer, watcher: Watcher
    ) -> None:
        for vertex in order:
            inputs = [solution.keys[entry.digest] for entry in vertex.inputs]
            with _blamed_on(vertex, watcher):
                solution.keys[vertex.digest] = await performer.definition_key(vertex, inputs)
                if loose_key := performer.loose_key(vertex, inputs):
                    solution.loose_keys[vertex.digest] = loose_key

    def _look_up(self, order: Sequence[Vertex], solution: _Solution, performer: Performer) -> None:
        """Find by definition key what is there already. A result counts only together with what it stands on."""
        done_again: set[str] = set()
        for vertex in order:
            digest = vertex.digest
            if solution.salt_of(vertex) or any(entry.digest in done_again for entry in vertex.inputs):
                # What stands on it may still be found later, by the content that comes of it.
                done_again.add(digest)
            source = performer.source(vertex)
            if source is not None:
                if performer.is_ready(vertex):
                    solution.outcomes[digest] = Outcome(source, "", cached=True)
                continue
            base = solution.outcomes.get(vertex.inputs[0].digest)
            if digest not in done_again and base is not None:
                found = self._cache.look_up(_definition(solution.keys[digest]), base.filesystem)
                if found is None or not solution.accepts(found.created):
                    found = self._borrow(vertex, solution, base.filesystem)
                if found is not None:
                    solution.outcomes[digest] = found
                    solution.note(vertex, found)
                    continue
            if not solution.salt_of(vertex) and not any(entry.digest in done_again for entry in vertex.inputs[1:]):
                self._look_up_loose(vertex, solution)

    def _look_up_loose(self, vertex: Vertex, solution: _Solution) -> None:
        key = solution.loose_keys.get(vertex.digest)
        found = self._loose(_loose(key), key, solution) if key else None
        if found is not None:
            solution.loose[vertex.digest] = found

    def _loose(self, record: str, key: str, solution: _Solution) -> Loose | None:
        found = self._cache.loose(record)
        return found if found is not None and solution.accepts(found.created) else solution.elsewhere.loose(key)

    def _borrow(self, vertex: Vertex, solution: _Solution, parent: Filesystem) -> Outcome | None:
        found = solution.elsewhere.look_up(solution.keys[vertex.digest], vertex, parent)
        if found is not None:
            solution.borrowed.append(vertex)
        return found

    async def _bring(self, used: Sequence[Vertex], solution: _Solution) -> None:
        """Have here what is worked on, and what comes of the build; of all else that was found a promise is enough."""
        if not solution.borrowed:
            return
        filesystems = [
            solution.outcomes[vertex.digest].filesystem for vertex in used if vertex.digest in solution.outcomes
        ]
        await solution.elsewhere.bring(list({entry.chain: entry for entry in filesystems}.values()))
        here = {floor.chain for entry in filesystems for floor in entry.floors()}
        for vertex in solution.borrowed:
            outcome = solution.outcomes[vertex.digest]
            if outcome.filesystem.chain in here:
                base = solution.outcomes[vertex.inputs[0].digest].filesystem
                self._cache.store(_definition(solution.keys[vertex.digest]), base, outcome)

    def _needed(self, target: Vertex, solution: _Solution) -> set[str]:
        """Return the vertices that must be worked on: those under the target that no result stands for."""
        needed: set[str] = set()
        waiting = [target]
        while waiting:
            vertex = waiting.pop()
            if vertex.digest not in solution.outcomes and vertex.digest not in needed:
                needed.add(vertex.digest)
                waiting.extend(solution.inputs_of(vertex))
        return needed

    async def _obtain(self, vertex: Vertex, solution: _Solution, performer: Performer, watcher: Watcher) -> None:
        salt = solution.salt_of(vertex)
        inputs = [await self._outcome(entry, solution) for entry in solution.inputs_of(vertex)]
        filesystems = [outcome.filesystem for outcome in inputs]
        key = solution.keys[vertex.digest]
        watcher.started(vertex)

        async def work(report: Callable[[Report], None]) -> Outcome:
            return await self._work(vertex, filesystems, performer, report, solution)

        with _blamed_on(vertex, watcher):
            outcome = await self._shared.run(
                _shared_key(key, salt, filesystems), work, lambda report: watcher.reported(vertex, report)
            )
        solution.outcomes[vertex.digest] = outcome
        if vertex.inputs:
            solution.note(vertex, outcome)
        watcher.finished(vertex, outcome)
        coming = solution.coming[vertex.digest]
        if not coming.done():
            coming.set_result(outcome)

    async def _outcome(self, vertex: Vertex, solution: _Solution) -> Outcome:
        found = solution.outcomes.get(vertex.digest)
        return found if found is not None else await solution.coming[vertex.digest]

    async def _work(
        self,
        vertex: Vertex,
        inputs: Sequence[Filesystem],
        performer: Performer,
        report: Callable[[Report], None],
        solution: _Solution,
    ) -> Outcome:
        if not vertex.inputs:
            return await performer.perform(vertex, inputs, report)
        if (known := solution.loose.get(vertex.digest)) is not None:
            outcome = await self._laid(known, inputs[0], solution)
            self._remember(vertex, inputs[0], outcome, solution)
            return outcome
        content_key, is_loose = await performer.content_key(vertex, inputs), performer.is_loose(vertex)
        found, is_salted = None, bool(solution.salt_of(vertex))
        if content_key and not is_salted and is_loose:
            known = self._loose(_content(content_key), content_key, solution)
            found = await self._laid(known, inputs[0], solution) if known is not None else None
        elif content_key and not is_salted:
            found = await self._with_content(content_key, vertex, inputs[0], solution)
        outcome = found or await performer.perform(vertex, inputs, report)
        if found is None and not is_salted:
            outcome = await solution.elsewhere.settle(vertex, inputs[0], outcome)
        self._remember(vertex, inputs[0], outcome, solution)
        if not content_key or (is_loose and outcome.layer is None):
            return outcome
        if is_loose and outcome.layer is not None:
            self._cache.store_loose(_content(content_key), outcome.layer, outcome.created)
        else:
            self._cache.store(_content(content_key), inputs[0], outcome)
        solution.elsewhere.note(content_key, outcome.filesystem, outcome.created, by_content=True)
        return outcome

    def _remember(self, vertex: Vertex, parent: Filesystem, outcome: Outcome, solution: _Solution) -> None:
        self._cache.store(_definition(solution.keys[vertex.digest]), parent, outcome)
        key = solution.loose_keys.get(vertex.digest)
        if key and outcome.layer is not None:
            self._cache.store_loose(_loose(key), outcome.layer, outcome.created)

    @staticmethod
    async def _laid(known: Loose, parent: Filesystem, solution: _Solution) -> Outcome:
        outcome = known.on(parent)
        await solution.elsewhere.bring([outcome.filesystem])
        return outcome

    async def _with_content(self, key: str, vertex: Vertex, parent: Filesystem, solution: _Solution) -> Outcome | None:
        """Return the result of the same work on equal files, made here or elsewhere."""
        found = self._cache.look_up(_content(key), parent)
        if found is not None and solution.accepts(found.created):
            return found
        found = solution.elsewhere.look_up(key, vertex, parent)
        if found is not None:
            await solution.elsewhere.bring([found.filesystem])
        return found


def _tell(order: Sequence[Vertex], solution: _Solution, needed: Collection[str], watcher: Watcher) -> None:
    """Tell the watcher of what there is nothing to do for."""
    for vertex in order:
        if vertex.digest in solution.outcomes:
            watcher.finished(vertex, solution.outcomes[vertex.digest])
        elif vertex.digest not in needed:
            watcher.unneeded(vertex)


@contextmanager
def _blamed_on(vertex: Vertex, watcher: Watcher) -> Iterator[None]:
    """Note in an error which lines asked for the vertex."""
    try:
        yield
    except ContainersError as error:
        watcher.failed(vertex)
        place(error, vertex.lines, vertex.source)
        raise


def _definition(key: str) -> str:
    return f"definition:{key}"


def _loose(key: str) -> str:
    return f"loose:{key}"


def _content(key: str) -> str:
    return f"content:{key}"


def _shared_key(key: str, salt: str, inputs: Sequence[Filesystem]) -> str:
    # Two builds may stand on different results of one definition (one of them was built without the cache).
    return ":".join([key, salt, *(entry.chain for entry in inputs)])


def first_failure(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the failure that counts: of several at once, one that is no cancellation."""
    for failure in failures.exceptions:
        found = first_failure(failure) if isinstance(failure, BaseExceptionGroup) else failure
        if not isinstance(found, asyncio.CancelledError):
            return found
    return failures.exceptions[0]
