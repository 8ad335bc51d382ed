"""A registry client for tests: a store in a folder, impatient retries, and everything it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.progress import Progress
from jupyter_containers.registry.pull import Pulled
from jupyter_containers.registry.registry import Registry
from jupyter_containers.registry.retries import RetryPolicy
from jupyter_containers.registry.transport import Patience, new_session
from tests.support.registry_server import RegistryServer
from tests.support.tiny_image import AMD64


async def no_sleep(_: float) -> None:
    await asyncio.sleep(0)


# Four attempts that follow each other at once.
IMPATIENT = RetryPolicy((0, 0, 0), sleep=no_sleep)


@dataclass(slots=True)
class Client:
    """`store` is where pulls go, `told` what all pulls told."""

    registry: Registry
    store: DirectoryStore
    told: list[Progress] = field(default_factory=list)

    async def pull(self, name: str, credentials: Credentials | None = None, **options: Any) -> Pulled:
        reference = Reference.parse(name)
        return await self.registry.pull(
            reference, **{"platform": AMD64, "credentials": credentials, "progress": self.told.append} | options
        )

    def statuses(self, id_: str) -> list[str]:
        """Return what was told of one layer, each status once in a row."""
        told = [progress.status for progress in self.told if progress.id == id_]
        return [status for before, status in zip([None, *told], told, strict=False) if before != status]


@asynccontextmanager
async def connected(
    folder: Path, *, idle_seconds: float = 5, retries: RetryPolicy = IMPATIENT, **options: Any
) -> AsyncIterator[Client]:
    """Give a client whose store is in `folder`; what is there already stays."""
    store = DirectoryStore(folder)
    patience = Patience(connect_seconds=2, idle_seconds=idle_seconds)
    async with Registry(store, new_session=lambda: new_session(patience), retries=retries, **options) as registry:
        yield Client(registry, store)


def with_client(folder: Path, use: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
    """Run `use` with a client in an event loop of its own, and return what it returns."""

    async def run() -> Any:
        async with connected(folder, **options) as client:
            return await use(client)

    return asyncio.run(run())


def pull(server: RegistryServer, folder: Path, name: str, credentials: Credentials | None = None) -> Pulled:
    """Pull `name` (without the host) from a test's registry into `folder`."""
    return with_client(folder, lambda client: client.pull(f"{server.address}/{name}", credentials))
