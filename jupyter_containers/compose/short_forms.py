"""Ports, volumes and hosts as people write them in one word, in the long form of the specification."""

from __future__ import annotations

import re

from jupyter_containers.compose.shapes import text, wrong
from jupyter_containers.compose.source import Node, Value, WrongFile

MAX_RANGE = 4096

_PORT = re.compile(
    r"(?:(?:(?P<ip>\[[0-9a-fA-F:.%]+\]|[0-9.]+|[0-9a-fA-F:]+):)?(?P<published>\d{1,5}(?:-\d{1,5})?)?:)?"
    r"(?P<target>\d{1,5}(?:-\d{1,5})?)(?:/(?P<protocol>tcp|udp|sctp))?"
)
_NUMBERS = re.compile(r"\d{1,5}(?:-\d{1,5})?", re.ASCII)
_PROPAGATIONS = {"shared", "slave", "private", "rshared", "rslave", "rprivate"}
_CONSISTENCIES = {"consistent", "cached", "delegated"}


def _mapping(node: Node, **values: object) -> Node:
    def planted(value: object) -> Node:
        if isinstance(value, dict):
            return Node({key: planted(child) for key, child in value.items()}, node.place)
        return Node(value, node.place)  # type: ignore[arg-type]

    given: dict[str, Node] = {name: planted(value) for name, value in values.items() if value not in (None, "")}
    return Node(given, node.place)


def ports(node: Node, path: str) -> tuple[Node, ...]:
    """Write `8000-8001:80-81/udp` as one port after the other. Raises WrongFile."""
    word = str(text(node, path).value)
    match = _PORT.fullmatch(word)
    if match is None:
        raise wrong(node, path, "a port; it is [[IP:]HOST:]PORT[/PROTOCOL], with ranges such as 8000-8010")
    targets = _range(node, path, match["target"])
    # As with docker, port 0 here is one that the engine chooses.
    published = _range(node, path, match["published"], lowest=0) if match["published"] else []
    published = [] if published == [0] else published
    spread: list[str]
    if not published:
        spread = [""] * len(targets)
    elif len(targets) == 1 and len(published) > 1:
        spread = [match["published"]]
    elif len(targets) == len(published):
        spread = [str(port) for port in published]
    else:
        raise WrongFile(node.place, f"{path}: in {word!r} the two ranges are of different lengths")
    ip = (match["ip"] or "").strip("[]")
    return tuple(
        _mapping(node, mode="ingress", host_ip=ip, target=target, published=host, protocol=match["protocol"] or "tcp")
        for target, host in zip(targets, spread, strict=True)
    )


def check_port(port: Node, path: str) -> None:
    """Check the numbers of a port in long form. Raises WrongFile."""
    target, published = port.mapping["target"], port.mapping.get("published")
    _range(target, f"{path}.target", str(target.value))
    if published is not None and published.value != "":
        if not _NUMBERS.fullmatch(str(published.value)):
            raise wrong(published, f"{path}.published", "a port, or a range such as 8000-8010")
        _range(published, f"{path}.published", str(published.value), lowest=0)


def _range(node: Node, path: str, word: str, lowest: int = 1) -> list[int]:
    first, _, last = word.partition("-")
    begin, end = int(first), int(last or first)
    if not lowest <= begin <= end < 65536:
        raise WrongFile(node.place, f"{path}: {word} is no range of ports")
    if end - begin >= MAX_RANGE:
        raise WrongFile(node.place, f"{path}: {word} is more than {MAX_RANGE} ports")
    return list(range(begin, end + 1))


def volume(node: Node, path: str) -> Node:
    """Write `name:/data:ro` as a mapping. Raises WrongFile."""
    word = str(text(node, path).value)
    source, target, options = _parts(word)
    if not target or (not source and ":" in word):
        raise wrong(node, path, "a volume; it is [SOURCE:]TARGET[:OPTIONS]")
    if not target.startswith("/"):
        raise WrongFile(node.place, f"{path}: {target!r} in the container must begin with /")
    is_bind = source.startswith(("/", ".", "~"))
    long: dict[str, object] = {"type": "bind" if is_bind else "volume", "source": source, "target": target}
    bind: dict[str, object] = {"create_host_path": True}
    own: dict[str, object] = {}
    for option in filter(None, options.split(",")):
        if option in ("ro", "rw"):
            long["read_only"] = option == "ro"
        elif option in ("z", "Z"):
            bind["selinux"] = option
        elif option in _PROPAGATIONS:
            bind["propagation"] = option
        elif option in _CONSISTENCIES:
            long["consistency"] = option
        elif option == "nocopy":
            own["nocopy"] = True
        else:
            raise WrongFile(node.place, f"{path}: unknown option {option!r}; there are ro, rw, nocopy, z and Z")
    if is_bind:
        long["bind"] = bind
    elif own:
        long["volume"] = own
    return _mapping(node, **long)


def _parts(word: str) -> tuple[str, str, str]:
    first, *rest = word.split(":", 2)
    if not rest:
        return "", first, ""
    return first, rest[0], rest[1] if len(rest) > 1 else ""


def device(node: Node, path: str) -> Node:
    """Write `/dev/a:/dev/b:rwm` as a mapping."""
    source, _, rest = str(text(node, path).value).partition(":")
    target, _, permissions = rest.partition(":")
    if not source:
        raise wrong(node, path, "a device; it is SOURCE[:TARGET[:PERMISSIONS]]")
    return _mapping(node, source=source, target=target or source, permissions=permissions or "rwm")


def ulimit(node: Node, path: str) -> Value:
    """Return the soft and hard limit that one number stands for."""
    return {"soft": node, "hard": node}


def hosts(node: Node, path: str) -> Node:
    """Write `NAME=ADDRESS` and `NAME:ADDRESS` as a mapping of names to lists of addresses."""
    found: dict[str, Node] = {}
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            items = child.value if isinstance(child.value, tuple) else (child,)
            addresses = tuple(text(item, f"{path}.{name}") for item in items)
            found[name] = child.with_value(tuple(_address(item) for item in addresses))
        return node.with_value({**found})
    if not isinstance(node.value, tuple):
        raise wrong(node, path, "a mapping, or a list of NAME=ADDRESS")
    for at, item in enumerate(node.value):
        word = str(text(item, f"{path}[{at}]").value)
        name, separator, address = word.partition("=") if "=" in word else word.partition(":")
        if not name.strip() or not separator or not address.strip():
            raise wrong(item, f"{path}[{at}]", "NAME=ADDRESS")
        known = found[name.strip()].items if name.strip() in found else ()
        found[name.strip()] = item.with_value((*known, _address(item.with_value(address.strip()))))
    return node.with_value({**found})


def _address(node: Node) -> Node:
    return node.with_value(str(node.value).removeprefix("[").removesuffix("]"))
