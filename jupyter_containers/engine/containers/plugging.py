"""Connect and disconnect: a container that is there, running or not, and one more network, or one less."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from jupyter_containers.engine.containers import connecting
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.endpoints import check_endpoint, endpoints_of, network_of
from jupyter_containers.engine.containers.facts import hostname
from jupyter_containers.engine.containers.hostfiles import follow_networks
from jupyter_containers.engine.containers.ports import port_mappings
from jupyter_containers.engine.containers.record import EndpointSettings, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.network_values import Network
from jupyter_containers.errors import Conflict, ContainersError, Forbidden, NotFound
from jupyter_containers.network import inside
from jupyter_containers.network.sublink_options import DRIVERS
from jupyter_containers.network.values import Attachment, PortMapping

_SHARES = "container sharing network namespace with another container or host cannot be connected to any other network"
_PRIVATE = "container cannot be connected to multiple networks with one of the networks in private (none) mode"
_HOST = "container cannot be disconnected from host network or connected to host network"


async def connect(roster: Roster, container: Container, name: str, settings: EndpointSettings) -> None:
    """Connect a container to a network; one that runs has the interface when this returns.

    Raises NotFound, Forbidden, InvalidParameter, Conflict in Docker's words, and what attaching raises. After
    cancellation: it is connected, or not at all.
    """
    async with container.lock:
        network = roster.environment.networks.get(name)
        _refuse(container, network)
        check_endpoint(network.name, settings, network)
        if not container.is_running:
            others = {key: one for key, one in endpoints_of(container.record).items() if key != network.name}
            roster.save(container, endpoints={**others, network.name: settings})
            return
        if network.name in container.attachments:
            raise Forbidden(f"endpoint with name {container.record.name} already exists in network {network.name}")
        await _plug(roster, container, network, settings)


def _refuse(container: Container, network: Network) -> None:
    record = container.record
    if record.state.status in (Status.REMOVING, Status.DEAD) or container.is_removed:
        raise Conflict("Container is marked for removal and cannot be connected or disconnected to the network")
    mode = network_of(record)
    if mode == "host" or mode.startswith("container:"):
        raise Forbidden(_SHARES)
    if network.name == "host":
        raise Forbidden(_HOST)
    if network.name != "none" and "none" in endpoints_of(record):
        raise Forbidden(_PRIVATE)
    if network.name == "none" and any(name != "none" for name in endpoints_of(record)):
        raise Forbidden(_PRIVATE)


async def _plug(roster: Roster, container: Container, network: Network, settings: EndpointSettings) -> None:
    networking, record = roster.environment.networking, container.record
    before = dict(container.attachments)
    endpoints = {key: one for key, one in endpoints_of(record).items() if key in before}
    place = connecting.place_of(network, settings, _free_interface(container, network.interface_prefix))
    with _inside(roster, container) as netns_fd:
        with inside.route_socket(netns_fd) as netlink:
            attachment = await networking.attach(
                record.id,
                netns_fd=netns_fd,
                netlink=netlink,
                endpoint_name=record.name,
                network_id=network.segment_id,
                place=place,
            )
        container.attachments[network.name] = attachment
        _save(roster, container, {**endpoints, network.name: replace(settings, network_id=network.id)})
        try:
            await _lead(roster, container, netns_fd)
            await roster.environment.name_servers.open(container.record, container.running_shim())
        except BaseException:
            container.attachments = before
            _save(roster, container, endpoints)
            if network.driver in DRIVERS:
                _unlink(roster, container, attachment.interface)
            await networking.leave(record.id, network.segment_id)
            raise
    connecting.join(roster, container.record, network.name, attachment)
    follow_networks(roster, container, hostname(roster, container.record))


async def disconnect(roster: Roster, container: Container, name: str, *, force: bool = False) -> None:
    """Disconnect a container from a network; the interface of one that runs is gone when this returns.

    Raises NotFound, Forbidden in Docker's words. After cancellation: it is disconnected, or as it was.
    """
    async with container.lock:
        network = _find(roster, container, name)
        endpoints = endpoints_of(container.record)
        if network.name == "host" and "host" in endpoints:
            raise Forbidden(_HOST)
        if network.name not in endpoints:
            raise Forbidden(f"container {container.id} is not connected to network {network.name}")
        rest = {key: one for key, one in endpoints.items() if key != network.name}
        if not container.is_running:
            roster.save(container, endpoints=rest)
            return
        await _unplug(roster, container, network, rest, force=force)


def _find(roster: Roster, container: Container, name: str) -> Network:
    try:
        return roster.environment.networks.get(name)
    except NotFound:
        if name not in (container.record.endpoints or {}):
            raise Forbidden(f"container {container.id} is not connected to the network {name}") from None
        # It was removed while the container did not run; what is written down of it can go.
        settings = endpoints_of(container.record)[name]
        return Network(name=name, id=settings.network_id, driver="bridge", created_at="")


async def _unplug(
    roster: Roster, container: Container, network: Network, rest: dict[str, EndpointSettings], *, force: bool
) -> None:
    former = container.attachments.pop(network.name, None)
    if network.driver in DRIVERS and former is not None:
        _unlink(roster, container, former.interface)
    await roster.environment.networking.leave(container.id, network.segment_id)
    connecting.leave(roster, container.record, network.name)
    _save(roster, container, rest)
    try:
        with _inside(roster, container) as netns_fd:
            await _lead(roster, container, netns_fd, _same_ports(former) if former else ())
    except _Ended:
        pass  # there is nothing left to lead anywhere
    except ContainersError:
        if not force:
            raise
    follow_networks(roster, container, hostname(roster, container.record))


def _unlink(roster: Roster, container: Container, interface: str) -> None:
    """Remove an interface that only the container has; one that has ended has taken it along."""
    from jupyter_containers.network import sublinks

    with suppress(_Ended), _inside(roster, container) as netns_fd:
        sublinks.remove(netns_fd, interface)


async def _lead(roster: Roster, container: Container, netns_fd: int, former: tuple[PortMapping, ...] = ()) -> None:
    """Let default routes and published ports go over the network that they should by now.

    `former` are the ports of a network that the container has just left.
    """
    networking, record = roster.environment.networking, container.record
    named = {
        name: pair for name, pair in connecting.named_endpoints(roster, record).items() if name in container.attachments
    }
    main, main_ipv6 = connecting.gateways(named)
    wanted = {4: container.attachments.get(main), 6: container.attachments.get(main_ipv6)}
    networking.set_gateways(netns_fd, wanted)
    publishing = next((name for name, one in container.attachments.items() if one.published), "")
    if publishing == main or not main or named[main][0].driver != "bridge":
        return
    # The same ports as before: somebody may have been told of those that were chosen.
    ports = former or port_mappings(record)
    if publishing:
        ports = _same_ports(container.attachments[publishing])
        old = networking.unpublish(record.id, named[publishing][0].segment_id)
        container.attachments[publishing] = old
    if ports:
        container.attachments[main] = await networking.publish(
            record.id, named[main][0].segment_id, ports, endpoint_name=record.name
        )
    _save(roster, container, endpoints_of(record))


def _same_ports(attachment: Attachment) -> tuple[PortMapping, ...]:
    return tuple(
        PortMapping(one.container_port, one.protocol, one.host_ip, one.host_port) for one in attachment.published
    )


def _save(roster: Roster, container: Container, endpoints: Mapping[str, EndpointSettings]) -> None:
    attachments = {name: attachment.to_json() for name, attachment in container.attachments.items()}
    roster.save(container, endpoints=endpoints, attachments=attachments)


def _free_interface(container: Container, prefix: str) -> str:
    taken = {attachment.interface for attachment in container.attachments.values()}
    number = 0
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


class _Ended(Conflict):
    """The container has ended, and its daemon has not written it down yet."""

    def __init__(self, container: Container) -> None:
        super().__init__(f"Container {container.id} is not running")


@contextmanager
def _inside(roster: Roster, container: Container) -> Iterator[int]:
    """Give a descriptor of the network namespace of a container that runs. Raises _Ended."""
    try:
        netns_fd = os.open(f"/proc/{container.record.state.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _Ended(container) from error
    try:
        if not roster.has_process(container):
            raise _Ended(container)
        yield netns_fd
    finally:
        os.close(netns_fd)
