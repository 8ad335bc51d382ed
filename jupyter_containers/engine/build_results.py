"""Results of builds that leave as bytes: kept for a while, so that the client can fetch them in the forms it asked for.

Nothing is written on the client's side by the daemon: it hands out a stream, and the client puts it where it belongs.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine.build_caches import Layout
from jupyter_containers.engine.build_platforms import write_index
from jupyter_containers.engine.garbage import Garbage, Needed
from jupyter_containers.engine.shelf import Shelf
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images import layout
from jupyter_containers.images.layout import Named
from jupyter_containers.images.root_archive import write_root
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.reference import Reference
from jupyter_containers.snapshots.snapshotter import Snapshotter

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Result:
    """What a build has made, under the names that it has in archives. `moment` (seconds) is that of all its files.

    `cache` is what it tells other builds, if that was asked for; `index` the images for several platforms, of which
    `image` is the first.
    """

    image: Image
    names: tuple[Reference, ...] = ()
    moment: int | None = None
    cache: Layout | None = None
    index: Layout | None = None

    def needed(self) -> Needed:
        layouts = [layout.blobs for layout in (self.cache, self.index) if layout is not None]
        return Needed(self.image.blobs.union(*layouts), frozenset(self.image.chain))


class BuildResults:
    """The results of one data root, in memory: a new daemon knows none. `monotonic` answers seconds."""

    def __init__(
        self,
        content: ContentStore,
        snapshots: Snapshotter,
        garbage: Garbage,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._content = content
        self._snapshots = snapshots
        self._garbage = garbage
        self._shelf: Shelf[Result] = Shelf("result of a build", monotonic=monotonic)
        garbage.protect(lambda: [result.needed() for result in self._shelf.all()])

    def keep(self, result: Result) -> str:
        """Keep a result until it is fetched and forgotten, or its time is over; return the name to fetch it by."""
        return self._shelf.put(result)

    def write_index(self, images: Sequence[Image], names: Sequence[Reference]) -> Layout:
        """Write what images for several platforms are handed out as. Raises Unsupported for host."""
        return write_index(images, names, self._content)

    def forget(self, name: str) -> None:
        """Let a result go; what only it needed is collected. Raises NotFound."""
        self._shelf.remove(name)
        self._garbage.begin()

    @asynccontextmanager
    async def writing(self, name: str, kind: str) -> AsyncIterator[Callable[[Write], None]]:
        """Give what writes a result in one form, blocking: tar (of its files), docker or oci (an archive of the image),
        cache (as an OCI layout).

        Nothing of it is collected inside the block, however long a client takes to read, and its time begins anew
        afterwards. Raises NotFound, InvalidParameter for another form; what is given, Unsupported for the root of this
        machine.
        """
        with self._shelf.held(name) as result:
            write = self._writer(result, kind)
            async with self._garbage.keeping(result.needed):
                yield write

    def _writer(self, result: Result, kind: str) -> Callable[[Write], None]:
        if result.index is not None and kind != "cache":
            index = result.index
            if kind != "oci":
                raise InvalidParameter(f"no form {kind!r} of a build for several platforms; ask for oci")
            return lambda write: layout.save_blobs(index.manifests, index.blobs, self._content, write)
        if kind == "tar":
            mtime_ns = None if result.moment is None else result.moment * 10**9
            return lambda write: write_root(result.image, self._content, self._snapshots, write, mtime_ns=mtime_ns)
        if kind == "cache" and (cache := result.cache) is not None:
            return lambda write: layout.save_blobs(cache.manifests, cache.blobs, self._content, write)
        if kind not in ("docker", "oci"):
            raise InvalidParameter(f"no form {kind!r} of this build's result; ask for tar, docker or oci")
        named = [Named(result.image, result.names)]
        return lambda write: layout.save(named, self._content, write, for_docker=kind == "docker")
