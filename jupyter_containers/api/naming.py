"""What a request names: a container, an image, the size of a terminal."""

from __future__ import annotations

import json

from aiohttp import web

from jupyter_containers.api.routing import engine_of, integer, text
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials, from_header


def container_of(request: web.Request) -> Container:
    """Return the container that the path names, as the alias of a link where it is `name/alias`. Raises NotFound."""
    containers = engine_of(request).containers
    container = containers.find(request.match_info["name"])
    alias = request.match_info.get("alias")
    return containers.find_link(container, alias) if alias else container


def reference_of(name: str, tag: str) -> Reference:
    """Return the reference of a name and a tag or digest given apart from it. Raises InvalidParameter."""
    reference = Reference.parse(name)
    if not tag:
        return reference
    return reference.with_digest(Digest.parse(tag)) if ":" in tag else reference.with_tag(tag)


def credentials_of(request: web.Request) -> Credentials | None:
    """Return the credentials in X-Registry-Auth. What cannot be read counts as none: clients send any word for that.

    Source: moby, api/server/router/image/image_routes.go, "to increase compatibility".
    """
    try:
        return from_header(request.headers.get("X-Registry-Auth"))
    except InvalidParameter:
        return None


def platform_of(request: web.Request) -> Platform | None:
    """Return the platform of the query, as text or (since API 1.48) as JSON; None without. Raises InvalidParameter."""
    return parse_platform(text(request, "platform")) if text(request, "platform") else None


def parse_platform(value: str) -> Platform:
    """Read `linux/arm64`, or {"os": "linux", "architecture": "arm64"}. Raises InvalidParameter."""
    if not value.startswith("{"):
        return Platform.parse(value)
    try:
        return Platform.from_json(json.loads(value))
    except (ValueError, AttributeError, RecursionError):
        raise InvalidParameter(f"parameter platform is not a JSON object: {value!r:.200}") from None


def size_of(request: web.Request) -> tuple[int, int]:
    """Return height and width of the query, in characters. Raises InvalidParameter."""
    height, width = integer(request, "h"), integer(request, "w")
    if height is None or width is None:
        raise InvalidParameter("the size of a terminal needs both parameters, h and w")
    if not (0 <= height < 65536 and 0 <= width < 65536):
        raise InvalidParameter(f"invalid size of a terminal: {height} by {width}")
    return height, width
