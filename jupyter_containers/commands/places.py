"""network and volume: list, make, inspect and remove what containers share."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import ClassVar, TypeAlias

from jupyter_containers.commands.command import Argument, Command, Completes, Takes, group
from jupyter_containers.commands.containers import NO_TEMPLATES, each, pairs, parse_filters
from jupyter_containers.commands.inspecting import Inspection
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.removing import counting
from jupyter_containers.commands.results import Json, Message, Table
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import NotFound

_Subnet: TypeAlias = IPv4Network | IPv6Network
_ID = 12


class NetworkTable(Table):
    kind: ClassVar[str] = "networks"


class VolumeTable(Table):
    kind: ClassVar[str] = "volumes"


def list_networks(session: Session, options: Namespace) -> NetworkTable | Message:
    found = session.client.networks.list(parse_filters(options.filter))
    ids = tuple(one["Id"] if options.no_trunc else one["Id"][:_ID] for one in found)
    if options.quiet:
        return Message(ids, ids)
    rows = tuple((id_, one["Name"], one["Driver"], one["Scope"]) for id_, one in zip(ids, found, strict=True))
    return NetworkTable("networks", ("NETWORK ID", "NAME", "DRIVER", "SCOPE"), rows, found)


def create_network(session: Session, options: Namespace) -> Message:
    networks = session.client.networks
    networks.create(
        options.name, driver=options.driver, internal=options.internal, attachable=options.attachable,
        ipv6=options.ipv6, labels=pairs(options.label, "--label"), options=pairs(options.opt, "--opt"),
        pools=_pools(options),
    )  # fmt: skip
    return Message((f"made {options.name}",), (options.name,))


def _pools(options: Namespace) -> list[Json]:
    """Return the address pools; a gateway, a range, another's address belong to the subnet that they lie in."""
    pools: list[Json] = [{"Subnet": subnet} for subnet in options.subnet]
    for option, key in (("gateway", "Gateway"), ("ip_range", "IPRange")):
        for value in getattr(options, option):
            _pool_of(pools, value, f"--{option.replace('_', '-')} {value}")[key] = value
    for name, address in pairs(options.aux_address, "--aux-address").items():
        pool = _pool_of(pools, address, f"--aux-address {name}={address}")
        pool.setdefault("AuxiliaryAddresses", {})[name] = address
    return pools


def _pool_of(pools: Sequence[Json], address: str, option: str) -> Json:
    try:
        wanted = ip_network(address, strict=False)
        found = [pool for pool in pools if _is_within(wanted, ip_network(pool["Subnet"], strict=False))]
    except ValueError as error:
        raise UsageError(f"create: {option}: {error}") from None
    if not found:
        raise UsageError(f"create: {option} lies in no --subnet; give the subnet as well")
    return found[0]


def _is_within(inner: _Subnet, outer: _Subnet) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def inspect_networks(session: Session, options: Namespace) -> Inspection:
    return Inspection([(name, "network", session.client.networks.inspect(name)) for name in options.name])


def remove_networks(session: Session, options: Namespace) -> Message:
    networks = session.client.networks
    return each(session, options.name, "removed", lambda name: _gone(networks.remove, name, options.force))


def _gone(remove: Callable[[str], object], name: str, force: bool) -> None:
    """Remove something; with `force` it is no error that it is not there."""
    try:
        remove(name)
    except NotFound:
        if not force:
            raise


def connect(session: Session, options: Namespace) -> Message:
    session.client.networks.connect(
        options.network, options.container, aliases=options.alias, ipv4_address=options.ip, ipv6_address=options.ip6,
        links=options.link, link_local_addresses=options.link_local_ip,
    )  # fmt: skip
    return Message((f"connected {options.container} to {options.network}",), (options.container,))


def disconnect(session: Session, options: Namespace) -> Message:
    session.client.networks.disconnect(options.network, options.container, force=options.force)
    return Message((f"disconnected {options.container} from {options.network}",), (options.container,))


def prune_networks(session: Session, options: Namespace) -> Message:
    return _removed(session.client.networks.prune(parse_filters(options.filter)))


def list_volumes(session: Session, options: Namespace) -> VolumeTable | Message:
    found = session.client.volumes.list(parse_filters(options.filter))
    if options.quiet:
        names = tuple(one["Name"] for one in found)
        return Message(names, names)
    return VolumeTable("volumes", ("DRIVER", "NAME"), tuple((one["Driver"], one["Name"]) for one in found), found)


def create_volume(session: Session, options: Namespace) -> Message:
    made = session.client.volumes.create(
        options.name, driver=options.driver, labels=pairs(options.label, "--label"), options=pairs(options.opt, "--opt")
    )
    return Message((f"made {made['Name']}",), (made["Name"],))


def inspect_volumes(session: Session, options: Namespace) -> Inspection:
    return Inspection([(name, "volume", session.client.volumes.inspect(name)) for name in options.name])


def remove_volumes(session: Session, options: Namespace) -> Message:
    volumes = session.client.volumes
    return each(session, options.name, "removed", lambda name: volumes.remove(name, force=options.force))


def prune_volumes(session: Session, options: Namespace) -> Message:
    filters = parse_filters(options.filter)
    if options.all:
        filters["all"] = ["true"]
    return _removed(session.client.volumes.prune(filters).get("VolumesDeleted") or ())


def _removed(names: Iterable[object]) -> Message:
    found = tuple(map(str, names))
    return Message((f"removed {', '.join(found)}" if found else "nothing to remove",), found)


FILTER = Argument(("-f", "--filter"), "only those that match", Takes.EACH, "NAME=VALUE")
# Where -f is --force.
LONG_FILTER = Argument(("--filter",), "only those that match", Takes.EACH, "NAME=VALUE")
UNASKED = Argument(("-f", "--force"), "as docker has it; nothing is asked here anyway", Takes.NOTHING)
_QUIET = Argument(("-q", "--quiet"), "only ids or names", Takes.NOTHING)
_LABEL = Argument(("--label",), "label it", Takes.EACH, "NAME=VALUE")
_OPT = Argument(("-o", "--opt"), "an option of the driver", Takes.EACH, "NAME=VALUE")
_NETWORKS = Argument(("name",), "names or ids", Takes.MANY, "NETWORK", completes=Completes.NETWORK)
_VOLUMES = Argument(("name",), "names", Takes.MANY, "VOLUME", completes=Completes.VOLUME)
_PLUG = (
    Argument(("network",), "name or id", metavar="NETWORK", completes=Completes.NETWORK),
    Argument(("container",), "name or id", metavar="CONTAINER", completes=Completes.CONTAINER),
)
_NO_SWARM = "it is for swarms, which are not here"


def _refused(names: Sequence[str], reason: str) -> dict[str, str]:
    return dict.fromkeys(names, reason)


NETWORK = group(
    "network",
    "list, make, inspect, join and remove networks",
    Command(
        "ls", "list networks", list_networks,
        (FILTER, Argument(("--no-trunc",), "whole ids", Takes.NOTHING), _QUIET),
        aliases=("list",), refused=NO_TEMPLATES,
    ),
    Command(
        "create", "make a network", create_network,
        (
            Argument(("-d", "--driver"), "bridge (default), macvlan, ipvlan", metavar="DRIVER", default="bridge"),
            Argument(("--subnet",), "its addresses, such as 10.9.0.0/24", Takes.EACH, "SUBNET"),
            Argument(("--gateway",), "the subnet's gateway", Takes.EACH, "ADDRESS"),
            Argument(("--ip-range",), "where in the subnet containers get their addresses", Takes.EACH, "SUBNET"),
            Argument(("--aux-address",), "an address that is somebody else's", Takes.EACH, "NAME=ADDRESS"),
            Argument(("--internal",), "without a way out", Takes.NOTHING),
            Argument(("--attachable",), "as docker has it; all networks are, here", Takes.NOTHING),
            Argument(("--ipv6",), "with IPv6 addresses, too", Takes.NOTHING),
            _LABEL,
            _OPT,
            Argument(("name",), "its name", metavar="NETWORK"),
        ),
        refused={
            **_refused(("--ingress", "--scope", "--config-only", "--config-from"), _NO_SWARM),
            **_refused(("--ipam-driver", "--ipam-opt"), "the only driver of addresses is default"),
            "--ipv4": "a network always has IPv4",
        },
    ),
    Command(
        "inspect", "show all that is known of networks", inspect_networks, (_NETWORKS,),
        refused={**NO_TEMPLATES, **dict.fromkeys(("-v", "--verbose"), _NO_SWARM)},
    ),
    Command(
        "rm", "remove networks", remove_networks,
        (Argument(("-f", "--force"), "it is no error that one is not there", Takes.NOTHING), _NETWORKS),
        aliases=("remove",),
    ),
    Command(
        "connect", "put a container on a network", connect,
        (
            Argument(("--alias",), "one more name of it there", Takes.EACH, "NAME"),
            Argument(("--ip",), "its IPv4 address there", metavar="ADDRESS", default=""),
            Argument(("--ip6",), "its IPv6 address there", metavar="ADDRESS", default=""),
            Argument(("--link",), "a name for a neighbour", Takes.EACH, "CONTAINER[:NAME]"),
            Argument(("--link-local-ip",), "a link-local address", Takes.EACH, "ADDRESS"),
            *_PLUG,
        ),
        refused={"--driver-opt": "no driver here has any", "--gw-priority": "the first network is the way out"},
    ),
    Command(
        "disconnect", "take a container off a network", disconnect,
        (Argument(("-f", "--force"), "even if it is not there any more", Takes.NOTHING), *_PLUG),
    ),
    Command("prune", "remove the networks that nobody is on", counting(prune_networks), (LONG_FILTER, UNASKED)),
)  # fmt: skip
VOLUME = group(
    "volume",
    "list, make, inspect and remove volumes",
    Command(
        "ls", "list volumes", list_volumes, (FILTER, _QUIET),
        aliases=("list",), refused={**NO_TEMPLATES, "--cluster": _NO_SWARM},
    ),
    Command(
        "create", "make a volume", create_volume,
        (
            Argument(("-d", "--driver"), "local, the only one", metavar="DRIVER", default="local"),
            _LABEL,
            _OPT,
            Argument(("name",), "its name; a long one is made up", Takes.OPTIONAL, "VOLUME", default=""),
        ),
        refused=_refused(
            ("--availability", "--group", "--limit-bytes", "--required-bytes", "--scope", "--secret", "--sharing",
             "--topology-preferred", "--topology-required", "--type"), _NO_SWARM,
        ),
    ),
    Command("inspect", "show all that is known of volumes", inspect_volumes, (_VOLUMES,), refused=NO_TEMPLATES),
    Command(
        "rm", "remove volumes", remove_volumes,
        (Argument(("-f", "--force"), "it is no error that one is not there", Takes.NOTHING), _VOLUMES),
        aliases=("remove",),
    ),
    Command(
        "prune", "remove the volumes without a name that no container has", counting(prune_volumes),
        (Argument(("-a", "--all"), "also those with a name", Takes.NOTHING), LONG_FILTER, UNASKED),
    ),
)  # fmt: skip
