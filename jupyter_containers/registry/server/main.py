"""The life of a registry's process: settings, the folder to ourselves, listening, sweeping, the signal."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.registry.server.application import application
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.garbage import sweep
from jupyter_containers.registry.server.metrics import Metrics
from jupyter_containers.registry.server.pace import Pace
from jupyter_containers.registry.server.retention import retain
from jupyter_containers.registry.server.serving import SWEEP_SECONDS, Serving
from jupyter_containers.registry.server.settings import PROG, Settings, settings
from jupyter_containers.registry.server.site import Site, open_site
from jupyter_containers.registry.server.users import Users

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        told = settings(arguments)
        with alone_in(told.root):
            asyncio.run(_serve(told))
    except ContainersError as error:
        print(f"{PROG}: {error.message}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def alone_in(root: Path) -> Iterator[None]:
    """Keep a folder to this process. Raises Conflict if another registry serves it."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Conflict(f"another registry serves {root}; stop it, or choose another --root") from None
    finally:
        os.close(fd)


async def _serve(told: Settings) -> None:
    users = Users(told.htpasswd) if told.htpasswd is not None else None
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    site, storage = await asyncio.to_thread(open_site, told.root, told.blob_limit, told.quota)
    metrics = Metrics(partial(_measured, site, storage)) if told.tells_metrics else None
    pace = Pace(told.rate_limit) if told.rate_limit is not None else None
    app = application(site, users, read_only=told.read_only, metrics=metrics, pace=pace)
    serving = Serving(app, logs_access=told.logs_access)
    try:
        place = await serving.begin(told)
        may = "pull" if told.read_only else "push and pull"
        who = f"everybody who reaches it may {may}" if users is None else f"for those in {told.htpasswd}"
        print(f"registry at {place} serves {told.root}; {who}", flush=True)
        while not stop.is_set():
            await _clean(site, storage, told)
            try:
                await asyncio.wait_for(stop.wait(), min(SWEEP_SECONDS, told.expire_seconds))
            except TimeoutError:
                continue
    finally:
        await serving.end()
        site.uploads.close()


def _measured(site: Site, storage: FolderStorage) -> dict[str, int]:
    return {
        "registry_repositories": len(storage.repositories()),
        "registry_stored_bytes": storage.size(),
        "registry_unfinished_bytes": site.uploads.size(),
    }


async def _clean(site: Site, storage: FolderStorage, told: Settings) -> None:
    """Take away what has expired. A failure is told; the next round tries again."""
    expire_seconds = told.expire_seconds
    try:
        for tag in await asyncio.to_thread(retain, storage, told.keeping) if told.keeping is not None else ():
            _log.info("%s does not stay, and was removed", tag)
        ended = await asyncio.to_thread(site.uploads.expire, expire_seconds)
        freed = await asyncio.to_thread(sweep, storage, expire_seconds)
        freed += await asyncio.to_thread(storage.content.remove_stale_ingests, expire_seconds)
    except (OSError, ContainersError) as error:
        _log.warning("cannot clean up: %s", error)
        return
    if ended or freed:
        site.changed()
        _log.info("%d unfinished uploads expired; %d bytes freed", ended, freed)
