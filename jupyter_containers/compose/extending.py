"""Services that extend others, of their own file or of another.

Source: Compose Specification, services.extends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from jupyter_containers.compose.merging import merged
from jupyter_containers.compose.shapes import near
from jupyter_containers.compose.source import Node, WrongFile

MAX_CHAIN = 50

# Returns the canonical tree of a file, with its paths absolute.
Load = Callable[[Path, Node], Node]


def extended(tree: Node, load: Load) -> Node:
    """Return a file whose services have taken in what they extend. Raises WrongFile."""
    services = tree.mapping.get("services")
    if services is None or not any("extends" in service.mapping for service in services.mapping.values()):
        return tree
    reader = _Extending(load)
    found = {name: reader.service(tree, name, "", service) for name, service in services.mapping.items()}
    return tree.with_value({**tree.mapping, "services": services.with_value(found)})


class _Extending:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._trees: dict[str, Node] = {}
        self._done: dict[tuple[str, str], Node] = {}
        self._chain: list[tuple[str, str]] = []

    def service(self, tree: Node, name: str, file: str, asking: Node) -> Node:
        """Return a service of a file with all that it extends."""
        service, key = self._find(tree, name, asking), (file, name)
        if key in self._done:
            return self._done[key]
        if key in self._chain or len(self._chain) >= MAX_CHAIN:
            names = " → ".join([*(one for _, one in self._chain[-4:]), name])
            raise WrongFile(asking.place, f"services.{name}: it extends itself, or too many others: {names}")
        extends = service.mapping.get("extends")
        if extends is not None and extends.mapping:
            self._chain.append(key)
            base = self._base(tree, file, extends)
            self._chain.pop()
            rest = {word: child for word, child in service.mapping.items() if word != "extends"}
            service = merged(base, service.with_value(rest))
        self._done[key] = service
        return service

    def _base(self, tree: Node, file: str, extends: Node) -> Node:
        given: Mapping[str, Node] = extends.mapping
        if "service" not in given:
            raise WrongFile(extends.place, "extends: service is missing")
        name = str(given["service"].value)
        if "file" not in given:
            return self.service(tree, name, file, extends)
        path = str(given["file"].value)
        if path not in self._trees:
            self._trees[path] = self._load(Path(path), given["file"])
        return self.service(self._trees[path], name, path, extends)

    def _find(self, tree: Node, name: str, asking: Node) -> Node:
        services = tree.mapping["services"].mapping if "services" in tree.mapping else {}
        if name not in services:
            raise WrongFile(asking.place, f"extends: there is no service {name[:60]!r}{near(name, services)}")
        return services[name]
