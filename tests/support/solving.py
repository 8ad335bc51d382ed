"""What the solver works with, in memory: vertices, who performs them, and a cache elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_containers.build.cache import Cache
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.filesystem import Filesystem, Layer, Loose, Outcome
from jupyter_containers.build.graph import Vertex, key, vertex
from jupyter_containers.build.progress import Output, Report
from jupyter_containers.build.solver import Solver
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from tests.support.build_fakes import Present, Records


@dataclass(frozen=True)
class Make:
    """Puts a layer with `content` on its base; `content` None: what its second input's layers are."""

    name: str
    content: str | None = ""
    is_loose: bool = False

    def definition(self) -> dict[str, Any]:
        return {"make": self.name}


def made(name: str, *inputs: Vertex, content: str | None = "") -> Vertex:
    return vertex(Make(name, content), inputs, lines=(len(name), len(name)), source=name)


@dataclass
class Workshop:
    """Performs Make, remembers the order, and can wait, fail and be slow on request."""

    present: Present = field(default_factory=Present)
    records: Records = field(default_factory=Records)
    done: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)

    def solver(self) -> Solver:
        return Solver(Cache(self.records, self.present, self.present))

    def source(self, entry: Vertex) -> Filesystem | None:
        return None if entry.inputs else Filesystem()

    def is_ready(self, entry: Vertex) -> bool:
        return True

    async def definition_key(self, entry: Vertex, inputs: Sequence[str]) -> str:
        if "undefined" in self.failing and entry.operation.name == "undefined":
            raise CopyFailed("not in the context")
        return key(entry.operation.definition(), list(inputs))

    def is_loose(self, entry: Vertex) -> bool:
        return entry.operation.is_loose

    def loose_key(self, entry: Vertex, inputs: Sequence[str]) -> str | None:
        operation = entry.operation
        is_told = operation.is_loose and "named" not in operation.name
        return key("loose", operation.name, list(inputs[1:])) if is_told else None

    async def content_key(self, entry: Vertex, inputs: Sequence[Filesystem]) -> str | None:
        if entry.operation.is_loose:
            return key("loose content", entry.operation.name, [filesystem.chain for filesystem in inputs[1:]])
        return key(entry.operation.name, [filesystem.chain for filesystem in inputs])

    async def perform(self, entry: Vertex, inputs: Sequence[Filesystem], report: Callable[[Report], None]) -> Outcome:
        operation = entry.operation
        self.begun.append(operation.name)
        report(Output(1, operation.name.encode()))
        try:
            if operation.name in self.gates:
                await self.gates[operation.name].wait()
        except asyncio.CancelledError:
            self.cancelled.append(operation.name)
            raise
        if operation.name in self.failing:
            raise CopyFailed(f"{operation.name} failed")
        self.done.append(operation.name)
        digest = Digest.of((operation.content or operation.name).encode())
        layer = Layer(Descriptor(media_types.OCI_LAYER, digest, 1), digest)
        filesystem = inputs[0].with_layer(layer)
        self.present.names |= {digest, filesystem.chain}
        return Outcome(filesystem, f"t{len(self.done)}", layer)

    def started(self, entry: Vertex) -> None:
        self.heard.append(f"started {entry.operation.name}")

    def reported(self, entry: Vertex, report: Report) -> None:
        self.heard.append(f"output {entry.operation.name}")

    def finished(self, entry: Vertex, outcome: Outcome) -> None:
        self.heard.append(f"{'cached' if outcome.cached else 'finished'} {entry.operation.name}")

    def unneeded(self, entry: Vertex) -> None:
        self.heard.append(f"unneeded {entry.operation.name}")

    def failed(self, entry: Vertex) -> None:
        self.heard.append(f"failed {entry.operation.name}")


@dataclass
class Neighbour:
    """A cache elsewhere: has layers for some names, by any key or by this one alone; remembers what it was asked."""

    layers: dict[str, Layer] = field(default_factory=dict)
    only_key: str = ""
    loose_layers: dict[str, Layer] = field(default_factory=dict)
    settled: dict[str, Outcome] = field(default_factory=dict)
    brought: list[str] = field(default_factory=list)
    noted: list[tuple[str, str]] = field(default_factory=list)

    def look_up(self, key: str, vertex: Vertex, parent: Filesystem) -> Outcome | None:
        layer = self.layers.get(vertex.operation.name) if self.only_key in ("", key) else None
        return None if layer is None else Outcome(parent.with_layer(layer), "there", layer, cached=True)

    def loose(self, key: str) -> Loose | None:
        return Loose(self.loose_layers[key], "there") if key in self.loose_layers else None

    async def settle(self, vertex: Vertex, parent: Filesystem, made: Outcome) -> Outcome:
        return self.settled.get(vertex.operation.name, made)

    async def bring(self, filesystems: Sequence[Filesystem]) -> None:
        self.brought += [entry.chain for entry in filesystems]

    def note(self, key: str, filesystem: Filesystem, created: str, *, by_content: bool = False) -> None:
        self.noted.append((key, created))


def named(name: str) -> Layer:
    digest = Digest.of(name.encode())
    return Layer(Descriptor(media_types.OCI_LAYER, digest, 1), digest)


ROOT = made("root")


def solve(workshop: Workshop, target: Vertex, salt: str = "", elsewhere: Neighbour | None = None) -> Outcome:
    solving = workshop.solver().solve(target, workshop, workshop, no_cache_salt=salt, elsewhere=elsewhere)
    return asyncio.run(solving)
