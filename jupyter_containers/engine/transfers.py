"""Transfers: images that come in from outside. Pull from a registry, load and import from files.

Each works inside `garbage.working()`: what it brought in is protected until an image's record names it, and what a
failed one leaves is collected afterwards; but what a pull brought until its registry went away is kept for the next.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from jupyter_containers.build.blocking import check, in_thread
from jupyter_containers.build.changes import apply_changes
from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine import platforms
from jupyter_containers.engine.bodies import consume
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.garbage import Garbage
from jupyter_containers.engine.images import Images, ImageView
from jupyter_containers.errors import NotFound, Unsupported
from jupyter_containers.images import archive, unpack, walk
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import ProcessDefaults
from jupyter_containers.oci.platform import Platform, host_platform, suitability
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials, Description, Fetched, Found, Progress, Registry
from jupyter_containers.registry import Pulled as Brought
from jupyter_containers.snapshots.snapshotter import Snapshotter


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought. `is_new` is false when the name pointed at this image before; `warning` may be empty."""

    reference: Reference
    digest: str
    image: Image
    is_new: bool
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An image out of a file. `replaced`: names that pointed at another image before, and its id."""

    names: tuple[Reference, ...]
    image: Image
    replaced: tuple[tuple[Reference, Digest], ...] = ()


class Transfers:
    """Brings images into the store of one data root."""

    def __init__(
        self,
        images: Images,
        registry: Registry,
        *,
        content: ContentStore,
        snapshots: Snapshotter,
        events: Events,
        garbage: Garbage,
    ) -> None:
        self._images = images
        self._registry = registry
        self._content = content
        self._snapshots = snapshots
        self._events = events
        self._garbage = garbage

    async def pull(
        self,
        reference: Reference,
        *,
        platform: Platform | None = None,
        credentials: Credentials | None = None,
        progress: Callable[[Progress], None],
    ) -> Pulled:
        """Fetch an image, unpack it and let its name point at it.

        Raises NotFound, Unauthorized, Unavailable … as the registry has it. After cancellation: the name is as it was;
        layers that arrived whole are used by the next pull of them.
        """
        if reference.domain == "docker.io" and reference.path == "library/host":
            raise Unsupported("host is this machine's own root and is in no registry; use it as it is: run host")
        async with self._garbage.working(resumable=True):
            pulled = await self._registry.pull(
                reference, platform=platform or host_platform(), credentials=credentials, progress=progress
            )
            image = await self._unpacked(walk.load(self._content, pulled.target, platform), progress)
            before = await self._known(reference)
            self._name(pulled, reference, image, platform)
        self._images.tell_named("pull", image.config_digest, reference.familiar, reference.familiar_repository)
        return Pulled(
            reference,
            pulled.repo_digest.partition("@")[2],
            image,
            is_new=before != image.config_digest,
            warning=_warning(reference, image, platform),
        )

    def _name(self, pulled: Brought, reference: Reference, image: Image, platform: Platform | None) -> None:
        """Let a name point at what was pulled by it: the one image, or its index when all that this lists is here.

        A name that has that very index here goes on to mean all of it, and for this machine what it meant.
        """
        index = self._images.indexes.of(reference)
        has_index = pulled.index is not None and index is not None and index.digest == pulled.index.digest
        # With a digest the digest counts, and a tag beside it is for the reader only.
        name = reference if reference.tag and not reference.digest and not has_index else None
        self._images.add(image, name, pulled.repo_digest, is_tagged=False)
        if has_index and index is not None and platform is None:
            self._images.indexes.set(reference, index, image.config_digest)
        elif name is not None and pulled.index is not None and self._images.indexes.is_whole(pulled.index):
            self._images.indexes.set(name, pulled.index, image.config_digest)

    async def tags(self, repository: Reference, *, credentials: Credentials | None = None) -> list[str]:
        """Return the tags that a repository has at its registry. Raises as `pull`."""
        return await self._registry.tags(repository, credentials)

    async def describe(self, reference: Reference, *, credentials: Credentials | None = None) -> Description:
        """Return what a reference is at its registry now, without fetching it. Raises as `pull`."""
        return await self._registry.describe(reference, credentials)

    async def search(
        self, term: str, *, limit: int | None = None, credentials: Credentials | None = None
    ) -> list[Found]:
        """Return what a registry's index says to a few words. Raises as `pull`, and Unsupported where none is."""
        return await self._registry.search(term, limit=limit, credentials=credentials)

    def fetch(self, url: str) -> AbstractAsyncContextManager[Fetched]:
        """Open a file at a URL. Raises NotFound, Unavailable and others."""
        return self._registry.fetch(url)

    async def log_in(self, domain: str, credentials: Credentials) -> str:
        """Show credentials to a registry; return the identity token it gives, "" for none. Raises Unauthorized."""
        return await self._registry.log_in(domain, credentials)

    async def _known(self, reference: Reference) -> object:
        try:
            return (await self._images.find(str(reference))).id
        except NotFound:
            return None

    async def load(
        self,
        body: AsyncIterable[bytes],
        progress: Callable[[Progress], None] | None = None,
        platform: Platform | None = None,
        *,
        leases: bool = False,
    ) -> list[Loaded]:
        """Read the images of a `docker save` file or an OCI layout. `leases`: keep them for a build, see leases.py.

        Raises InvalidParameter for what is neither, Unsupported for an image of another machine's root. After
        cancellation: images that were complete stay.
        """
        async with self._garbage.working():
            indexes: dict[Reference, Descriptor] = {}
            found = await consume(body, lambda stream: archive.load(stream, self._content, platform, indexes))
            loaded = []
            for names, image in found:
                await self._unpacked(image, progress or _tell_nobody)
                loaded.append(Loaded(names, image, tuple(self._replaced(names, image))))
                if leases:
                    self._images.leases.give(image.config_digest)
                for name in names or (None,):
                    self._images.add(image, name, is_tagged=False)
                    if name in indexes:
                        self._images.indexes.set(name, indexes[name], image.config_digest)
                self._images.tell("load", image.config_digest, str(image.config_digest))
        # What was in the file besides, its tables for one.
        self._garbage.begin()
        return loaded

    def _replaced(self, names: Sequence[Reference], image: Image) -> Iterator[tuple[Reference, Digest]]:
        for name in names:
            target = self._images.target(name)
            if target is not None and target != image.config_digest:
                yield name, target

    async def import_(
        self,
        body: AsyncIterable[bytes],
        *,
        name: Reference | None,
        changes: Sequence[str],
        message: str,
        platform: Platform | None = None,
    ) -> Image:
        """Make an image of one layer from a tar of a root file system, as `docker import` does."""
        process = apply_changes(ProcessDefaults(), changes)
        async with self._garbage.working():
            image = await consume(
                body,
                lambda stream: archive.import_tar(
                    stream, self._content, process=process, message=message, platform=platform
                ),
            )
            await self._unpacked(image, _tell_nobody)
            self._images.add(image, name)
        self._images.tell("import", image.config_digest, str(name or image.config_digest))
        return image

    async def for_platform(self, name: str, platform: Platform) -> ImageView:
        """Return what a name or an id has here for a platform, unpacked and with a record: a container can stand on it.

        An image of an index has no name of its own, and is pruned when no container stands on it any more.
        Raises ImageNotFound, NotForPlatform.
        """
        async with self._garbage.working():
            view = await self._images.find(name)
            other = platforms.beside(self._images, name, view, platform)
            if other is not None:
                return self._images.view(self._images.add(await self._unpacked(other, _tell_nobody)))
        if not platforms.serves(view.config.platform, platform):
            raise platforms.NotForPlatform(name, platform, view.config.platform)
        return view

    async def from_index(
        self, name: Reference, platform: Platform, progress: Callable[[Progress], None]
    ) -> Image | None:
        """Unpack what the index of a name has for a platform; None when that is not here. Work inside `working()`."""
        image = self._images.indexes.image(name, platform)
        return await self._unpacked(image, progress) if image is not None else None

    async def _unpacked(self, image: Image, progress: Callable[[Progress], None]) -> Image:
        """Unpack an image. After cancellation: the thread has ended, so that nothing is collected under its hands."""
        loop = asyncio.get_running_loop()

        def tell(stop: threading.Event, step: unpack.Progress) -> None:
            check(stop)
            loop.call_soon_threadsafe(progress, Progress(step.id, step.status, step.current, step.total))

        self._refuse_host(image)
        await in_thread(
            lambda stop: unpack.unpack(image, self._content, self._snapshots, on_progress=lambda step: tell(stop, step))
        )
        return image

    def _refuse_host(self, image: Image) -> None:
        """Refuse an image that says it stands on the host's root: only this daemon may make such a one.

        It can say so by a layer of that type, or by the names of layers that are here: what is here is not unpacked
        again, so the names alone would open this machine to an image from outside.
        """
        if image.is_host or any(self._is_host(name) for name in image.chain):
            raise Unsupported(
                f"image {image.config_digest} stands on a machine's own root, which cannot come from outside"
            )

    def _is_host(self, snapshot: str) -> bool:
        key: str | None = snapshot
        while key is not None and self._snapshots.exists(key):
            record = self._snapshots.stat(key)
            if record.adopted_path is not None:
                return True
            key = record.parent
        return False


def _tell_nobody(_: Progress) -> None:
    pass


def _warning(reference: Reference, image: Image, wanted: Platform | None) -> str:
    """Return what to say of an image that there is for one platform only, and not for the one that was asked for."""
    found = image.config.platform
    if wanted is None or suitability(found, wanted) is not None:
        return ""
    return (
        f"image with reference {reference.familiar} was found but does not match the specified platform: "
        f"wanted {wanted}, actual: {found}"
    )
