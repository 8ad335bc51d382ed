"""Networks that containers can name: `bridge`, `host` and `none`, always there, and those that people make."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from jupyter_containers.engine.containers.record_json import from_json, to_json
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.network_values import PREDEFINED, Endpoint, Network, NetworkRequest, PoolSettings
from jupyter_containers.errors import Conflict, ContainersError, Forbidden, InvalidParameter, NotFound, Unsupported
from jupyter_containers.metadata.networks import Networks as NetworkRecords
from jupyter_containers.network.ipam import PoolWish, check_wishes, settle
from jupyter_containers.network.naming import Directory
from jupyter_containers.network.networks import Networking
from jupyter_containers.network.options import BridgeOptions
from jupyter_containers.network.sublink_options import DRIVERS, SublinkOptions
from jupyter_containers.network.values import Pool

_log = logging.getLogger(__name__)

_SMALLEST_OF_IPV6 = 1280  # RFC 8200
_SWARM_ONLY = frozenset({"overlay"})


@dataclass(frozen=True, slots=True)
class Daemon:
    """What makes this daemon's networks its own: `id` gives the predefined ones theirs, the same over restarts."""

    id: str
    created_at: str
    now: Callable[[], str]


class Networks:
    """All networks of one daemon. `recover` once, then anything.

    `endpoints` answers the running containers on a network, by id; `directory` is what their name servers know.
    """

    def __init__(self, daemon: Daemon, networking: Networking, records: NetworkRecords, events: Events) -> None:
        self._daemon = daemon
        self._networking = networking
        self._records = records
        self._events = events
        self._predefined = {name: _predefined(daemon, name) for name in PREDEFINED}
        self._made: dict[str, Network] = {}
        # Names whose networks are being made or removed.
        self._busy: set[str] = set()
        self.directory = Directory()
        self.endpoints: Callable[[str], Mapping[str, Endpoint]] = lambda _name: {}

    def recover(self) -> None:
        """Read the networks of earlier daemons. Their bridges are seen to when the first container needs one.

        One that cannot be read (a later version knows more options) is left out: all others are needed all the same.
        """
        for entry in self._records.all():
            try:
                network = from_json(Network, entry)
                segment = network.segment()
            except (ContainersError, ValueError, LookupError, TypeError, AttributeError) as error:
                _log.error("a network is left out, its record cannot be read (%r): %.200s", error, entry)
                continue
            self._made[network.name] = network
            self._networking.know(segment)

    def all(self) -> list[Network]:
        return [*(self._with_facts(network) for network in self._predefined.values()), *self._made.values()]

    def describe(self, name_or_id: str) -> Network:
        """Return a network as `get` does, with what the host knows of the default bridge."""
        return self._with_facts(self.get(name_or_id))

    def get(self, name_or_id: str) -> Network:
        """Return a network by id, name or unique prefix of an id. Raises NotFound, InvalidParameter.

        Nothing is asked of the host: of the default bridge, subnet and gateway are left out.
        """
        known = self._predefined.get(name_or_id) or self._made.get(name_or_id)
        if known is not None:
            return known
        every = [*self._predefined.values(), *self._made.values()]
        for network in every:
            if name_or_id == network.id:
                return network
        matches = [network for network in every if name_or_id and network.id.startswith(name_or_id)]
        if len(matches) > 1:
            raise InvalidParameter(
                f"network {name_or_id} is ambiguous ({len(matches)} matches found based on ID prefix)"
            )
        if not matches:
            raise NotFound(f"network {name_or_id} not found")
        return matches[0]

    def warning(self) -> str:
        """Return what stands in the way of the bridge on this host, and the remedy; empty when all works."""
        return self._networking.describe().get("warning", "")

    def network_id(self, name: str) -> str:
        """Return the id of a network; empty when it is not there."""
        known = self._predefined.get(name) or self._made.get(name)
        return known.id if known else ""

    async def create(self, request: NetworkRequest) -> Network:
        """Make a network, with its bridge.

        Raises InvalidParameter, Forbidden, Conflict, NotFound in Docker's words, Unsupported for what cannot be done
        here, OSError. After cancellation: it is there, or nothing of it is.
        """
        self._check(request)
        options = BridgeOptions.parse(request.options) if request.driver == "bridge" else BridgeOptions()
        if request.ipv6 and 0 < options.mtu < _SMALLEST_OF_IPV6:
            raise InvalidParameter(f"invalid MTU number: {options.mtu}: IPv6 needs {_SMALLEST_OF_IPV6} at least")
        wishes = [PoolWish(p.subnet, p.ip_range, p.gateway, p.auxiliary) for p in request.pools]
        check_wishes(wishes, ipv6=request.ipv6)
        self._busy.add(request.name)
        try:
            routed = await self._networking.occupied()
            pool, pool6 = settle(
                wishes, ipv6=request.ipv6, taken=self._networking.subnets(), routed=routed, seed=self._daemon.id
            )
            network = self._network(request, options, [one for one in (pool, pool6) if one is not None])
            await self._make(network)
        finally:
            self._busy.discard(request.name)
        self._publish("create", network)
        return network

    async def _make(self, network: Network) -> None:
        # The row first: after a crash the next daemon finds what there is of it, and it can be removed.
        self._records.add(network.id, network.name, to_json(network))
        try:
            await self._networking.open_segment(network.segment())
        except BaseException:
            self._records.remove(network.id)
            raise
        self._made[network.name] = network

    async def remove(self, name_or_id: str) -> None:
        """Remove a network. Raises NotFound, Forbidden in Docker's words while containers are on it.

        After cancellation: it is there, or gone whole.
        """
        network = self.get(name_or_id)
        if network.is_predefined:
            raise Forbidden(f"{network.name} is a pre-defined network and cannot be removed")
        if self.endpoints(network.name):
            raise Forbidden(
                f"error while removing network: network {network.name} id {network.id} has active endpoints"
            )
        if network.name in self._busy:
            raise Conflict(f"network {network.name} is being made or removed: try again")
        self._busy.add(network.name)
        try:
            del self._made[network.name]
            await self._networking.close_segment(network.id)
            self._records.remove(network.id)
        except BaseException:
            if self._networking.knows(network.id):
                self._made[network.name] = network
            else:
                self._records.remove(network.id)
            raise
        finally:
            self._busy.discard(network.name)
        self._publish("destroy", network)

    async def prune(self, wanted: Callable[[Network], bool]) -> list[str]:
        """Remove the networks that nobody uses and `wanted` picks; return their names."""
        removed = []
        for network in list(self._made.values()):
            if not wanted(network) or self.endpoints(network.name):
                continue
            try:
                await self.remove(network.id)
            except ContainersError as error:
                _log.warning("network %s is not pruned: %s", network.name, error.message)
            else:
                removed.append(network.name)
        # A network takes no disk.
        self._events.publish("network", "prune", "", {"reclaimed": "0"})
        return removed

    def tell(self, action: str, network: Network, container_id: str) -> None:
        """Tell of a container's `connect` or `disconnect`."""
        self._events.publish(
            "network", action, network.id, {"container": container_id, "name": network.name, "type": network.driver}
        )

    def _publish(self, action: str, network: Network) -> None:
        self._events.publish("network", action, network.id, {"name": network.name, "type": network.driver})

    def _check(self, request: NetworkRequest) -> None:
        name, driver = request.name, request.driver
        if not name.strip():
            raise InvalidParameter("invalid name: the name of a network is empty")
        if name in PREDEFINED:
            raise Forbidden(f"operation is not permitted on predefined {name} network ")
        if name in self._made or name in self._busy:
            raise Conflict(f"network with name {name} already exists")
        if driver in ("host", "null"):
            raise Forbidden(f'only one instance of "{driver}" network is allowed')
        if driver in _SWARM_ONLY:
            raise Unsupported(f"cannot create network {name} with driver {driver}: there is no swarm here; use bridge")
        if driver in DRIVERS:
            self._check_parent(driver, SublinkOptions.parse(driver, request.options).parent)
        elif driver != "bridge":
            raise NotFound(f'plugin "{driver}" not found')
        if request.ipam_driver not in ("", "default"):
            raise NotFound(f'plugin "{request.ipam_driver}" not found')
        if not request.ipv4:
            raise Unsupported(f"cannot create network {name} without IPv4 (EnableIPv4=false): leave it on")

    def _check_parent(self, driver: str, parent: str) -> None:
        for network in self._made.values():
            if parent and network.driver in DRIVERS and network.options.get("parent") == parent:
                raise Forbidden(f"network {network.name} is already using parent interface {parent}: choose another")

    def _network(self, request: NetworkRequest, options: BridgeOptions, pools: list[Pool]) -> Network:
        identifier = secrets.token_hex(32)
        return Network(
            name=request.name,
            id=identifier,
            driver=request.driver,
            created_at=self._daemon.now(),
            internal=request.internal,
            attachable=request.attachable,
            ipv6=request.ipv6,
            labels=dict(request.labels),
            options=dict(request.options),
            ipam_options=None if request.ipam_options is None else dict(request.ipam_options),
            pools=(*(_settled(pool, request.pools) for pool in pools), *_unused(request)),
            has_own_subnets=any(pool.subnet for pool in request.pools),
            # 15 characters are all that an interface's name may have.
            bridge_name=(options.name or f"jcb{identifier[:12]}") if request.driver == "bridge" else "",
        )

    def _with_facts(self, network: Network) -> Network:
        if network.name != "bridge":
            return network
        facts = self._networking.describe()
        pools = (PoolSettings(facts["subnet"], gateway=facts["gateway"]),) if facts["subnet"] else ()
        return replace(network, pools=pools, bridge_name=facts["name"], mtu=facts["mtu"])


def _predefined(daemon: Daemon, name: str) -> Network:
    identifier = hashlib.sha256(f"{daemon.id} {name}".encode()).hexdigest()
    return Network(name=name, id=identifier, driver=PREDEFINED[name], created_at=daemon.created_at)


def _unused(request: NetworkRequest) -> list[PoolSettings]:
    return [pool for pool in request.pools if ":" in pool.subnet and not request.ipv6]


def _settled(pool: Pool, asked: tuple[PoolSettings, ...]) -> PoolSettings:
    """Return a pool as it is shown, with the names that somebody gave to auxiliary addresses."""
    reserved = {str(address) for address in pool.reserved}
    names = {name: text for one in asked for name, text in one.auxiliary.items() if text in reserved}
    return PoolSettings(
        subnet=str(pool.subnet),
        ip_range=str(pool.ip_range) if pool.ip_range else "",
        gateway=str(pool.gateway),
        auxiliary=names,
    )
