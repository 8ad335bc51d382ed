"""The face of the room: build an image from a Dockerfile and a context."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from jupyter_containers.build import entitlements
from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.cache import Cache, CacheRecords
from jupyter_containers.build.caches.exchange import Exchange
from jupyter_containers.build.chart import Chart, Together
from jupyter_containers.build.context import Context
from jupyter_containers.build.dockerfile import lines
from jupyter_containers.build.dockerfile.checks.check import checked, refuse
from jupyter_containers.build.dockerfile.checks.finding import Finding
from jupyter_containers.build.dockerfile.lines import Document
from jupyter_containers.build.dockerfile.stages import Dockerfile, Stage, divide, replaced, unused_arguments
from jupyter_containers.build.dockerfile.to_graph.base import Wanted, external_images
from jupyter_containers.build.dockerfile.to_graph.convert import plan
from jupyter_containers.build.dockerfile.to_graph.plan import Plan
from jupyter_containers.build.dockerfile.triggers import with_triggers
from jupyter_containers.build.downloads import Downloads, fetch_all
from jupyter_containers.build.executor import Executor, NetworkMode, StepLimits
from jupyter_containers.build.failed_step import FailureKeeper
from jupyter_containers.build.failures import place
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.finishing import Finish, base_of, moment_of
from jupyter_containers.build.leaving import check_image
from jupyter_containers.build.ledger import Ledger
from jupyter_containers.build.narration import Narration
from jupyter_containers.build.operations.caches import CacheDirectories, CacheDirectory
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.operations.performer import OperationPerformer, rfc_3339
from jupyter_containers.build.operations.step_folders import StepFolders
from jupyter_containers.build.progress import Listener, PullProgress, Warned
from jupyter_containers.build.solver import Solver, first_failure
from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.images.walk import Image
from jupyter_containers.linux import emulation
from jupyter_containers.oci.platform import Platform
from jupyter_containers.repositories.logins import AGENT, Logins
from jupyter_containers.snapshots.snapshotter import Snapshotter


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a build is told beside its Dockerfile. `build_args`: None takes no value (as `--build-arg NAME` unset)."""

    target: str = ""
    build_args: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    # What is built for, where FROM says nothing else; None: this machine.
    platform: Platform | None = None
    no_cache: bool = False
    # Stages whose steps are done again; stages by name or number, and nothing for those that are not there.
    no_cache_filter: tuple[str, ...] = ()
    pull: bool = False
    network: NetworkMode = "default"
    limits: StepLimits = field(default_factory=StepLimits)
    # For RUN --mount=type=secret, by id; they reach neither the cache nor the image.
    secrets: Mapping[str, bytes] = field(default_factory=dict, hash=False, repr=False)
    # For RUN --mount=type=ssh, by id: the sockets of agents on this machine.
    agents: Mapping[str, Path] = field(default_factory=dict, hash=False)
    # Keys of ssh servers that git may trust, as in OpenSSH's files.
    known_hosts: bytes = field(default=b"", repr=False)
    # Images that stand for the names of others, and of stages (--build-context NAME=docker-image://…).
    images: Mapping[str, str] = field(default_factory=dict, hash=False)
    # Only what was made at one of these moments counts as cached (--cache-from); None: all that there is.
    cached_at: frozenset[str] | None = None
    # Of the manifest. `rewrites_times`: SOURCE_DATE_EPOCH is the latest time in layers, too.
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    rewrites_times: bool = True
    # The image goes to a registry, or out as bytes.
    leaves: bool = False
    # What of this machine its steps may have: see entitlements.py.
    allowed: frozenset[str] = frozenset()

    @property
    def logins(self) -> Logins:
        """What git logs in with."""
        return Logins(self.secrets, self.agents.get(AGENT), self.known_hosts)

    def accepts(self, created: str) -> bool:
        """Say whether a cached result that was made then may be used."""
        return not self.no_cache and (self.cached_at is None or created in self.cached_at)


class BaseImages(Protocol):
    """Where FROM and COPY --from find images that are no stages."""

    async def resolve(
        self, reference: str, pull: bool, report: Callable[[PullProgress], None], *, platform: Platform | None = None
    ) -> Image:
        """Return the image named as people write it (`busybox`, `host`), all its blobs in the content store.

        It is for `platform`, by default for this machine; fetched when it is not there, or always asked for with
        `pull`. Raises NotFound and what a pull raises.
        """

    async def local(self, reference: str) -> Image | None:
        """Return the image if it is here already."""


class Builder:
    """Builds images for one data root; builds at the same time share equal work. All is closed by its owners."""

    def __init__(
        self,
        *,
        content: ContentStore,
        snapshotter: Snapshotter,
        cache_records: CacheRecords,
        executor: Executor,
        images: BaseImages,
        downloads: Downloads | None = None,
        keeper: FailureKeeper | None = None,
        folders: StepFolders | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        parallel: int | None = None,
    ) -> None:
        """`parallel`: how many operations may work at the same time, by default one for each processor, at least 2.

        Without `downloads` an ADD of a URL is refused, without `keeper` nothing is left of a step that fails. `folders`
        has what steps need while they run.
        """
        self._stores = Stores(content, snapshotter)
        self._cache = Cache(cache_records, content, snapshotter)
        self._caches = CacheDirectories(snapshotter)
        self._executor = executor
        self._images = images
        self._downloads = downloads
        self._keeper = keeper
        self._folders = folders
        self._clock = clock
        self._solver = Solver(self._cache)
        self._slots = asyncio.Semaphore(parallel or max(2, os.cpu_count() or 1))

    async def build(
        self,
        dockerfile: str,
        context: Context,
        options: BuildOptions,
        progress: Listener,
        exchange: Exchange | None = None,
    ) -> Image:
        """Build the target stage and return its image, stored in the content store; naming it is the caller's.

        `exchange` has what caches elsewhere know, and afterwards what is to be told to them.
        `progress` is called on the event loop, in the order of the steps. Raises DockerfileError with the line range,
        StepFailed with the exit code, and what the base images raise; all carry details line, end_line where known.
        After cancellation: processes are dead and active snapshots removed; finished steps stay in the cache.
        """
        moment = moment_of(options.build_args)
        document, parsed, target = await in_thread(lambda _: _parse(dockerfile, context, options))
        parsed, images = await self._with_images(parsed, target, options, progress)
        checks = partial(_check, dockerfile, document, parsed, images, context)
        warnings, planned = await in_thread(lambda _: (checks(), _plan(parsed, target, images, options)))
        exchange = (exchange or Exchange()).prepared(planned, self._stores)
        # Told when nothing is left to refuse: a refusal is an answer of its own.
        for warning in warnings:
            progress(warning)
        await fetch_all(planned.target, self._downloads, context, options.logins)
        ledger = Ledger(self._cache, accepts=options.accepts, now=self._now, exchange=exchange)
        watchers = Together(Chart(planned, progress), Narration(planned, ledger, progress))
        performer = OperationPerformer(
            self._stores, self._executor, context, slots=self._slots, clock=self._clock, limits=options.limits,
            caches=self._caches, secrets=options.secrets, agents=options.agents, keeper=self._keeper,
            folders=self._folders,
        )  # fmt: skip
        uncached = None if options.no_cache else _uncached(parsed, planned, options.no_cache_filter)
        outcome = await self._solver.solve(
            planned.target, performer, watchers, accepts=options.accepts, uncached=uncached, elsewhere=exchange,
            no_cache_salt=secrets.token_hex(8) if options.no_cache or uncached else "",
        )  # fmt: skip
        exchange.results.append(outcome.filesystem)
        _warn_of_unused(parsed, options, progress)
        return await self._image(planned, ledger, outcome.filesystem, _finish(options, moment, exchange))

    def _now(self) -> str:
        return rfc_3339(self._clock())

    async def check(self, dockerfile: str, context: Context, options: BuildOptions) -> tuple[Finding, ...]:
        """Return what the build checks find, with what is known of base images that are here already.

        Raises DockerfileError with the line range for what is no Dockerfile.
        """
        document, parsed, target = await in_thread(lambda _: _parse(dockerfile, context, options))
        images: dict[str, Image] = {}
        for key, wanted in external_images(parsed, parsed.needed(target)).items():
            image = await self._images.local(replaced(options.images, wanted.reference))
            if image is not None:
                images[key] = image
        return await in_thread(lambda _: checked(dockerfile, document, parsed, images, context.ignores))

    async def forget_cache_directories(self, shown: Collection[str] = (), keys: Collection[str] | None = None) -> int:
        """Remove what RUN --mount=type=cache has kept (None: all) and no step uses now; return how many bytes it had.

        Directories whose path is `shown` somewhere else stay.
        """
        return await self._caches.forget_unused(shown, keys)

    async def cache_directories(self, shown: Collection[str] = ()) -> list[CacheDirectory]:
        """Measure what RUN --mount=type=cache has kept, the one unused for longest first. What is `shown` is in use."""
        return await in_thread(lambda _: self._caches.measured(shown))

    async def _with_images(
        self, parsed: Dockerfile, target: Stage, options: BuildOptions, progress: Listener
    ) -> tuple[Dockerfile, dict[str, Image]]:
        """Return the images that are needed. What a base left to be done may need further stages, and images."""
        images: dict[str, Image] = {}
        while True:
            parsed = with_triggers(parsed, images)
            wanted = external_images(parsed, parsed.needed(target))
            missing = {key: one for key, one in wanted.items() if key not in images}
            if not missing:
                return parsed, images
            images |= await self._resolve(missing, options, progress)

    async def _resolve(
        self, wanted: Mapping[str, Wanted], options: BuildOptions, progress: Listener
    ) -> dict[str, Image]:
        found: dict[str, Image] = {}

        async def resolve(key: str, one: Wanted) -> None:
            line = one.line
            try:
                found[key] = await self._images.resolve(
                    replaced(options.images, one.reference), options.pull, progress, platform=one.platform
                )
            except ContainersError as error:
                if line.word != "FROM":
                    error.message = f"invalid from flag value {one.reference}: {error.message}"
                    error.args = (error.message,)
                place(error, line.lines, line.text)
                raise

        try:
            async with asyncio.TaskGroup() as group:
                for key, one in wanted.items():
                    group.create_task(resolve(key, one))
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None
        return found

    async def _image(self, planned: Plan, ledger: Ledger, filesystem: Filesystem, finish: Finish) -> Image:
        """Store the image of the target; a target that is only a FROM is its base image itself."""
        steps = [step for step in planned.steps if step.stage == planned.stage]
        opening = steps[0].opens
        is_bare = len(steps) == 1 and opening is not None and opening.parent is None
        if is_bare and not finish.changes_anything and opening is not None and opening.image is not None:
            return opening.image
        if is_bare and not filesystem.layers and not finish.changes_anything:
            raise InvalidParameter("No image was generated. Is your Dockerfile empty?")
        config, base = ledger.stage(planned.stage).config, base_of(planned)
        return await in_thread(lambda stop: finish.image(self._stores.content, config, filesystem, base, stop))


def _parse(text: str, context: Context, options: BuildOptions) -> tuple[Document, Dockerfile, Stage]:
    document = lines.read(text)
    if frontend := options.build_args.get("BUILDKIT_SYNTAX"):
        lines.check_frontend(frontend, (1, 1), text.partition("\n")[0])
    if wishes := options.build_args.get("BUILDKIT_DOCKERFILE_CHECK"):
        document = replace(document, check=wishes)
    parsed = divide(
        document, options.build_args, folders=context.named.keys(), images=options.images,
        platform=options.platform, target=options.target,
    )  # fmt: skip
    return document, parsed, parsed.target(options.target)


def _warn_of_unused(parsed: Dockerfile, options: BuildOptions, progress: Listener) -> None:
    unused = unused_arguments(parsed, options.build_args)
    if unused:
        progress(Warned(0, f"One or more build-args [{' '.join(unused)}] were not consumed"))


def _check(
    text: str, document: Document, parsed: Dockerfile, images: Mapping[str, Image], context: Context
) -> list[Warned]:
    """Return what the build checks find. Raises DockerfileError for it if the Dockerfile asks for that."""
    findings = checked(text, document, parsed, images, context.ignores)
    refuse(findings, document)
    # Of empty continuations the plan warns itself, with their text.
    return [
        Warned(found.lines[0], f"{found.rule}: {found.text}", found.lines[1] if found.lines[1] > found.lines[0] else 0)
        for found in findings
        if found.rule != "NoEmptyContinuation"
    ]


def _uncached(parsed: Dockerfile, planned: Plan, names: Sequence[str]) -> frozenset[str]:
    """Return the vertices of the stages with these names."""
    found = [stage for name in names if (stage := parsed.find(name, len(parsed.stages))) is not None]
    numbers = {stage.number for stage in found}
    return frozenset(
        step.vertex.digest
        for step in planned.steps
        if step.stage in numbers and step.vertex is not None and step.opens is None
    )


def _plan(parsed: Dockerfile, target: Stage, images: Mapping[str, Image], options: BuildOptions) -> Plan:
    planned = plan(
        parsed,
        target,
        images,
        build_args=options.build_args,
        labels=options.labels,
        network=options.network,
        emulated=emulation.architectures(),
    )
    entitlements.check(planned, options.allowed)
    if options.leaves:
        check_image(planned)
    return planned


def _finish(options: BuildOptions, moment: int | None, exchange: Exchange) -> Finish:
    inline = partial(exchange.inline, moment=moment if options.rewrites_times else None)
    return Finish(moment, options.rewrites_times, options.annotations, inline)
