"""Paths in a Compose file become absolute: they are meant from the folder of their project, whoever includes it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from jupyter_containers.compose.source import Node

_REMOTE = ("http://", "https://", "git://", "ssh://", "git@", "github.com/", "docker-image://", "oci-layout://")

_Change = Callable[[Node], Node]


def is_remote(text: str) -> bool:
    """Tell a build context that the daemon fetches from a folder here."""
    return text.startswith((*_REMOTE, "service:", "target:"))


def absolute(text: str, folder: Path) -> str:
    """Return a path as it is from the root; `~` is this user's home."""
    if text.startswith("~"):
        # An unknown ~user stays what it is.
        text = os.path.expanduser(text)
    return os.path.normpath(folder / text)


def rooted(tree: Node, folder: Path) -> Node:
    """Return a canonical file with all paths of this machine absolute."""

    def path(node: Node) -> Node:
        return node.with_value(absolute(str(node.value), folder))

    def context(node: Node) -> Node:
        return node if is_remote(str(node.value)) else path(node)

    def build(node: Node) -> Node:
        value = {"context": node.with_value("."), **node.mapping}
        return _changed(node.with_value(value), context=context, additional_contexts=_each(context))

    def mount(node: Node) -> Node:
        is_bind = "type" in node.mapping and node.mapping["type"].value == "bind"
        return _changed(node, source=path) if is_bind else node

    def trigger(node: Node) -> Node:
        return _changed(node, path=path)

    def service(node: Node) -> Node:
        return _changed(
            node, build=build, develop=lambda develop: _changed(develop, watch=_each(trigger)),
            volumes=_each(mount), env_file=_each(lambda file: _changed(file, path=path)),
            label_file=_each(path), extends=lambda extends: _changed(extends, file=path),
        )  # fmt: skip

    def options(node: Node) -> Node:
        is_bind = "bind" in str(node.mapping["o"].value).split(",") if "o" in node.mapping else False
        return _changed(node, device=path) if is_bind else node

    def files(node: Node) -> Node:
        return _changed(node, file=path)

    return _changed(
        tree, services=_each(service), secrets=_each(files), configs=_each(files),
        volumes=_each(lambda volume: _changed(volume, driver_opts=options)),
    )  # fmt: skip


def _changed(node: Node, **changes: _Change) -> Node:
    if not isinstance(node.value, dict):
        return node
    found = {key: changes[key](child) if key in changes else child for key, child in node.value.items()}
    return node.with_value(found)


def _each(change: _Change) -> _Change:
    def changed(node: Node) -> Node:
        if isinstance(node.value, dict):
            return node.with_value({
                key: change(child) if child.value is not None else child for key, child in node.value.items()
            })  # fmt: skip
        if isinstance(node.value, tuple):
            return node.with_value(tuple(change(child) for child in node.value))
        return node

    return changed
