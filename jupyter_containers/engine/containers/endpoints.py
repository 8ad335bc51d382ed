"""Which networks a container belongs to, under which names, and over which of them it reaches the world. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from ipaddress import ip_address

from jupyter_containers.engine.containers.record import AddressWish, EndpointSettings, Record
from jupyter_containers.engine.network_values import PREDEFINED, Network
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.network.naming import Address, Member, NetworkName
from jupyter_containers.network.options import interface_option
from jupyter_containers.network.values import Attachment


def network_of(record: Record) -> str:
    """Return the name of the network that a container's mode says, as Docker lists it."""
    mode = record.host.network_mode
    return "bridge" if mode in ("default", "") else mode


def has_own_network(record: Record) -> bool:
    """Tell whether the container has an endpoint of its own at all."""
    return not record.host.network_mode.startswith("container:") and not record.settings.network_disabled


def endpoints_of(record: Record) -> dict[str, EndpointSettings]:
    """Return the container's endpoints by the network's name, in the order in which they are connected."""
    if not has_own_network(record):
        return {}
    main = network_of(record)
    if record.endpoints is None:
        return {main: EndpointSettings(mac_address=record.settings.mac_address)}
    names = sorted(record.endpoints, key=lambda name: (name != main, name))
    return {name: record.endpoints[name] for name in names}


def is_user_defined(name: str) -> bool:
    return name not in PREDEFINED and name not in ("", "default") and not name.startswith("container:")


def has_name_server(record: Record) -> bool:
    """Tell whether the container asks the name server at 127.0.0.11: it is on a network that somebody made."""
    return any(is_user_defined(name) for name in endpoints_of(record))


def gateway_of(candidates: Iterable[tuple[Network, EndpointSettings]], *, ipv6: bool = False) -> str:
    """Return the name of the network over which the default route leads, "" for none.

    The highest priority wins, then the first name. Internal networks lead nowhere. Source: libnetwork, endpoint.Less.
    """
    able = [(n, e) for n, e in candidates if n.leads_outside and (n.ipv6 or not ipv6)]
    # Those that lead to the whole world come before those that know IPv4 only.
    able.sort(key=lambda pair: (-pair[1].gateway_priority, not pair[0].ipv6, pair[0].name))
    return able[0][0].name if able else ""


def dns_names(record: Record, settings: EndpointSettings) -> tuple[str, ...]:
    """Return the names that others on the network may call a container, its own first."""
    names = [record.name, *(settings.aliases or ()), record.short_id, record.settings.hostname]
    return tuple(dict.fromkeys(name for name in names if name))


def member(record: Record, settings: EndpointSettings, attachment: Attachment) -> Member:
    """Return what the name servers know of a container on one network."""
    addresses: list[Address] = [ip_address(text) for text in (attachment.ip_address, attachment.ipv6_address) if text]
    links = {alias: target for target, alias in map(split_link, settings.links or ())}
    return Member(record.id, dns_names(record, settings), tuple(addresses), links)


def network_name(network: Network) -> NetworkName:
    return NetworkName(network.id, network.name, network.internal)


def split_link(link: str) -> tuple[str, str]:
    """Return container and alias of `container[:alias]`."""
    name, _, alias = link.partition(":")
    name = name.removeprefix("/")
    return name, alias.rpartition("/")[2] or name


def check_endpoint(name: str, settings: EndpointSettings, network: Network | None) -> None:
    """Raises InvalidParameter in Docker's words for wishes that a network cannot fulfil; None is one to come later."""
    failures = [*_network_failures(name, settings, network), *_address_failures(settings.addresses or AddressWish())]
    if failures:
        raise InvalidParameter("invalid endpoint settings:\n" + "\n".join(failures))
    interface_option(settings.driver_options or {})


def _network_failures(name: str, settings: EndpointSettings, network: Network | None) -> list[str]:
    wish = settings.addresses or AddressWish()
    wants_address = bool(wish.ipv4 or wish.ipv6)
    if not is_user_defined(name):
        failures = ["user specified IP address is supported on user defined networks only"] if wants_address else []
        if settings.aliases:
            failures.append("network-scoped alias is supported only for containers in user defined networks")
        return failures
    if network is not None and wants_address and not network.has_own_subnets:
        return ["user specified IP address is supported only when connecting to networks with user configured subnets"]
    return []


def _address_failures(wish: AddressWish) -> list[str]:
    failures = []
    if wish.ipv4 and not _is_address(wish.ipv4, 4):
        failures.append(f"invalid IPv4 address: {wish.ipv4}")
    if wish.ipv6 and not _is_address(wish.ipv6, 6):
        failures.append(f"invalid IPv6 address: {wish.ipv6}")
    failures += [f"invalid link-local IP address: {one}" for one in wish.link_local or () if not _is_address(one)]
    return failures


def _is_address(text: str, version: int = 0) -> bool:
    try:
        return version in (0, ip_address(text).version)
    except ValueError:
        return False


def settled(
    record: Record, wanted: Mapping[str, EndpointSettings], find: Callable[[str], Network | None]
) -> dict[str, EndpointSettings] | None:
    """Return a new container's endpoints under their networks' names; None for what the mode alone says.

    `find` answers a network by name or id, None for one that may come later. Raises InvalidParameter.
    """
    if not has_own_network(record):
        return None
    main = _written_name(network_of(record), find)
    named = {_written_name(written, find): settings for written, settings in wanted.items()}
    if not named and is_user_defined(main):
        named = {main: EndpointSettings()}
    first = main if main in named else min(named, default="")
    if first:
        own, links = named[first], record.host.links if is_user_defined(main) else None
        mac_address = own.mac_address or record.settings.mac_address
        named[first] = replace(own, mac_address=mac_address, links=own.links or links)
    check_together(main, named)
    for name, settings in named.items():
        check_endpoint(name, settings, find(name))
    plain = {main: EndpointSettings(mac_address=record.settings.mac_address)}
    return None if main in PREDEFINED and named in ({}, plain) else named


def _written_name(written: str, find: Callable[[str], Network | None]) -> str:
    if written == "default":
        return "bridge"
    network = find(written)
    return network.name if network else written


def check_together(main: str, names: Iterable[str]) -> None:
    """Raises InvalidParameter in Docker's words for networks that exclude each other; `main` is the mode's."""
    others = [name for name in names if name != main]
    if others and (main == "host" or "host" in others):
        raise InvalidParameter(
            "container sharing network namespace with another container or host cannot be connected to any other "
            "network"
        )
    if others and (main == "none" or "none" in others):
        raise InvalidParameter(
            "container cannot be connected to multiple networks with one of the networks in private (none) mode"
        )
