"""Sharing: a registry inside the daemon, over its own content store. What one person built, others pull at once.

It runs here and not in a process of its own because only the daemon knows which blobs its images need and when garbage
is collected: blobs are served from where they lie, and what is pushed to it is in the store for the daemon's own pulls.
It comes back with the daemon until it is told to end, and with it the uploads that were under way.

<folder>/serving.json      how it was told to serve
<folder>/repositories/     what was pushed (registry/server/folder.py)
<folder>/uploads/          what is being pushed
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.engine.garbage import Needed
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.offered_images import OfferedImages
from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server.application import application
from jupyter_containers.registry.server.folder import BLOBS, MANIFESTS, FolderStorage
from jupyter_containers.registry.server.garbage import sweep_links
from jupyter_containers.registry.server.serving import SWEEP_SECONDS, Serving
from jupyter_containers.registry.server.settings import DEFAULT_LISTEN, Settings
from jupyter_containers.registry.server.site import Site
from jupyter_containers.registry.server.uploads import Uploads
from jupyter_containers.registry.server.users import Users

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to serve: `images` are patterns of names, files are paths as the daemon sees them."""

    listen: str = DEFAULT_LISTEN
    images: tuple[str, ...] = ("*",)
    htpasswd: str = ""
    tls_certificate: str = ""
    tls_key: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """A registry that serves at `url`."""

    url: str
    wanted: Wanted


class Sharing:
    """The registry of one daemon. `recover` after the images are there, `close` before they go."""

    def __init__(self, images: Images, content: DirectoryStore, folder: Path) -> None:
        self._images = images
        self._content = content
        self._folder = folder
        self._pushed = FolderStorage(folder, content)
        self._lock = asyncio.Lock()
        self._serving: Serving | None = None
        self._uploads: Uploads | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.state: Shared | None = None
        images.garbage.protect(lambda: [Needed(blobs=self._digests())])

    async def begin(self, wanted: Wanted) -> Shared:
        """Serve from now on, also after the daemon was started anew. Raises Conflict if it serves already, Unavailable.

        After cancellation: it serves, or nothing happened.
        """
        async with self._lock:
            if self.state is not None:
                raise Conflict(f"the registry serves at {self.state.url} already; stop it first")
            state = await self._begin(wanted)
            # With the port that it has got: clients know it by that.
            self._place.write_text(json.dumps(_to_json(replace(wanted, listen=urlsplit(state.url).netloc))))
            return state

    async def end(self) -> Shared | None:
        """Stop serving, and return how it served, None if it did not. What was pushed stays for the next time."""
        async with self._lock:
            state = self.state
            self._place.unlink(missing_ok=True)
            await self._end()
            return state

    async def recover(self) -> None:
        """Serve as before the daemon ended. A failure is told in the log: the daemon is there without it."""
        self._pushed.recover()
        try:
            wanted = _from_json(json.loads(self._place.read_text()))
            await self._begin(wanted)
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, ContainersError) as error:
            _log.warning("the registry does not serve as it did before: %s", error)

    async def close(self) -> None:
        async with self._lock:
            await self._end()

    async def _begin(self, wanted: Wanted) -> Shared:
        told = Settings.checked(
            self._folder, listen=wanted.listen, htpasswd=_path(wanted.htpasswd),
            tls_certificate=_path(wanted.tls_certificate), tls_key=_path(wanted.tls_key),
        )  # fmt: skip
        users = Users(told.htpasswd) if told.htpasswd is not None else None
        uploads = Uploads(self._folder / "uploads", self._content.publish)
        offered = OfferedImages(self._pushed, self._content, self._images.all, wanted.images)
        garbage = self._images.garbage
        serving = Serving(application(Site(offered, uploads), users, lambda: garbage.working(resumable=True)))
        try:
            url = await serving.begin(told)
        except BaseException:
            await serving.end()
            raise
        self._serving, self._uploads = serving, uploads
        self._sweeper = asyncio.ensure_future(self._sweep(uploads, told.expire_seconds))
        self.state = Shared(url, wanted)
        return self.state

    async def _end(self) -> None:
        serving, uploads, sweeper = self._serving, self._uploads, self._sweeper
        self._serving = self._uploads = self._sweeper = self.state = None
        if serving is None or uploads is None or sweeper is None:
            return
        sweeper.cancel()
        await asyncio.gather(sweeper, return_exceptions=True)
        await serving.end()
        uploads.close()

    async def _sweep(self, uploads: Uploads, expire_seconds: float) -> None:
        while True:
            try:
                await asyncio.to_thread(uploads.expire, expire_seconds)
                await asyncio.to_thread(sweep_links, self._pushed, expire_seconds)
            except (OSError, ContainersError) as error:
                _log.warning("cannot clean up the registry: %s", error)
            await asyncio.sleep(SWEEP_SECONDS)

    def _digests(self) -> frozenset[Digest]:
        with self._pushed.lock:
            return frozenset(
                digest
                for name in self._pushed.all_repositories()
                for kind in (BLOBS, MANIFESTS)
                for digest in self._pushed.digests(name, kind)
            )

    @property
    def _place(self) -> Path:
        return self._folder / "serving.json"


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _to_json(wanted: Wanted) -> dict[str, object]:
    return {
        "listen": wanted.listen, "images": list(wanted.images), "htpasswd": wanted.htpasswd,
        "tlsCertificate": wanted.tls_certificate, "tlsKey": wanted.tls_key,
    }  # fmt: skip


def _from_json(data: dict[str, object]) -> Wanted:
    images: Sequence[object] = data["images"] if isinstance(data["images"], list) else ()
    return Wanted(
        str(data["listen"]), tuple(map(str, images)), str(data["htpasswd"]), str(data["tlsCertificate"]),
        str(data["tlsKey"]),
    )  # fmt: skip
