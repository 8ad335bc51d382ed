"""The files that a layer changes, as a tree of folders with what is in them; the largest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from jupyter_containers.commands.layer_changes import Change


@dataclass(slots=True)
class Node:
    """A file or a folder; `size` and `files` are of all in it. `letter` as in Change."""

    name: str
    path: str
    letter: str = ""
    kind: str = "folder"
    size: int = 0
    files: int = 0
    children: dict[str, Node] = field(default_factory=dict)

    def sorted(self) -> list[Node]:
        """Return what is in it, the largest first."""
        return sorted(self.children.values(), key=lambda node: (-node.size, node.name))


class Tree:
    """The tree of some changes."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.root = Node("", "")
        for change in changes:
            self._put(change)

    def _put(self, change: Change) -> None:
        node, path = self.root, ""
        counts = change.kind != "folder"
        for name in change.path.split("/"):
            node.size += change.size
            node.files += counts
            path = f"{path}/{name}" if path else name
            node = node.children.setdefault(name, Node(name, path))
        node.letter, node.kind = change.letter, change.kind
        node.size += change.size
        node.files += counts

    def folder(self, path: str) -> Node | None:
        """Return a folder by its path, "" for the root; None if it is not there."""
        node: Node | None = self.root
        for name in path.split("/") if path else ():
            node = node.children.get(name) if node is not None else None
        return node
