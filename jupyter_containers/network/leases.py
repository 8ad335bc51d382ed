"""Which container has which addresses, on every network of a daemon. Pure."""

from __future__ import annotations

import secrets
from ipaddress import IPv4Interface, ip_address

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.network.addresses import AddressPool, mac_of
from jupyter_containers.network.values import Attachment, Interface, Place, Pool


class Leases:
    """The address pools by network; the default bridge's id is empty."""

    def __init__(self) -> None:
        self._pools: dict[str, tuple[AddressPool, AddressPool | None]] = {}
        self._gateways: dict[str, tuple[str, str]] = {}

    def __contains__(self, network_id: str) -> bool:
        return network_id in self._pools

    def open(self, network_id: str, pool: Pool, pool6: Pool | None = None) -> None:
        """Begin to give out a network's addresses; what was given out before is forgotten."""
        self._pools[network_id] = (AddressPool(pool), AddressPool(pool6) if pool6 else None)
        self._gateways[network_id] = (str(pool.gateway), str(pool6.gateway) if pool6 else "")

    def close(self, network_id: str) -> None:
        self._pools.pop(network_id, None)
        self._gateways.pop(network_id, None)

    def lease(self, network_id: str, place: Place) -> tuple[IPv4Interface, Interface | None]:
        """Take an address of each kind that the network has, those asked for if any; or none at all.

        Raises NoFreeAddress; Forbidden, InvalidParameter for an address asked for that cannot be had.
        """
        pool, pool6 = self._pools[network_id]
        if place.ipv6_address and pool6 is None:
            raise InvalidParameter(f"no configured subnet or ip-range contain the IP address {place.ipv6_address}")
        address = pool.claim(place.ip_address) if place.ip_address else pool.allocate()
        assert isinstance(address, IPv4Interface)
        if pool6 is None:
            return address, None
        try:
            return address, pool6.claim(place.ipv6_address) if place.ipv6_address else pool6.allocate()
        except BaseException:
            pool.release(address.ip)
            raise

    def attachment(self, network_id: str, place: Place, endpoint_id: str) -> Attachment:
        """Lease addresses, and return the attachment that they make, without published ports. Raises as `lease`."""
        address, address6 = self.lease(network_id, place)
        gateway, gateway6 = self._gateways[network_id]
        return Attachment(
            endpoint_id=endpoint_id,
            ip_address=str(address.ip),
            prefix_length=address.network.prefixlen,
            gateway=gateway,
            mac_address=place.mac.lower() if place.mac else mac_of(address),
            host_interface=f"jc{secrets.token_hex(5)}",
            network_id=network_id,
            interface=place.interface,
            ipv6_address=str(address6.ip) if address6 else "",
            ipv6_prefix_length=address6.network.prefixlen if address6 else 0,
            ipv6_gateway=gateway6,
            link_local=place.link_local,
        )

    def take(self, attachment: Attachment) -> None:
        """Take the addresses that a container of an earlier daemon has."""
        for pool, text in self._of(attachment):
            pool.take(ip_address(text))

    def release(self, attachment: Attachment) -> None:
        """Give a container's addresses back; harmless when they are free."""
        for pool, text in self._of(attachment):
            pool.release(ip_address(text))

    def _of(self, attachment: Attachment) -> list[tuple[AddressPool, str]]:
        pool, pool6 = self._pools.get(attachment.network_id, (None, None))
        pairs = ((pool, attachment.ip_address), (pool6, attachment.ipv6_address))
        return [(each, text) for each, text in pairs if each is not None and text]
