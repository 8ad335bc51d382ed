"""The registry that sharing.py begins and ends: what was pushed to it, and while it serves, the server and its sweeper.

Loaded when something is shared: a daemon that never does has no use for a registry's server.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.offered_images import OfferedImages
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server.application import application
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.garbage import sweep_links
from jupyter_containers.registry.server.serving import SWEEP_SECONDS, Serving
from jupyter_containers.registry.server.settings import DEFAULT_LISTEN, Settings
from jupyter_containers.registry.server.site import Site
from jupyter_containers.registry.server.uploads import Uploads
from jupyter_containers.registry.server.users import Users

if TYPE_CHECKING:
    from jupyter_containers.engine.sharing import Wanted

_log = logging.getLogger(__name__)


class SharedRegistry:
    """A registry over `content` and `folder`, one for each daemon. It can `begin` again after `end`."""

    def __init__(self, images: Images, content: DirectoryStore, folder: Path) -> None:
        self._images = images
        self._content = content
        self._folder = folder
        self._pushed = FolderStorage(folder, content)
        self._pushed.recover()
        self._serving: Serving | None = None
        self._uploads: Uploads | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def begin(self, wanted: Wanted) -> str:
        """Serve, and return the URL. Raises InvalidParameter, Unavailable; it does not serve then."""
        told = Settings.checked(
            self._folder, listen=wanted.listen or DEFAULT_LISTEN, htpasswd=_path(wanted.htpasswd),
            tls_certificate=_path(wanted.tls_certificate), tls_key=_path(wanted.tls_key),
        )  # fmt: skip
        users = Users(told.htpasswd) if told.htpasswd is not None else None
        uploads = Uploads(self._folder / "uploads", self._content.publish)
        offered = OfferedImages(self._pushed, self._content, self._images.all, wanted.images, self._images.indexes.load)
        garbage = self._images.garbage
        serving = Serving(application(Site(offered, uploads), users, lambda: garbage.working(resumable=True)))
        try:
            url = await serving.begin(told)
        except BaseException:
            await serving.end()
            raise
        self._serving, self._uploads = serving, uploads
        self._sweeper = asyncio.ensure_future(self._sweep(uploads, told.expire_seconds))
        return url

    async def end(self) -> None:
        """Stop serving, if it does; uploads that are under way stay for the next time."""
        serving, uploads, sweeper = self._serving, self._uploads, self._sweeper
        self._serving = self._uploads = self._sweeper = None
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

    def digests(self) -> frozenset[Digest]:
        """Return what was pushed, and must stay in the content store."""
        with self._pushed.lock:
            return self._pushed.shown()


def _path(text: str) -> Path | None:
    return Path(text) if text else None
