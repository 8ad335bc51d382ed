"""Docker's JSON of networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_containers.engine.networks import Endpoint, Network


def network_json(network: Network, endpoints: Mapping[str, Endpoint]) -> dict[str, Any]:
    """Write a network; `endpoints` is empty in lists, as Docker leaves them out there."""
    config = [{"Subnet": network.subnet, "Gateway": network.gateway}] if network.subnet else []
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": network.created_at,
        "Scope": "local",
        "Driver": network.driver,
        "EnableIPv4": True,
        "EnableIPv6": False,
        "IPAM": {"Driver": "default", "Options": None, "Config": config},
        "Internal": False,
        "Attachable": False,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {container_id: _endpoint_json(endpoint) for container_id, endpoint in endpoints.items()},
        "Options": _options(network),
        "Labels": {},
    }


def _endpoint_json(endpoint: Endpoint) -> dict[str, str]:
    address = f"{endpoint.ip_address}/{endpoint.prefix_length}" if endpoint.ip_address else ""
    return {
        "Name": endpoint.container_name,
        "EndpointID": endpoint.endpoint_id,
        "MacAddress": endpoint.mac_address,
        "IPv4Address": address,
        "IPv6Address": "",
    }


def _options(network: Network) -> dict[str, str]:
    if network.name != "bridge":
        return {}
    prefix = "com.docker.network.bridge."
    options = {
        f"{prefix}default_bridge": "true",
        f"{prefix}enable_icc": "true",
        f"{prefix}enable_ip_masquerade": "true",
    }
    return options | ({f"{prefix}name": network.bridge_name} if network.bridge_name else {})
