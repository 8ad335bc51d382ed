"""Bootstraps: a Debian image made from a mirror of packages, for machines that reach one but no registry.

The files of the packages go into a snapshot, their own scripts run in a container on it, without a network, and what
has become of it is an image of one layer. Debian's side of it is in bootstrap/.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jupyter_containers.bootstrap import apt_settings, dpkg_database, origins, resolver, second_stage
from jupyter_containers.bootstrap.origins import Archive
from jupyter_containers.bootstrap.own_files import place
from jupyter_containers.bootstrap.packages import Index, Package
from jupyter_containers.bootstrap.resolver import Variant
from jupyter_containers.bootstrap.unpacking import Unpacked, unpack_package
from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.executor import Executor, Step
from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.build.operations import stubs
from jupyter_containers.build.operations.layering import Stop, Stores
from jupyter_containers.engine.garbage import Garbage
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.mirrors import Fetch, Mirrors, Tell
from jupyter_containers.errors import Cancelled, ContainersError, InvalidParameter, NotFound, Unsupported
from jupyter_containers.images.assemble import assemble
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.image_config import History, ImageConfig, ProcessDefaults
from jupyter_containers.oci.platform import Platform, host_platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Progress
from jupyter_containers.registry.progress import WAITING

EXTRACTING = "Extracting"
UNPACKED = "Unpacked"
CONFIGURING = "Configuring"
CONFIGURED = "Configured"
APT_FOLDER = Path("/etc/apt")
_PARALLEL = 6
_SHOWN_LINES = 12
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LABEL = "jupyter-containers.bootstrap"


class ConfiguringFailed(ContainersError):
    """A script of a package failed; its last lines are in the message."""


@dataclass(frozen=True, slots=True)
class BootstrapRequest:
    """`image` says what to make, as `debian:bookworm`; `name` is given to it, the same where it is None.

    `mirror` is a URL instead of the host's sources, `keyring` a path on the daemon's machine.
    """

    image: str
    name: Reference | None = None
    mirror: str = ""
    keyring: str = ""
    variant: Variant = Variant.MINBASE
    include: tuple[str, ...] = ()
    platform: Platform | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be made; `date` is that of the main archive's release."""

    request: BootstrapRequest
    architecture: str
    archives: Sequence[Archive]
    packages: Sequence[Package]
    date: datetime

    def labels(self) -> dict[str, str]:
        main = self.archives[0]
        return {
            f"{_LABEL}.suite": main.suite,
            f"{_LABEL}.snapshot": f"{self.date:%Y-%m-%dT%H:%M:%SZ}",
            f"{_LABEL}.mirror": main.uri,
            f"{_LABEL}.variant": self.request.variant.value,
        }


class Bootstraps:
    """Makes base images for one data root, one at a time. `folder` is apt's configuration."""

    def __init__(
        self,
        images: Images,
        stores: Stores,
        *,
        fetch: Fetch,
        executor: Executor,
        garbage: Garbage,
        folder: Path = APT_FOLDER,
    ) -> None:
        self._images = images
        self._stores = stores
        self._fetch = fetch
        self._executor = executor
        self._garbage = garbage
        self._folder = folder
        # Two would fetch the same packages, and the second would find them half there.
        self._lock = asyncio.Lock()

    async def bootstrap(self, request: BootstrapRequest, tell: Tell) -> Image:
        """Make an image and give it its name. `tell` is called on the event loop.

        Raises NotFound (no mirror, no such suite or package), SignatureRefused, ReleaseRefused, FileRefused,
        Unresolvable, ConfiguringFailed, Unavailable, InvalidParameter, Unsupported. After failures and cancellation:
        no image, no container, and what came is collected.
        """
        suite = origins.suite_of(request.image)
        name = (request.name or Reference.parse(request.image)).with_default_tag()
        if name.digest is not None:
            raise InvalidParameter(f"invalid name {name.familiar}: an image that is made cannot be named by a digest")
        architecture = _architecture(request.platform)
        if self._lock.locked():
            tell(Progress("", "Waiting for another bootstrap"))
        async with self._lock, self._garbage.working():
            settings = await in_thread(lambda _: apt_settings.read(self._folder))
            mirrors = Mirrors(self._fetch, self._stores.content, settings)
            plan = await self._plan(mirrors, request, suite, architecture, tell)
            image = await self._make(plan, mirrors, tell)
            self._images.add(image, name)
        # The packages have done their service.
        self._garbage.begin()
        self._images.tell("import", image.config_digest, name.familiar)
        return image

    async def _plan(
        self, mirrors: Mirrors, request: BootstrapRequest, suite: str, architecture: str, tell: Tell
    ) -> _Plan:
        archives = await in_thread(
            lambda _: origins.archives(
                self._folder, suite, architecture, mirror=request.mirror, keyring=request.keyring
            )
        )
        index, used, dates = Index(architecture), list[Archive](), list[datetime]()
        for archive in archives:
            tell(Progress("", f"Reading {archive.suite} from {archive.uri}"))
            try:
                release = await mirrors.release(archive, datetime.now(UTC))
            except NotFound:
                if not archive.is_guess:
                    raise
                continue
            for content in await mirrors.index(archive, release, architecture):
                await in_thread(lambda _, content=content, uri=archive.uri: index.add(content, uri))  # type: ignore[misc]
            used.append(archive)
            dates.append(release.date)
        chosen = await in_thread(lambda _: resolver.choose(index, request.variant, request.include))
        size = sum(package.size for package in chosen)
        tell(Progress("", f"Taking {len(chosen)} packages, {size / 1e6:.1f} MB"))
        return _Plan(request, architecture, used, chosen, dates[0])

    async def _make(self, plan: _Plan, mirrors: Mirrors, tell: Tell) -> Image:
        key = f"bootstrap:{secrets.token_hex(16)}"
        try:
            await in_thread(lambda _: self._stores.prepare(key, Filesystem()))
            unpacked = await self._unpack(plan, mirrors, key, tell)
            await self._configure(plan, unpacked, key, tell)
            tell(Progress("", "Writing the image"))
            layer = await in_thread(lambda _: self._stores.seal(key, Filesystem()))
        except BaseException as error:
            await self._stores.discard_after(key, error)
            raise
        if layer is None:
            raise ContainersError("the packages have no files")
        return await in_thread(lambda _: self._assembled(plan, layer))

    async def _unpack(self, plan: _Plan, mirrors: Mirrors, key: str, tell: Tell) -> list[Unpacked]:
        """Fetch packages, a few at a time, and unpack each as soon as it and those before it are there."""
        slots = asyncio.Semaphore(_PARALLEL)

        async def fetch(package: Package) -> None:
            async with slots:
                await mirrors.package(package, tell)

        def make_links(_: Stop) -> None:
            with self._root(key) as root_fd:
                place(root_fd, second_stage.merged_links(plan.architecture, time.time_ns()))

        await in_thread(make_links)
        # What is there first decides what a directory is like, and base-files knows best.
        ordered = sorted(plan.packages, key=lambda package: package.name != "base-files")
        unpacked = []
        try:
            async with asyncio.TaskGroup() as group:
                coming = []
                for package in ordered:
                    tell(Progress(package.name, WAITING))
                    coming.append(group.create_task(fetch(package)))
                for package, task in zip(ordered, coming, strict=True):
                    await task
                    unpacked.append(await self._unpack_one(package, key, tell))
        except ExceptionGroup as failures:
            # The first is the cause; the others are tasks that it took along.
            raise failures.exceptions[0] from None
        return unpacked

    async def _unpack_one(self, package: Package, key: str, tell: Tell) -> Unpacked:
        tell(Progress(package.name, EXTRACTING, 0, package.size))

        def work(stop: Stop) -> Unpacked:
            def watch(_: int) -> None:
                if stop.is_set():
                    raise Cancelled("the bootstrap was given up")

            with self._root(key) as root_fd, self._stores.content.open(package.digest) as stream:
                return unpack_package(stream, package, root_fd, on_progress=watch)

        unpacked = await in_thread(work)
        tell(Progress(package.name, UNPACKED))
        return unpacked

    async def _configure(self, plan: _Plan, unpacked: Sequence[Unpacked], key: str, tell: Tell) -> None:
        """Let the packages' own scripts run, in a container on the snapshot."""
        now = time.time_ns()
        names = [one.package.name for one in unpacked]

        def prepare(_: Stop) -> stubs.Before:
            with self._root(key) as root_fd:
                place(root_fd, dpkg_database.files(unpacked, now))
                place(root_fd, second_stage.settings(plan.archives, names, now))
            return stubs.look(self._upper(key))

        before = await in_thread(prepare)
        step = Step(
            id=secrets.token_hex(32),
            rootfs=self._stores.snapshotter.mounts(key),
            args=("/bin/sh", "-c", second_stage.script(unpacked)),
            env=second_stage.ENVIRONMENT,
            network="none",
            hostname="bootstrap",
        )
        said = _Said(tell)
        code = await self._executor.run(step, output=said.hear)
        if code:
            raise ConfiguringFailed(f"the packages' scripts failed with exit code {code}: {said.last_lines()}")
        said.end()
        await in_thread(lambda _: stubs.clear(self._upper(key), before, is_overlay=False))

    def _assembled(self, plan: _Plan, layer: Layer) -> Image:
        created = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        words = f"image bootstrap {plan.request.image} # {plan.request.variant.value}, {len(plan.packages)} packages"
        config = ImageConfig(
            platform=host_platform(),
            diff_ids=(layer.diff_id,),
            process=ProcessDefaults(env=(_PATH,), cmd=("bash",), labels=plan.labels()),
            history=(History(created=created, created_by=words),),
            created=created,
        )
        return assemble(self._stores.content, config, (layer.descriptor,))

    def _upper(self, key: str) -> Path:
        upper = self._stores.snapshotter.upper(key)
        assert upper is not None, "an active snapshot has a directory of its own"
        return upper

    @contextmanager
    def _root(self, key: str) -> Iterator[int]:
        fd = os.open(self._upper(key), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield fd
        finally:
            os.close(fd)


class _Said:
    """What the second stage says: each package that is configured is told of, the last lines are kept for an error."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._lines: deque[str] = deque(maxlen=_SHOWN_LINES)
        self._rest = b""
        self._current = ""

    def hear(self, _stream: int, content: bytes) -> None:
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            self._lines.append(text[:400])
            if name := second_stage.being_configured(text):
                self.end()
                self._current = name
                self._tell(Progress(name, CONFIGURING))

    def end(self) -> None:
        """Tell that the package that was configured last is done."""
        if self._current:
            self._tell(Progress(self._current, CONFIGURED))
            self._current = ""

    def last_lines(self) -> str:
        return " | ".join(line for line in (*self._lines, self._rest.decode("utf-8", "replace")[:400]) if line)


def _architecture(wanted: Platform | None) -> str:
    """Return Debian's name for this machine's architecture. Raises Unsupported when another is wanted."""
    here = host_platform()
    if wanted is not None and (wanted.os, wanted.architecture) != (here.os, here.architecture):
        raise Unsupported(f"cannot make an image for {wanted}: its packages' scripts run here only for {here}")
    return origins.architecture_of(here)
