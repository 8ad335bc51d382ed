"""Docker's JSON of where a build's result goes (parameter `outputs` of /build), and of what has become of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jupyter_containers.engine.build_outputs import Output
from jupyter_containers.engine.builds import Built
from jupyter_containers.errors import InvalidParameter


def outputs_from_wire(entries: Sequence[object]) -> tuple[Output, ...]:
    """Read `[{"Type": "tar", "Attrs": {…}}]`. Raises InvalidParameter, Unsupported.

    Where the bytes go is the client's to know (dest): it fetches them, see routes/build_results.py.
    """
    found = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise InvalidParameter(f"parameter outputs must be a list of objects, not {entry!r}")
        kind, attributes = entry.get("Type"), entry.get("Attrs") or {}
        if not isinstance(kind, str) or not kind or not isinstance(attributes, dict):
            raise InvalidParameter(f"an output needs a Type and may have Attrs, which is an object: {entry!r}")
        found.append(Output.parse(kind, {str(name): str(value) for name, value in attributes.items()}))
    return tuple(found)


def built_json(built: Built) -> dict[str, Any]:
    """Return what our client wants to know of an image beside its id."""
    image = built.image
    told: dict[str, Any] = {"Descriptor": image.descriptor.to_json(), "Names": [str(name) for name in built.names]}
    if built.result:
        told["Result"] = built.result
    return told
