"""What a request names: a container, an image, the size of a terminal."""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api.routing import engine_of, integer
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import Reference


def container_of(request: web.Request) -> Container:
    """Return the container that the path names. Raises NotFound."""
    return engine_of(request).containers.find(request.match_info["name"])


def reference_of(name: str, tag: str) -> Reference:
    """Return the reference of a name and a tag or digest given apart from it. Raises InvalidParameter."""
    reference = Reference.parse(name)
    if not tag:
        return reference
    return reference.with_digest(Digest.parse(tag)) if ":" in tag else reference.with_tag(tag)


def size_of(request: web.Request) -> tuple[int, int]:
    """Return height and width of the query, in characters. Raises InvalidParameter."""
    size = integer(request, "h", 0) or 0, integer(request, "w", 0) or 0
    if not all(0 <= value < 65536 for value in size):
        raise InvalidParameter(f"invalid size of a terminal: {size[0]} by {size[1]}")
    return size
