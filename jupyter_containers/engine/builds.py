"""Builds: a tar of a context becomes a directory, a Dockerfile in it becomes an image with names."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from jupyter_containers.build.builder import Builder, BuildOptions
from jupyter_containers.build.cache import protected
from jupyter_containers.build.caches.config import Note
from jupyter_containers.build.caches.exchange import Exchange
from jupyter_containers.build.context import Context
from jupyter_containers.build.dockerfile.checks.finding import Finding
from jupyter_containers.build.executor import NetworkMode, StepLimits
from jupyter_containers.build.finishing import moment_of
from jupyter_containers.build.operations.caches import CacheDirectory
from jupyter_containers.build.progress import Listener
from jupyter_containers.engine.base_images import BaseImages, told_as_pull
from jupyter_containers.engine.build_caches import BuildCaches, CacheFrom, CacheTo, Layout, Wishes
from jupyter_containers.engine.build_outputs import (
    FETCHED,
    Output,
    all_annotations,
    all_names,
    archive_names,
    is_stored,
    leaves,
)
from jupyter_containers.engine.build_platforms import Counting, check_outputs, primary
from jupyter_containers.engine.build_results import BuildResults, Result
from jupyter_containers.engine.cache_room import NO_ROOM, CacheLimit, Prunable, Room, chosen
from jupyter_containers.engine.cached_steps import CachedStep, cached_steps
from jupyter_containers.engine.contexts import Contexts, Tars, read_dockerfile
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.failed_steps import FailedSteps, Failure
from jupyter_containers.engine.garbage import Garbage, Needed
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.pushes import Pushed, Pushes
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from jupyter_containers.images.walk import Image
from jupyter_containers.metadata.build_cache import BuildCache
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials

# What the docker CLI and ours call it. Source: docker/cli, build.AddDockerfileToBuildContext.
_MADE_UP = re.compile(r"\.dockerfile\.[0-9a-f]{20}")
# The build argument by which BuildKit is asked to put the cache into the image.
INLINE_CACHE = "BUILDKIT_INLINE_CACHE"


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """`dockerfile` is its path in the context; `names` are given to the image when all is done.

    `remote` is a URL where the context is, instead of the body. `contexts` are URLs of named contexts, beside those in
    the body. `cache_from` are images whose steps count as done before, and no others; None: all that is known.
    `cache_sources` and `cache_targets` are caches elsewhere. `credentials` are for base images, caches and pushes, by
    the domain of the registry. Without `outputs` the image comes into the store.
    """

    dockerfile: str = "Dockerfile"
    names: tuple[Reference, ...] = ()
    remote: str = ""
    contexts: Mapping[str, str] = field(default_factory=dict)
    cache_from: tuple[str, ...] | None = None
    cache_sources: tuple[CacheFrom, ...] = ()
    cache_targets: tuple[CacheTo, ...] = ()
    options: BuildOptions = field(default_factory=BuildOptions)
    credentials: Mapping[str, Credentials] = field(default_factory=dict, repr=False)
    outputs: tuple[Output, ...] = ()
    # More than one make an index; one is in the options, too.
    platforms: tuple[Platform, ...] = ()

    @property
    def wishes(self) -> Wishes:
        """What it wants of caches elsewhere: nothing is taken from them when all is to be done again."""
        targets = self.cache_targets
        if self.options.build_args.get(INLINE_CACHE) in ("1", "true"):
            targets = (*targets, CacheTo("inline"))
        if self.options.no_cache:
            return Wishes(targets=targets, credentials=self.credentials)
        return Wishes(self.cache_sources, self.cache_from or (), targets, self.credentials)


@dataclass(frozen=True, slots=True)
class Built:
    """The image of a build, the names that it has in the store now, and what its bytes are fetched by, "" for not.

    `index` is set for a build for several platforms, of which `image` is this machine's, or the first. `pushed` is what
    its registry has now: layers are compressed on their way there.
    """

    image: Image
    names: tuple[Reference, ...] = ()
    result: str = ""
    index: Descriptor | None = None
    pushed: Pushed | None = None

    @property
    def descriptor(self) -> Descriptor:
        """What others find it by."""
        made = replace(self.index or self.image.descriptor, annotations={})
        return replace(made, digest=self.pushed.digest, size=self.pushed.size) if self.pushed is not None else made

    @property
    def id(self) -> Digest:
        """What it is called: the image's id, or the digest of the index."""
        return self.index.digest if self.index is not None else self.image.config_digest


@dataclass(frozen=True, slots=True)
class Checked:
    """A Dockerfile, and what the build checks found in it."""

    dockerfile: str
    findings: tuple[Finding, ...]


class Builds:
    """Builds for one data root. `check` refuses what the host cannot give to a step."""

    def __init__(
        self,
        builder: Builder,
        images: Images,
        *,
        bases: BaseImages,
        cache: BuildCache,
        events: Events,
        garbage: Garbage,
        contexts: Contexts,
        results: BuildResults,
        pushes: Pushes,
        caches: BuildCaches,
        failed_steps: FailedSteps,
        check: Callable[[StepLimits, NetworkMode], None] = lambda _limits, _network: None,
        cache_limits: Sequence[CacheLimit] = (),
    ) -> None:
        self._builder = builder
        self._bases = bases
        self._cache = cache
        self._images = images
        self._events = events
        self._garbage = garbage
        self._contexts = contexts
        self.results = results
        self._pushes = pushes
        self.caches = caches
        self._failed_steps = failed_steps
        self._check = check
        self._cache_limits = cache_limits

    async def build(self, tars: Tars, request: BuildRequest, progress: Listener) -> Built:
        """Build from contexts in tars (plain or compressed), or at URLs. Raises what Builder.build and a push raise.

        After cancellation: nothing has a new name, the context is gone; finished steps are in the cache. While it or
        its cache is pushed, the image has its names.
        """
        options = replace(
            request.options,
            cached_at=await self._moments(request.cache_from),
            annotations=all_annotations(request.outputs),
            rewrites_times=all(output.rewrites_times for output in request.outputs),
            leaves=leaves(request.outputs),
        )
        names = all_names(request.outputs, request.names) if is_stored(request.outputs) else ()
        if not names and any(output.pushes for output in request.outputs):
            raise InvalidParameter("tag is needed when pushing to registry: name the image with -t")
        self._check(options.limits, options.network)
        check_outputs(request.platforms, request.outputs, names)
        async with self._garbage.working(), self._opened(tars, request) as context:
            try:
                exchange = await self.caches.open(request.wishes, progress)
                with self._bases.using(request.credentials):
                    images = await self._build_all(context, request, options, progress=progress, exchange=exchange)
            except ContainersError as error:
                self._place(error, request)
                raise
            selected = [(target, self.caches.select(exchange, target)) for target in request.wishes.targets]
            image, index = primary(images), self._index(images, request)
            if is_stored(request.outputs):
                for name in names or (None,):
                    self._images.add(image, name)
                    if name is not None and index is not None:
                        self._images.indexes.set(name, replace(index.manifests[0], annotations={}), image.config_digest)
            result = self._keep(image, request, await self._write_cache(selected, request, progress), index)
        for name in names:
            self._events.publish("image", "tag", str(image.config_digest), {"name": name.familiar})
        pushed = await self._push(request, progress)
        await self._keep_limits()
        return Built(image, names, result, index.manifests[0] if index is not None else None, pushed)

    async def _build_all(
        self,
        context: Context,
        request: BuildRequest,
        options: BuildOptions,
        *,
        progress: Listener,
        exchange: Exchange,
    ) -> list[Image]:
        """Build for each platform, one after the other: they share what they have in common."""
        dockerfile = await asyncio.to_thread(read_dockerfile, context)
        if len(request.platforms) < 2:
            return [await self._builder.build(dockerfile, context, options, progress, exchange)]
        images, told = [], 0
        for platform in request.platforms:
            counting = Counting(platform, told, progress)
            wanted = replace(options, platform=platform)
            images.append(await self._builder.build(dockerfile, context, wanted, counting, exchange))
            told = counting.total
        return images

    def _index(self, images: Sequence[Image], request: BuildRequest) -> Layout | None:
        if len(images) < 2:
            return None
        return self.results.write_index(images, archive_names(request.outputs, request.names))

    async def _write_cache(
        self, selected: Iterable[tuple[CacheTo, Sequence[Note]]], request: BuildRequest, progress: Listener
    ) -> Layout | None:
        """Send caches where they go; return the one that the client will fetch."""
        layout = None
        for target, notes in selected:
            if target.reference is not None:
                await self.caches.push(target.reference, notes, request.wishes, progress)
            elif target.kind == "local":
                layout = await asyncio.to_thread(self.caches.write, notes)
        return layout

    def _keep(self, image: Image, request: BuildRequest, cache: Layout | None, index: Layout | None) -> str:
        """Keep what the client will fetch, if it has asked for anything like that."""
        if cache is None and not any(output.kind in FETCHED for output in request.outputs):
            return ""
        names = archive_names(request.outputs, request.names)
        return self.results.keep(Result(image, names, moment_of(request.options.build_args), cache, index))

    async def _push(self, request: BuildRequest, progress: Listener) -> Pushed | None:
        pushed = [output for output in request.outputs if output.pushes]
        names = [name for output in pushed for name in (*request.names, *output.names)]
        sent = [
            await self._pushes.push(
                name, credentials=request.credentials.get(name.domain), progress=told_as_pull(progress)
            )
            for name in dict.fromkeys(names)
        ]
        return sent[0] if sent else None

    def _place(self, error: ContainersError, request: BuildRequest) -> None:
        """Say in which file the failing lines are, and for which images the failed step was done."""
        # One that is not in the context is sent under a name that nobody knows.
        file = "Dockerfile" if _MADE_UP.fullmatch(request.dockerfile) else request.dockerfile
        if "line" in error.details:
            error.details.setdefault("file", file)
        if failed := error.details.get("failure"):
            names = [name.familiar for name in request.names]
            self._failed_steps.describe(failed, names=names, file=file)

    async def check(self, tars: Tars, request: BuildRequest) -> Checked:
        """Return what the build checks find in the Dockerfile; nothing is built and nothing pulled."""
        async with self._garbage.working(), self._opened(tars, request) as context:
            dockerfile = await asyncio.to_thread(read_dockerfile, context)
            return Checked(dockerfile, await self._builder.check(dockerfile, context, request.options))

    @asynccontextmanager
    async def _opened(self, tars: Tars, request: BuildRequest) -> AsyncIterator[Context]:
        """Open the contexts of a request; images among them that have come for it stay meanwhile."""
        contexts = self._contexts.opened(
            tars, request.remote, request.dockerfile, named=request.contexts, logins=request.options.logins,
            keep_git_dir=request.options.build_args.get("BUILDKIT_CONTEXT_KEEP_GIT_DIR") in ("1", "true"),
        )  # fmt: skip
        with self._images.leases.taken(request.options.images.values()):
            async with contexts as context:
                yield context

    async def _moments(self, images: tuple[str, ...] | None) -> frozenset[str] | None:
        """Return when the steps of these images were made; an image that is not here counts for nothing."""
        if images is None:
            return None
        found: set[str] = set()
        for name in images:
            try:
                view = await self._images.find(name)
            except NotFound:
                continue
            found |= {step.created for step in view.config.history}
        return frozenset(found)

    def needed(self) -> Iterable[Needed]:
        """Return what the cached steps need, for the garbage collector."""
        for entry in self._cache.all():
            found = protected(entry.record)
            yield Needed(frozenset(found.blobs), frozenset(found.snapshots))

    def cached_steps(self) -> list[CachedStep]:
        """Return the steps in the cache that have made a layer, the one unused for longest first."""
        # A step is found by what it is and by what it reads: two keys for one result.
        return list({step.chain: step for step in self._steps() if step.has_layer}.values())

    def _steps(self) -> list[CachedStep]:
        """Return what all entries are, the one unused for longest first."""
        had = {str(layer.digest) for view in self._images.all() for layer in view.image.manifest.layers}
        return cached_steps(self._cache.all(), had)

    def unreachable_steps(self) -> list[CachedStep]:
        """Return the cached steps that no build can find: what they stand on is neither an image nor cached."""
        steps = self.cached_steps()
        tops = {"", *(view.chain for view in self._images.all())}
        found = [step for step in steps if step.parent in tops]
        while found:
            tops |= {step.chain for step in found}
            steps = [step for step in steps if step.chain not in tops]
            found = [step for step in steps if step.parent in tops]
        return steps

    async def cache_directories(self) -> list[CacheDirectory]:
        """Measure what RUN --mount=type=cache has kept, the one unused for longest first."""
        return await self._builder.cache_directories(self._failed_steps.sources_in_use())

    async def prune(
        self,
        wanted: Callable[[CachedStep], bool] = lambda _step: True,
        *,
        room: Room = NO_ROOM,
        directories: Callable[[CacheDirectory], bool] = lambda _directory: False,
        failures: Callable[[Failure], bool] = lambda _failure: False,
    ) -> tuple[list[str], int]:
        """Forget the steps that `wanted` picks, the one unused for longest first, until what is left fits in `room`.

        `directories` picks among what RUN --mount=type=cache has kept and no step uses now, which goes in the same
        order. `failures` picks failed steps, which go unless a container stands on them. Returns the keys of what went,
        and the bytes that this has freed, both as `disk_usage` counts them.
        """
        steps, kept = self._steps(), await self.cache_directories()
        # One that changed no file has the layer of what it stands on, which may be an image's and none of the cache's.
        sizes = {step.chain: step.size(self._images.layer_size) for step in steps if step.chain != step.parent}
        total = sum(sizes.values()) + sum(directory.size for directory in kept)
        keep = room.bytes_kept(total, free=self._free_bytes())
        # A step is found by what it is and by what it reads: the later use of the two counts.
        layers = {step.chain: step for step in steps if step.chain in sizes}
        results = [Prunable(step.last_used, key, sizes[key]) for key, step in layers.items() if wanted(step)]
        results += [Prunable(each.last_used, each.key, each.size) for each in kept if directories(each)]
        doomed = chosen(results, total, keep)
        # A note of when a config was first changed is of no use without the layers around it.
        takes_notes = doomed >= sizes.keys()
        removed = self._forget(step for step in steps if step.chain in doomed or (takes_notes and wanted(step)))
        failed = {failure.id: self._failed_steps.size(failure) for failure in self._failed_steps.all()}
        removed += (gone_failed := self._failed_steps.prune(failures))
        collected = await self._garbage.collect()
        # As `system df` counts: each once, and not what an image has as well.
        freed = sum(size for chain, size in sizes.items() if chain in collected.snapshots)
        freed += sum(step.blob_bytes for step in layers.values() if step.chain in doomed)
        freed += sum(failed[key] for key in gone_failed)
        gone = [each.key for each in kept if each.key in doomed]
        freed += await self._builder.forget_cache_directories(self._failed_steps.sources_in_use(), gone)
        self._events.publish("builder", "prune", "", {"reclaimed": str(freed)})
        return removed + gone, freed

    def _forget(self, steps: Iterable[CachedStep]) -> list[str]:
        """Forget steps, and return the keys of those that `cached_steps` tells of."""
        told = {step.key for step in self.cached_steps()}
        gone = [step.key for step in steps]
        for key in gone:
            self._cache.remove(key)
        return [key for key in gone if key in told]

    async def _keep_limits(self) -> None:
        """Prune what is over the limits of the configuration."""
        for limit in self._cache_limits:
            await self._keep_limit(limit, time.time() - limit.unused_seconds)

    async def _keep_limit(self, limit: CacheLimit, moment: float) -> None:
        shared = frozenset() if limit.takes_shared else self._images.layer_users().keys()
        await self.prune(
            lambda step: step.last_used <= moment and step.chain not in shared,
            room=Room(most=limit.keep_bytes),
            directories=lambda found: not found.in_use and found.last_used <= moment,
        )

    def _free_bytes(self) -> int:
        """Return how many bytes are free where the store is."""
        space = os.statvfs(self._contexts.folder)
        return space.f_bavail * space.f_frsize
