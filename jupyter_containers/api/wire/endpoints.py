"""Docker's EndpointSettings ↔ ours, and the NetworkSettings of inspect. What dockerd answers is the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.fields import Body
from jupyter_containers.engine.containers.endpoints import dns_names, endpoints_of, is_user_defined
from jupyter_containers.engine.containers.record import AddressWish, EndpointSettings, Record
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.network.values import Attachment

Version = tuple[int, int]
# Answers the id of a network by its name; "" for one that is not there.
NetworkIds = Callable[[str], str]
Ports = dict[str, list[dict[str, str]] | None]

_DEFAULT = "bridge"
# From these on there may be several networks at once; names of their own; a choice of the gateway.
_SEVERAL, _DNS_NAMES, _OWN_ALIASES, _PRIORITY = (1, 44), (1, 44), (1, 45), (1, 48)


def endpoints_from_wire(body: Body, version: Version) -> dict[str, EndpointSettings]:
    """Read NetworkingConfig. Raises InvalidParameter, in Docker's words for more than an old client may ask for."""
    wanted = fields.mapping(body, "EndpointsConfig")
    if len(wanted) > 1 and version < _SEVERAL:
        raise InvalidParameter(f"Container cannot be connected to network endpoints: {', '.join(wanted)}")
    return {name: endpoint_from_wire(fields.mapping(wanted, name)) for name in wanted}


def endpoint_from_wire(body: Body) -> EndpointSettings:
    """Read one EndpointSettings; what it has of a running container's is passed over. Raises InvalidParameter."""
    given = fields.mapping(body, "IPAMConfig")
    wish = AddressWish(
        fields.text(given, "IPv4Address"), fields.text(given, "IPv6Address"), fields.texts(given, "LinkLocalIPs")
    )
    return EndpointSettings(
        addresses=None if body.get("IPAMConfig") is None else wish,
        links=fields.texts(body, "Links"),
        aliases=fields.texts(body, "Aliases"),
        mac_address=fields.text(body, "MacAddress"),
        driver_options=None if body.get("DriverOpts") is None else fields.text_mapping(body, "DriverOpts"),
        gateway_priority=fields.number(body, "GwPriority"),
    )


def network_settings(
    record: Record, attachments: Mapping[str, Attachment], network_id: NetworkIds, *, version: Version
) -> dict[str, Any]:
    """Write the NetworkSettings of inspect."""
    default = attachments.get(_DEFAULT) or Attachment("", "", 0, "", "", "")
    is_running = record.state.is_running
    return {
        "Bridge": "",
        "SandboxID": record.id if is_running else "",
        "SandboxKey": f"/proc/{record.state.pid}/ns/net" if is_running else "",
        # Without an address there is nothing that could be published.
        "Ports": ports(record, attachments) if is_running and any(a.ip_address for a in attachments.values()) else {},
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": default.endpoint_id,
        "Gateway": default.gateway,
        "GlobalIPv6Address": default.ipv6_address,
        "GlobalIPv6PrefixLen": default.ipv6_prefix_length,
        "IPAddress": default.ip_address,
        "IPPrefixLen": default.prefix_length,
        "IPv6Gateway": default.ipv6_gateway,
        "MacAddress": default.mac_address,
        "Networks": networks(record, attachments, network_id, version=version),
    }


def networks(
    record: Record, attachments: Mapping[str, Attachment], network_id: NetworkIds, *, version: Version
) -> dict[str, Any]:
    """Write all endpoints by the network's name, also those of a container that does not run."""
    return {
        name: _endpoint(record, name, settings, attachments.get(name), network_id, version=version)
        for name, settings in endpoints_of(record).items()
    }


def _endpoint(
    record: Record,
    name: str,
    settings: EndpointSettings,
    attachment: Attachment | None,
    network_id: NetworkIds,
    *,
    version: Version,
) -> dict[str, Any]:
    has_run = record.state.started_at > 0
    endpoint: dict[str, Any] = {
        "IPAMConfig": _addresses(settings.addresses),
        "Links": _list(settings.links),
        "Aliases": _aliases(record, name, settings, version),
        "MacAddress": attachment.mac_address if attachment else settings.mac_address,
        "DriverOpts": None if settings.driver_options is None else dict(settings.driver_options),
        "NetworkID": settings.network_id or (network_id(name) if has_run else ""),
        "EndpointID": attachment.endpoint_id if attachment else "",
        "Gateway": attachment.gateway if attachment else "",
        "IPAddress": attachment.ip_address if attachment else "",
        "IPPrefixLen": attachment.prefix_length if attachment else 0,
        "IPv6Gateway": attachment.ipv6_gateway if attachment else "",
        "GlobalIPv6Address": attachment.ipv6_address if attachment else "",
        "GlobalIPv6PrefixLen": attachment.ipv6_prefix_length if attachment else 0,
    }
    if version >= _DNS_NAMES:
        endpoint["DNSNames"] = list(dns_names(record, settings)) if is_user_defined(name) and has_run else None
    if version >= _PRIORITY:
        endpoint["GwPriority"] = settings.gateway_priority
    return endpoint


def _aliases(record: Record, name: str, settings: EndpointSettings, version: Version) -> list[str] | None:
    if version >= _OWN_ALIASES or not is_user_defined(name) or not record.state.started_at:
        return _list(settings.aliases)
    # Before, what others could call it was all here.
    return list(dict.fromkeys([*(settings.aliases or ()), record.short_id]))


def _addresses(wish: AddressWish | None) -> dict[str, Any] | None:
    if wish is None:
        return None
    written = {
        "IPv4Address": wish.ipv4, "IPv6Address": wish.ipv6, "LinkLocalIPs": list(wish.link_local or ()),
    }  # fmt: skip
    return {key: value for key, value in written.items() if value}


def ports(record: Record, attachments: Mapping[str, Attachment]) -> Ports:
    """Return the published ports, and exposed ones with None; only a bridge has any."""
    is_bridged = any(attachment.host_interface for attachment in attachments.values())
    found: Ports = dict.fromkeys(record.settings.exposed_ports if is_bridged else ())
    for published in (one for attachment in attachments.values() for one in attachment.published):
        entry = {"HostIp": published.host_ip, "HostPort": str(published.host_port)}
        key = f"{published.container_port}/{published.protocol}"
        found[key] = [*(found.get(key) or ()), entry]
    return found


def _list(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
