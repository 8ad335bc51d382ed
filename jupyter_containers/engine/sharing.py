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
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.engine.garbage import Needed
from jupyter_containers.engine.images import Images
from jupyter_containers.errors import Conflict, ContainersError

if TYPE_CHECKING:
    from jupyter_containers.engine.shared_registry import SharedRegistry

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to serve: `images` are patterns of names, files are paths as the daemon sees them.

    `listen` is HOST:PORT, by default where registries of ours listen (registry/server/settings.py).
    """

    listen: str = ""
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
        self._lock = asyncio.Lock()
        self._registry: SharedRegistry | None = None
        self.state: Shared | None = None
        images.garbage.protect(self._needed)
        # What was pushed is needed from the first collection on.
        if (folder / "repositories").is_dir():
            self._loaded()

    async def begin(self, wanted: Wanted) -> Shared:
        """Serve from now on, also after the daemon was started anew. Raises Conflict if it serves already, Unavailable.

        After cancellation: it serves, or nothing happened.
        """
        async with self._lock:
            if self.state is not None:
                raise Conflict(f"the registry serves at {self.state.url} already; stop it first")
            state = await self._begin(wanted)
            try:
                # With the port that it has got: clients know it by that.
                self._place.write_text(json.dumps(_to_json(replace(wanted, listen=urlsplit(state.url).netloc))))
            except BaseException:
                await self._end()
                raise
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
        try:
            wanted = _from_json(json.loads(self._place.read_text()))
            await self._begin(wanted)
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError, ContainersError) as error:
            _log.warning("the registry does not serve as it did before: %r", error)

    async def close(self) -> None:
        async with self._lock:
            await self._end()

    async def _begin(self, wanted: Wanted) -> Shared:
        self.state = Shared(await self._loaded().begin(wanted), wanted)
        return self.state

    async def _end(self) -> None:
        self.state = None
        if self._registry is not None:
            await self._registry.end()

    def _loaded(self) -> SharedRegistry:
        if self._registry is None:
            # Here, and not at the top: most daemons never share anything.
            from jupyter_containers.engine.shared_registry import SharedRegistry

            self._registry = SharedRegistry(self._images, self._content, self._folder)
        return self._registry

    def _needed(self) -> list[Needed]:
        return [Needed(blobs=self._registry.digests())] if self._registry is not None else []

    @property
    def _place(self) -> Path:
        return self._folder / "serving.json"


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
