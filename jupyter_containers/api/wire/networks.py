"""Docker's JSON of networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.fields import Body
from jupyter_containers.engine.network_values import Endpoint, Network, NetworkRequest, PoolSettings
from jupyter_containers.errors import Forbidden, InvalidParameter, NotFound, Unsupported

_BRIDGE = "com.docker.network.bridge."


def request_from_wire(body: Body) -> NetworkRequest:
    """Read a create request. Raises InvalidParameter; Forbidden, NotFound for what only a swarm or templates have."""
    if fields.text(body, "Scope") not in ("", "local"):
        raise Forbidden(f"cannot create a {body['Scope']} scoped network when swarm is not active")
    if fields.flag(body, "Ingress"):
        raise Forbidden("Ingress network can only be global scope network")
    if fields.flag(body, "ConfigOnly"):
        raise Unsupported("ConfigOnly=true is not supported: give the configuration with the network itself")
    template = fields.text(fields.mapping(body, "ConfigFrom"), "Network")
    if template:
        raise NotFound(f'configuration network "{template}" does not exist')
    ipam = fields.mapping(body, "IPAM")
    return NetworkRequest(
        name=fields.text(body, "Name"),
        driver=fields.text(body, "Driver") or "bridge",
        internal=fields.flag(body, "Internal"),
        attachable=fields.flag(body, "Attachable"),
        ipv4=body.get("EnableIPv4") is None or fields.flag(body, "EnableIPv4"),
        ipv6=fields.flag(body, "EnableIPv6"),
        labels=fields.text_mapping(body, "Labels"),
        options=fields.text_mapping(body, "Options"),
        ipam_driver=fields.text(ipam, "Driver") or "default",
        ipam_options=None if ipam.get("Options") is None else fields.text_mapping(ipam, "Options"),
        pools=tuple(_pool(entry) for entry in fields.objects(ipam, "Config")),
    )


def _pool(entry: Body) -> PoolSettings:
    # The CLI and older documentation know the last one by two names.
    auxiliary = {**fields.text_mapping(entry, "AuxAddress"), **fields.text_mapping(entry, "AuxiliaryAddresses")}
    return PoolSettings(
        subnet=fields.text(entry, "Subnet"),
        ip_range=fields.text(entry, "IPRange"),
        gateway=fields.text(entry, "Gateway"),
        auxiliary=auxiliary,
    )


def container_from_wire(body: Body) -> str:
    """Return the container that a connect or disconnect names. Raises InvalidParameter."""
    name = fields.text(body, "Container")
    if not name:
        raise InvalidParameter('invalid name or ID supplied: ""')
    return name


def network_json(network: Network, endpoints: Mapping[str, Endpoint], *, version: tuple[int, int]) -> dict[str, Any]:
    """Write a network; `endpoints` is empty in lists, as Docker leaves them out there."""
    body: dict[str, Any] = {
        "Name": network.name,
        "Id": network.id,
        "Created": network.created_at,
        "Scope": "local",
        "Driver": network.driver,
        "EnableIPv4": True,
        "EnableIPv6": network.ipv6,
        "IPAM": {
            "Driver": "default",
            "Options": None if network.ipam_options is None else dict(network.ipam_options),
            "Config": [_pool_json(pool, has_gateway=network.has_gateway) for pool in network.pools],
        },
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {container_id: _endpoint_json(endpoint) for container_id, endpoint in endpoints.items()},
        "Options": _default_options(network) if network.name == "bridge" else dict(network.options),
        "Labels": dict(network.labels),
    }
    if version < (1, 47):
        del body["EnableIPv4"]
    return body


def _pool_json(pool: PoolSettings, *, has_gateway: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"Subnet": pool.subnet}
    optional = {
        "IPRange": pool.ip_range,
        "Gateway": pool.gateway if has_gateway else "",
        "AuxiliaryAddresses": dict(pool.auxiliary),
    }
    return entry | {name: value for name, value in optional.items() if value}


def _endpoint_json(endpoint: Endpoint) -> dict[str, str]:
    return {
        "Name": endpoint.container_name,
        "EndpointID": endpoint.endpoint_id,
        "MacAddress": endpoint.mac_address,
        "IPv4Address": _address(endpoint.ip_address, endpoint.prefix_length),
        "IPv6Address": _address(endpoint.ipv6_address, endpoint.ipv6_prefix_length),
    }


def _address(text: str, prefix_length: int) -> str:
    return f"{text}/{prefix_length}" if text else ""


def _default_options(network: Network) -> dict[str, str]:
    options = {
        f"{_BRIDGE}default_bridge": "true",
        f"{_BRIDGE}enable_icc": "true",
        f"{_BRIDGE}enable_ip_masquerade": "true",
        f"{_BRIDGE}host_binding_ipv4": "0.0.0.0",
        f"{_BRIDGE}name": network.bridge_name,
        "com.docker.network.driver.mtu": network.mtu,
    }
    return {name: value for name, value in options.items() if value}
