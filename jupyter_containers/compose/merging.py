"""Two files, or a service and what it extends, become one.

Source: Compose Specification, "Merge": mappings by their keys, lists one behind the other, with exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jupyter_containers.compose.source import OVERRIDE, RESET, Node

# What the later file says is all that counts.
_REPLACED = {"command", "entrypoint", "test"}


def _port(node: Node) -> object:
    port = node.mapping
    return tuple(port[key].value if key in port else "" for key in ("host_ip", "target", "published", "protocol"))


def _target(node: Node) -> object:
    grant = node.mapping
    return (grant.get("target") or grant.get("source") or node).value


def _path(node: Node) -> object:
    return node.mapping["path"].value if "path" in node.mapping else node.value


# Items of these lists with the same key are one; what the later file says of it wins.
_KEYS: Mapping[str, Callable[[Node], object]] = {
    "ports": _port, "volumes": _target, "secrets": _target, "configs": _target, "env_file": _path,
    "devices": _target,
}  # fmt: skip


def merged(base: Node, over: Node, key: str = "") -> Node:
    """Return canonical trees as one; what `over` says wins. Orders of `over` (!reset, !override) are carried out."""
    if over.order in (OVERRIDE, RESET):
        return over
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        if key == "logging" and _driver(over) not in (None, _driver(base)):
            return over
        found = dict(base.value)
        for name, child in over.value.items():
            found[name] = merged(found[name], child, name) if name in found else child
        return over.with_value(found)
    if isinstance(base.value, tuple) and isinstance(over.value, tuple) and key not in _REPLACED:
        return over.with_value(_joined(base.value, over.value, _KEYS.get(key)))
    return over


def _driver(logging: Node) -> object:
    return logging.mapping["driver"].value if "driver" in logging.mapping else None


def _joined(base: tuple[Node, ...], over: tuple[Node, ...], key: Callable[[Node], object] | None) -> tuple[Node, ...]:
    found: dict[object, Node] = {}
    for node in (*base, *over):
        identity = key(node) if key is not None else (type(node.value).__name__, _frozen(node))
        known = found.get(identity)
        found[identity] = merged(known, node) if known is not None else node
    return tuple(found.values())


def _frozen(node: Node) -> object:
    if isinstance(node.value, dict):
        return tuple((name, _frozen(child)) for name, child in node.value.items())
    if isinstance(node.value, tuple):
        return tuple(_frozen(child) for child in node.value)
    return node.value


def without_orders(node: Node) -> Node:
    """Return a tree without what !reset has taken out."""
    if isinstance(node.value, dict):
        kept = {name: without_orders(child) for name, child in node.value.items() if child.order != RESET}
        return Node(kept, node.place)
    if isinstance(node.value, tuple):
        return Node(tuple(without_orders(child) for child in node.value if child.order != RESET), node.place)
    return Node(node.value, node.place)
