"""Builds: a tar of a context becomes a directory, a Dockerfile in it becomes an image with names."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from types import MappingProxyType
from typing import BinaryIO

from jupyter_containers.build.builder import Builder, BuildOptions
from jupyter_containers.build.cache import protected
from jupyter_containers.build.context import Context
from jupyter_containers.build.progress import Listener, PullProgress
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.garbage import Garbage, Needed
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.transfers import Transfers
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.images.walk import Image
from jupyter_containers.layers import archive
from jupyter_containers.linux import trees
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.metadata.build_cache import BuildCache, CacheEntry
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials, Progress

MAX_DOCKERFILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """`dockerfile` is its path in the context; `names` are given to the image when all is done.

    `credentials` are for base images, by the domain of their registry.
    """

    dockerfile: str = "Dockerfile"
    names: tuple[Reference, ...] = ()
    options: BuildOptions = field(default_factory=BuildOptions)
    credentials: Mapping[str, Credentials] = field(default_factory=dict, repr=False)


class BaseImages:
    """Finds the images that FROM names: here, or else in their registry. Implements build's BaseImages."""

    def __init__(self, images: Images, transfers: Transfers) -> None:
        self._images = images
        self._transfers = transfers
        # The builder is one for all builds, so that they can share work; whose build a base is for, its task knows.
        self._credentials: ContextVar[Mapping[str, Credentials]] = ContextVar(
            "credentials", default=MappingProxyType({})
        )

    @contextmanager
    def using(self, credentials: Mapping[str, Credentials]) -> Iterator[None]:
        """Use these, by domain, for what the block and the tasks begun in it resolve."""
        token = self._credentials.set(credentials)
        try:
            yield
        finally:
            self._credentials.reset(token)

    async def resolve(self, reference: str, pull: bool, report: Callable[[PullProgress], None]) -> Image:
        name = Reference.parse(reference).with_default_tag()
        is_host = name.repository == "docker.io/library/host"
        if not pull or is_host:
            try:
                return (await self._images.find(reference)).image
            except NotFound:
                if is_host:
                    raise

        def tell(step: Progress) -> None:
            report(PullProgress(step.id, step.status, step.current, step.total))

        credentials = self._credentials.get().get(name.domain)
        return (await self._transfers.pull(name, credentials=credentials, progress=tell)).image


@dataclass(frozen=True, slots=True)
class CachedStep:
    """A step of a build: `chain` is what it resulted in, `parent` what it stood on; empty for a change of settings.

    `created` is RFC 3339, `last_used` seconds since the epoch.
    """

    key: str
    chain: str
    parent: str
    created: str
    last_used: float


class Builds:
    """Builds for one data root; contexts are unpacked under `folder` and removed in any case."""

    def __init__(
        self,
        builder: Builder,
        images: Images,
        *,
        bases: BaseImages,
        cache: BuildCache,
        events: Events,
        garbage: Garbage,
        folder: Path,
    ) -> None:
        self._builder = builder
        self._bases = bases
        self._cache = cache
        self._images = images
        self._events = events
        self._garbage = garbage
        self._folder = folder

    async def build(self, body: AsyncIterable[bytes], request: BuildRequest, progress: Listener) -> Image:
        """Build from a context in a tar (plain or compressed). Raises what Builder.build raises.

        After cancellation: nothing has a new name, the context is gone; finished steps are in the cache.
        """
        async with self._garbage.working(), self._context_folder() as root:
            await self._unpack(body, root)
            dockerfile = await asyncio.to_thread(_read_dockerfile, root, request.dockerfile)
            context = Context(root, dockerfile=request.dockerfile)
            with self._bases.using(request.credentials):
                image = await self._builder.build(dockerfile, context, request.options, progress)
            for name in request.names or (None,):
                self._images.add(image, name)
        for name in request.names:
            self._events.publish("image", "tag", str(image.config_digest), {"name": name.familiar})
        return image

    def needed(self) -> Iterable[Needed]:
        """Return what the cached steps need, for the garbage collector."""
        for entry in self._cache.all():
            found = protected(entry.record)
            yield Needed(frozenset(found.blobs), frozenset(found.snapshots))

    def cached_steps(self) -> list[CachedStep]:
        """Return the steps in the cache that have made a layer, the one unused for longest first."""
        steps = (_step(entry) for entry in self._cache.all() if entry.record.get("layer"))
        # A step is found by what it is and by what it reads: two keys for one result.
        return list({step.chain: step for step in steps}.values())

    async def prune(self, wanted: Callable[[CachedStep], bool] = lambda _step: True) -> tuple[list[str], int]:
        """Forget the cached steps that `wanted` picks; return their keys, and the bytes that only they needed."""
        steps = [_step(entry) for entry in self._cache.all()]
        results = {step.chain for step in steps if step.chain and wanted(step)}
        removed = [step.key for step in steps if step.chain in results or wanted(step)]
        for key in removed:
            self._cache.remove(key)
        freed = (await self._garbage.collect()).freed_bytes
        self._events.publish("builder", "prune", "", {"reclaimed": str(freed)})
        return removed, freed

    @asynccontextmanager
    async def _context_folder(self) -> AsyncIterator[Path]:
        root = Path(mkdtemp(prefix="context-", dir=self._folder))
        try:
            yield root
        finally:
            # A context may have very many files; shielded, so that a build that is cancelled leaves none either.
            await asyncio.shield(asyncio.to_thread(trees.remove_path, root))

    async def _unpack(self, body: AsyncIterable[bytes], root: Path) -> None:
        with TemporaryFile(dir=self._folder) as file:
            async for chunk in body:
                await asyncio.to_thread(file.write, chunk)
            file.seek(0)
            await asyncio.to_thread(_extract, file, root)


def _step(entry: CacheEntry) -> CachedStep:
    record = entry.record
    chain, parent = record.get("chain") or "", record.get("parent") or ""
    return CachedStep(entry.key, chain, parent, record.get("created") or "", entry.last_used)


def _extract(file: BinaryIO, root: Path) -> None:
    root_fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        archive.extract(file, root_fd, "/")
    finally:
        os.close(root_fd)


def _read_dockerfile(root: Path, name: str) -> str:
    root_fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fd = open_in_root(root_fd, name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InvalidParameter(
            f"Cannot locate specified Dockerfile: {name} ({error.strerror}); it must be inside the build context"
        ) from error
    finally:
        os.close(root_fd)
    with open(fd, "rb") as file:
        content = file.read(MAX_DOCKERFILE_BYTES + 1)
    if len(content) > MAX_DOCKERFILE_BYTES:
        raise InvalidParameter(f"Dockerfile {name} is larger than {MAX_DOCKERFILE_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidParameter(f"Dockerfile {name} is not UTF-8 text: {error}") from error


def names_of(texts: Sequence[str]) -> tuple[Reference, ...]:
    """Return the names for `-t`. Raises InvalidParameter for a bad one, or one with a digest."""
    names = tuple(Reference.parse(text).with_default_tag() for text in texts if text)
    for name in names:
        if name.digest is not None:
            raise InvalidParameter(f"invalid tag {name.familiar}: an image that is built cannot be named by a digest")
    return names
