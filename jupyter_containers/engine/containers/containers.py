"""The face of this room: every verb about containers, by name or id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from jupyter_containers.engine.containers import (
    attach,
    checks,
    commit,
    connecting,
    create,
    describe,
    links,
    listing,
    logs,
    plugging,
    recovery,
    remove,
    start,
    stats,
    stop,
    top,
    update,
)
from jupyter_containers.engine.containers.container import Container, Streams, WaitCondition
from jupyter_containers.engine.containers.describe import View
from jupyter_containers.engine.containers.record import (
    EndpointSettings,
    HostSettings,
    Limits,
    Record,
    RestartPolicy,
    Settings,
    Status,
)
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.containers.sampling import Sampling
from jupyter_containers.engine.environment import Environment
from jupyter_containers.engine.image_removal import User
from jupyter_containers.engine.images import ImageView
from jupyter_containers.engine.network_values import Endpoint
from jupyter_containers.engine.system import ContainerCounts
from jupyter_containers.errors import Conflict, InvalidParameter
from jupyter_containers.oci.digest import Digest

if TYPE_CHECKING:
    import asyncio
    import socket
    from pathlib import Path

    from jupyter_containers.engine.containers.history import Courses
    from jupyter_containers.engine.containers.log_entries import Entries


class Containers:
    """All containers of one daemon. `recover` once, then anything, then `close`; the containers themselves run on."""

    def __init__(self, environment: Environment) -> None:
        self.roster = Roster(environment)
        self._sampling = Sampling(self.roster)

    async def recover(self) -> None:
        """Read the records, and bring them together with what runs. Call once, before requests are answered."""
        self.roster.load()
        await recovery.recover(self.roster)

    async def close(self) -> None:
        """Let go of the shims. After cancellation: call it again."""
        await self.roster.close()

    def find(self, name: str) -> Container:
        """Return a container by id, name or unique prefix of an id. Raises NotFound, InvalidParameter."""
        return self.roster.find(name)

    def find_link(self, owner: Container, alias: str) -> Container:
        """See links.find_link."""
        return links.find_link(self.roster, owner, alias)

    def remove_link(self, owner: Container, alias: str) -> None:
        """See links.remove_link."""
        links.remove_link(self.roster, owner, alias)

    # --- the course of a life ----------------------------------------------------------------------------------------

    def trace_places(self, container: Container) -> tuple[Path, Path]:
        """Return where the runtime has told what it did for a container: its bundle, and what was kept of that."""
        return self.roster.bundle_path(container.record), self.roster.files_path(container.record)

    async def create(
        self,
        settings: Settings,
        host: HostSettings,
        *,
        name: str = "",
        endpoints: Mapping[str, EndpointSettings],
        image: ImageView | None = None,
    ) -> create.Created:
        """See create.create."""
        return await create.create(self.roster, settings, host, name=name, endpoints=endpoints, image=image)

    async def commit(self, container: Container, request: commit.CommitRequest) -> Digest:
        """See commit.commit."""
        return await commit.commit(self.roster, container, request)

    async def start(self, container: Container) -> bool:
        """See start.start."""
        return await start.start(self.roster, container)

    async def stop(self, container: Container, *, signal: str = "", timeout_seconds: int | None = None) -> bool:
        """See stop.stop."""
        return await stop.stop(self.roster, container, signal_name=signal, timeout_seconds=timeout_seconds)

    async def restart(self, container: Container, *, signal: str = "", timeout_seconds: int | None = None) -> None:
        """See stop.restart."""
        await stop.restart(self.roster, container, signal_name=signal, timeout_seconds=timeout_seconds)

    async def kill(self, container: Container, signal: str = "") -> None:
        """See stop.kill."""
        await stop.kill(self.roster, container, signal)

    async def pause(self, container: Container) -> None:
        """See stop.pause."""
        await stop.pause(self.roster, container)

    async def resume(self, container: Container) -> None:
        """See stop.resume."""
        await stop.resume(self.roster, container)

    async def remove(self, container: Container, *, force: bool = False, volumes: bool = False) -> None:
        """See remove.remove."""
        await remove.remove(self.roster, container, force=force, volumes=volumes)

    async def prune(self, wanted: Callable[[Record], bool]) -> tuple[list[str], int]:
        """See remove.prune."""
        return await remove.prune(self.roster, wanted)

    def wait(self, container: Container, condition: WaitCondition) -> asyncio.Future[int]:
        """Return a future of the exit code; nothing that happens after this call is missed."""
        return container.wait(condition)

    async def rename(self, container: Container, name: str) -> None:
        """Give it another name. Raises InvalidParameter, Conflict in Docker's words."""
        if not name:
            raise InvalidParameter("Neither old nor new names may be empty")
        bare = name.removeprefix("/")
        try:
            checks.check_name(f"/{bare}")
        except InvalidParameter as error:
            raise InvalidParameter(f"Error when allocating new name: {error.message}") from error
        async with container.lock:
            old = container.record.name
            if bare == old:
                raise InvalidParameter("Renaming a container with the same name as its current name")
            try:
                self.roster.rename(container, bare)
            except Conflict as error:
                raise Conflict(f"Error when allocating new name: {error.message}") from error
            connecting.rename(self.roster, container)
            self.roster.publish(container, "rename", {"oldName": f"/{old}"})

    async def update(
        self, container: Container, limits: Limits, policy: RestartPolicy | None = None
    ) -> tuple[str, ...]:
        """See update.update."""
        return await update.update(self.roster, container, limits, policy)

    async def resize(self, container: Container, *, height: int, width: int) -> None:
        """Change the size of its terminal, in characters. Raises Conflict when it does not run."""
        await container.running_shim().resize(height, width)
        self.roster.publish(container, "resize", {"height": str(height), "width": str(width)})

    async def connect(self, container: Container, network: str, settings: EndpointSettings) -> None:
        """See plugging.connect."""
        await plugging.connect(self.roster, container, network, settings)

    async def disconnect(self, container: Container, network: str, *, force: bool = False) -> None:
        """See plugging.disconnect."""
        await plugging.disconnect(self.roster, container, network, force=force)

    # --- looking -----------------------------------------------------------------------------------------------------

    async def describe(self, container: Container, *, size: bool = False) -> describe.View:
        """See describe.describe."""
        return await describe.describe(self.roster, container, size=size)

    async def glance(self, container: Container, *, size: bool = False) -> View:
        """Return what the list says of a container: see describe.glance, and describe.describe for its `size`."""
        if size:
            return await describe.describe(self.roster, container, size=True)
        return describe.glance(self.roster, container)

    async def matching(self, query: listing.Query) -> list[Container]:
        """See listing.matching."""
        return await listing.matching(self.roster, query)

    def check_logs(self, container: Container, query: logs.LogQuery) -> None:
        """See logs.check_logs."""
        logs.check_logs(container, query)

    def logs(self, container: Container, query: logs.LogQuery) -> AbstractAsyncContextManager[AsyncIterator[Entries]]:
        """See logs.opened_logs."""
        return logs.opened_logs(self.roster, container, query)

    async def attach(self, container: Container, streams: Streams) -> socket.socket | None:
        """See attach.attach."""
        return await attach.attach(self.roster, container, streams)

    def check_attach(self, container: Container) -> None:
        """See attach.check_attach."""
        attach.check_attach(container)

    def detached(self, container: Container) -> None:
        """See attach.detached."""
        attach.detached(self.roster, container)

    async def top(self, container: Container, arguments: str) -> top.Table:
        """See top.top."""
        table = await top.top(container, arguments)
        self.roster.publish(container, "top")
        return table

    async def statistics(self, container: Container, *, once: bool) -> stats.Statistics:
        """See stats.look."""
        return await stats.look(self.roster, container, once=once)

    def watch_statistics(self, container: Container) -> AsyncIterator[stats.Statistics]:
        """See stats.watch."""
        return stats.watch(self.roster, container)

    async def courses(self, since: int, containers: Collection[Container] | None = None) -> Courses:
        """See history.History.look."""
        return await self._sampling.history.look(since, containers)

    # --- what other rooms ask ----------------------------------------------------------------------------------------

    def counts(self) -> ContainerCounts:
        """Return how many run, are paused, and are stopped."""
        statuses = [container.record.state.status for container in self.roster.all()]
        running, paused = statuses.count(Status.RUNNING), statuses.count(Status.PAUSED)
        return ContainerCounts(running=running, paused=paused, stopped=len(statuses) - running - paused)

    def volume_users(self, name: str) -> Collection[str]:
        """Return the ids of the containers that have a volume, but for those that go with theirs."""
        return [
            container.id
            for container in self.roster.all()
            if not (container.record.state.status is Status.REMOVING and container.record.state.removes_volumes)
            and any(point.type == "volume" and point.name == name for point in container.record.mount_points)
        ]

    def image_users(self, image_id: Digest) -> list[User]:
        """Return the containers that stand on an image."""
        wanted = str(image_id)
        return [
            User(container.id, container.is_running)
            for container in self.roster.all()
            if container.record.image_id == wanted
        ]

    def snapshots(self) -> Collection[str]:
        """Return the committed snapshots that containers stand on."""
        return {container.record.snapshot for container in self.roster.all() if container.record.snapshot}

    def endpoints(self, network: str) -> Mapping[str, Endpoint]:
        """Return the running containers on a network, by id."""
        return {
            container.id: Endpoint(
                container_name=container.record.name,
                endpoint_id=attachment.endpoint_id,
                mac_address=attachment.mac_address,
                ip_address=attachment.ip_address,
                prefix_length=attachment.prefix_length,
                ipv6_address=attachment.ipv6_address,
                ipv6_prefix_length=attachment.ipv6_prefix_length,
            )
            for container in self.roster.all()
            if (attachment := container.attachments.get(network)) is not None
        }
