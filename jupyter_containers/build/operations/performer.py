"""Chooses the operation for a vertex and computes its keys. One for each build, because the context is the build's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from jupyter_containers.build.context import Context
from jupyter_containers.build.executor import Executor, StepLimits
from jupyter_containers.build.failed_step import FailedStep, FailureKeeper
from jupyter_containers.build.filesystem import Filesystem, Layer, Outcome
from jupyter_containers.build.graph import Vertex, key
from jupyter_containers.build.operations import files, source
from jupyter_containers.build.operations.caches import CacheDirectories
from jupyter_containers.build.operations.definitions import CopyFiles, Execute, ImageRoot, MakeDirectory
from jupyter_containers.build.operations.execute import execute
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.operations.owners import needs_names
from jupyter_containers.build.operations.step_folders import StepFolders
from jupyter_containers.build.operations.step_mounts import Supplies
from jupyter_containers.build.progress import Report

NO_SECRETS: Mapping[str, bytes] = MappingProxyType({})
NO_AGENTS: Mapping[str, Path] = MappingProxyType({})


class OperationPerformer:
    """Implements the solver's Performer. `slots` limits how much happens at the same time."""

    def __init__(
        self,
        stores: Stores,
        executor: Executor,
        context: Context,
        *,
        slots: asyncio.Semaphore,
        clock: Callable[[], datetime],
        limits: StepLimits | None = None,
        caches: CacheDirectories | None = None,
        secrets: Mapping[str, bytes] = NO_SECRETS,
        agents: Mapping[str, Path] = NO_AGENTS,
        keeper: FailureKeeper | None = None,
        folders: StepFolders | None = None,
    ) -> None:
        self._stores = stores
        self._executor = executor
        self._context = context
        self._slots = slots
        self._clock = clock
        self._limits = limits or StepLimits()
        self._caches = caches
        self._secrets = secrets
        self._agents = agents
        self._keeper = keeper
        self._folders = folders or StepFolders()
        self._checksums: dict[str, str] = {}

    def source(self, vertex: Vertex) -> Filesystem | None:
        return source.filesystem(vertex.operation) if isinstance(vertex.operation, ImageRoot) else None

    def is_ready(self, vertex: Vertex) -> bool:
        root = self.source(vertex)
        return root is not None and (not root.chain or self._stores.snapshotter.exists(root.chain))

    async def definition_key(self, vertex: Vertex, inputs: Sequence[str]) -> str:
        """A copy from the context has the files in its definition: they are here before anything runs."""
        operation = vertex.operation
        if isinstance(operation, CopyFiles) and len(inputs) == 1:
            self._checksums[vertex.digest] = await files.checksum(
                self._stores, operation, self._context.of(operation.context)
            )
        return key(operation.definition(), list(inputs), self._checksums.get(vertex.digest))

    async def content_key(self, vertex: Vertex, inputs: Sequence[Filesystem]) -> str | None:
        operation = vertex.operation
        found = self._checksums.get(vertex.digest)
        if isinstance(operation, CopyFiles) and len(inputs) == 2:
            found = await files.checksum(self._stores, operation, inputs[1])
        if isinstance(operation, CopyFiles) and operation.is_linked:
            # The numbers, not what they were looked up in: a name may mean the same in another image.
            owner = await files.linked_owner(self._stores, operation, inputs[0])
            return key("loose", operation.definition(), owner, found)
        shown = [entry.chain for entry in inputs[1:]] if isinstance(operation, Execute) else []
        return key(operation.definition(), inputs[0].chain, found, *shown)

    def is_loose(self, vertex: Vertex) -> bool:
        return isinstance(vertex.operation, CopyFiles) and vertex.operation.is_linked

    def loose_key(self, vertex: Vertex, inputs: Sequence[str]) -> str | None:
        """To be asked after the definition key. An owner by name is told by what is below."""
        operation = vertex.operation
        if not isinstance(operation, CopyFiles) or not operation.is_linked or needs_names(operation.owner):
            return None
        return key("loose", operation.definition(), list(inputs[1:]), self._checksums.get(vertex.digest))

    async def perform(self, vertex: Vertex, inputs: Sequence[Filesystem], report: Callable[[Report], None]) -> Outcome:
        async with self._slots:
            if isinstance(vertex.operation, ImageRoot):
                return Outcome(await source.unpack_root(self._stores, vertex.operation), "", cached=True)
            layer = await self._layer(vertex, inputs, report)
        return Outcome(inputs[0].with_layer(layer), rfc_3339(self._clock()), layer)

    async def _layer(
        self, vertex: Vertex, inputs: Sequence[Filesystem], report: Callable[[Report], None]
    ) -> Layer | None:
        operation = vertex.operation
        if isinstance(operation, Execute):
            supplies = Supplies(inputs[1:], self._caches, self._secrets, self._agents, self._folders)
            return await execute(
                self._stores, self._executor, operation, inputs[0], report, limits=self._limits, supplies=supplies,
                keep=self._keeping(vertex, inputs),
            )  # fmt: skip
        if isinstance(operation, CopyFiles):
            origin = inputs[1] if len(inputs) == 2 else self._context.of(operation.context)
            return await files.copy_files(self._stores, operation, inputs[0], origin)
        assert isinstance(operation, MakeDirectory), operation
        return await files.make_directory(self._stores, operation, inputs[0])

    def _keeping(self, vertex: Vertex, inputs: Sequence[Filesystem]) -> Callable[[FailedStep], None] | None:
        """Return what keeps a failed step together with who asked for it and what its mounts show."""
        keeper = self._keeper
        if keeper is None:
            return None

        def keep(failed: FailedStep) -> None:
            origins = tuple(inputs[1:])
            keeper.keep(replace(failed, lines=vertex.lines, source=vertex.source, origins=origins, limits=self._limits))

        return keep


def rfc_3339(moment: datetime) -> str:
    """Return an aware time as image configs have it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
