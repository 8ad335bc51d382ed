"""Docker's JSON of where a build's result goes (parameter `outputs` of /build), and of what has become of it.

Parameters of ours in the same form: `cacheimports` and `cacheexports`, see engine/build_caches.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from jupyter_containers.engine.build_caches import CacheFrom, CacheTo
from jupyter_containers.engine.build_outputs import Output
from jupyter_containers.engine.builds import Built
from jupyter_containers.errors import InvalidParameter


def outputs_from_wire(entries: Sequence[object]) -> tuple[Output, ...]:
    """Read `[{"Type": "tar", "Attrs": {…}}]`. Raises InvalidParameter, Unsupported.

    Where the bytes go is the client's to know (dest): it fetches them, see routes/build_results.py.
    """
    return tuple(Output.parse(*entry) for entry in _entries(entries, "outputs"))


def cache_sources(entries: Sequence[object]) -> tuple[CacheFrom, ...]:
    """Read where caches come from. Raises InvalidParameter, Unsupported."""
    return tuple(CacheFrom.parse(*entry) for entry in _entries(entries, "cacheimports"))


def cache_targets(entries: Sequence[object]) -> tuple[CacheTo, ...]:
    """Read where the cache goes. Raises InvalidParameter, Unsupported."""
    found = tuple(CacheTo.parse(*entry) for entry in _entries(entries, "cacheexports"))
    if sum(target.kind == "local" for target in found) > 1:
        raise InvalidParameter("only one cache-to can be of type local; copy the folder")
    return found


def _entries(entries: Sequence[object], parameter: str) -> Iterator[tuple[str, dict[str, str]]]:
    for entry in entries:
        if not isinstance(entry, dict):
            raise InvalidParameter(f"parameter {parameter} must be a list of objects, not {entry!r}")
        kind, attributes = entry.get("Type"), entry.get("Attrs") or {}
        if not isinstance(kind, str) or not kind or not isinstance(attributes, dict):
            raise InvalidParameter(f"{parameter} need a Type and may have Attrs, which is an object: {entry!r}")
        yield kind, {str(name): str(value) for name, value in attributes.items()}


def built_json(built: Built) -> dict[str, Any]:
    """Return what our client wants to know of an image beside its id."""
    told: dict[str, Any] = {"Descriptor": built.descriptor.to_json(), "Names": [str(name) for name in built.names]}
    if built.result:
        told["Result"] = built.result
    return told
