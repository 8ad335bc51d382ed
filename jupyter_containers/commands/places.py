"""network and volume: list, make, inspect and remove what containers share."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence

from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.containers import each, parse_filters
from jupyter_containers.commands.inspecting import Inspection
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message, Result, Table
from jupyter_containers.commands.session import Session

_ID = 12


def network(session: Session, options: Namespace) -> Result:
    _check_verb(options, {"create": ("driver", "subnet", "internal"), "ls": ("filter",), "prune": ("filter",)})
    networks, names = session.client.networks, options.name
    if options.verb == "ls":
        found = networks.list(parse_filters(options.filter))
        rows = tuple((one["Id"][:_ID], one["Name"], one["Driver"], one["Scope"]) for one in found)
        return Table("networks", ("NETWORK ID", "NAME", "DRIVER", "SCOPE"), rows, found)
    if options.verb == "prune":
        return _removed(networks.prune(parse_filters(options.filter)))
    if options.verb == "connect":
        networks.connect(names[0], names[1])
        return Message((f"connected {names[1]} to {names[0]}",), (names[1],))
    if options.verb == "disconnect":
        networks.disconnect(names[0], names[1])
        return Message((f"disconnected {names[1]} from {names[0]}",), (names[1],))
    if options.verb == "inspect":
        return Inspection([(name, "network", networks.inspect(name)) for name in names])
    if options.verb == "rm":
        return each(names, "removed", networks.remove)
    return each(
        names, "made", lambda name: networks.create(name, driver=options.driver or "bridge", subnet=options.subnet,
                                                    internal=options.internal),
    )  # fmt: skip


def volume(session: Session, options: Namespace) -> Result:
    _check_verb(options, {"ls": ("filter",), "prune": ("filter",)})
    volumes, names = session.client.volumes, options.name
    if options.verb == "ls":
        found = volumes.list(parse_filters(options.filter))
        return Table("volumes", ("DRIVER", "NAME"), tuple((one["Driver"], one["Name"]) for one in found), found)
    if options.verb == "prune":
        return _removed(volumes.prune(parse_filters(options.filter)).get("VolumesDeleted") or ())
    if options.verb == "inspect":
        return Inspection([(name, "volume", volumes.inspect(name)) for name in names])
    if options.verb == "rm":
        return each(names, "removed", volumes.remove)
    return each(names, "made", volumes.create)


def _check_verb(options: Namespace, belonging: Mapping[str, Sequence[str]]) -> None:
    """Raise UsageError for names a verb lacks or has no use for, and for options that belong to other verbs."""
    verb, count = options.verb, len(options.name)
    if verb in ("ls", "prune") and count:
        hint = "--filter chooses" if verb == "ls" else "rm removes those that are named"
        raise UsageError(f"{verb}: it takes no names, such as {options.name[0]}; {hint}")
    if "connect" in verb and count != 2:
        raise UsageError(f"{verb}: name the network and the container")
    if verb not in ("ls", "prune") and not count:
        raise UsageError(f"{verb}: which?")
    for name in dict.fromkeys(name for names in belonging.values() for name in names):
        if getattr(options, name) and name not in belonging.get(verb, ()):
            owners = " and ".join(owner for owner, names in belonging.items() if name in names)
            raise UsageError(f"{verb}: --{name} is for {owners}")


def _removed(names: object) -> Message:
    found = tuple(map(str, names)) if isinstance(names, list | tuple) else ()
    return Message((f"removed {', '.join(found)}" if found else "nothing to remove",), found)


_FILTER = Argument(("--filter",), "ls, prune: only those that match", Takes.EACH, "NAME=VALUE")
_NETWORK_VERBS = ("ls", "create", "inspect", "rm", "connect", "disconnect", "prune")
_VOLUME_VERBS = ("ls", "create", "inspect", "rm", "prune")

NETWORK = Command(
    "network",
    "list, make, inspect, join and remove networks",
    network,
    (
        Argument(("-d", "--driver"), "create: bridge (default), macvlan, ipvlan", metavar="DRIVER", default=""),
        Argument(("--subnet",), "create: its addresses, such as 10.9.0.0/24", metavar="SUBNET", default=""),
        Argument(("--internal",), "create: without a way out", Takes.NOTHING),
        _FILTER,
        Argument(("verb",), "what to do", metavar="|".join(_NETWORK_VERBS), choices=_NETWORK_VERBS),
        Argument(
            ("name",), "names; connect and disconnect: NETWORK CONTAINER", Takes.ANY, "NAME",
            completes=Completes.NETWORK,
        ),
    ),
)  # fmt: skip
VOLUME = Command(
    "volume",
    "list, make, inspect and remove volumes",
    volume,
    (
        _FILTER,
        Argument(("verb",), "what to do", metavar="|".join(_VOLUME_VERBS), choices=_VOLUME_VERBS),
        Argument(("name",), "names", Takes.ANY, "NAME"),
    ),
)
