"""Results of builds that leave as bytes: kept for a while, so that the client can fetch them in the forms it asked for.

Nothing is written on the client's side by the daemon: it hands out a stream, and the client puts it where it belongs.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine.garbage import Garbage, Needed
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.images import layout
from jupyter_containers.images.layout import Named
from jupyter_containers.images.root_archive import refuse_host, write_root
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.reference import Reference
from jupyter_containers.snapshots.snapshotter import Snapshotter

# A client that does not come for its result by then has gone.
KEPT_SECONDS = 600.0
KEPT_AT_MOST = 32

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Result:
    """What a build has made, under the names that it has in archives. `moment` (seconds) is that of all its files."""

    image: Image
    names: tuple[Reference, ...] = ()
    moment: int | None = None

    def needed(self) -> Needed:
        image = self.image
        blobs = {image.descriptor.digest, image.config_digest, *(layer.digest for layer in image.manifest.layers)}
        return Needed(frozenset(blobs), frozenset(image.chain))


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
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, Result]] = {}
        garbage.protect(self._needed)

    def keep(self, result: Result) -> str:
        """Keep a result until it is fetched and forgotten, or its time is over; return the name to fetch it by."""
        while len(self._kept) >= KEPT_AT_MOST:
            del self._kept[next(iter(self._kept))]
        name = secrets.token_hex(16)
        self._kept[name] = (self._monotonic() + KEPT_SECONDS, result)
        return name

    def forget(self, name: str) -> None:
        """Let a result go; what only it needed is collected. Raises NotFound."""
        self._find(name)
        del self._kept[name]
        self._garbage.begin()

    @asynccontextmanager
    async def writing(self, name: str, kind: str) -> AsyncIterator[Callable[[Write], None]]:
        """Give what writes a result in one form, blocking: tar (of its files), docker or oci (an archive of the image).

        Nothing of it is collected inside the block. Raises NotFound, InvalidParameter for another form, Unsupported for
        the root of this machine.
        """
        result = self._find(name)
        write = self._writer(result, kind)
        async with self._garbage.keeping(result.needed):
            yield write

    def _writer(self, result: Result, kind: str) -> Callable[[Write], None]:
        if kind == "tar":
            refuse_host(result.image)
            mtime_ns = None if result.moment is None else result.moment * 10**9
            return lambda write: write_root(result.image, self._content, self._snapshots, write, mtime_ns=mtime_ns)
        if kind not in ("docker", "oci"):
            raise InvalidParameter(f"no form {kind!r} of a build's result; ask for tar, docker or oci")
        named = [Named(result.image, result.names)]
        return lambda write: layout.save(named, self._content, write, for_docker=kind == "docker")

    def _find(self, name: str) -> Result:
        self._drop_old()
        kept = self._kept.get(name)
        if kept is None:
            raise NotFound(f"no result of a build is kept as {name}; build again")
        return kept[1]

    def _drop_old(self) -> None:
        now = self._monotonic()
        for name in [name for name, (until, _) in self._kept.items() if until <= now]:
            del self._kept[name]

    def _needed(self) -> Iterable[Needed]:
        self._drop_old()
        return [result.needed() for _, result in self._kept.values()]


def names_in(texts: Sequence[str]) -> tuple[Reference, ...]:
    """Return names with tags, each once. Raises InvalidParameter for one with a digest."""
    names = [Reference.parse(text).with_default_tag() for text in texts if text]
    for name in names:
        if name.digest is not None:
            raise InvalidParameter(f"invalid tag {name.familiar}: an image that is built cannot be named by a digest")
    return tuple(dict.fromkeys(names))
