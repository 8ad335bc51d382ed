"""/images/bootstrap, which Docker has not: an image made from a mirror of packages, told of like a pull."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from jupyter_containers.api.json_lines import JsonLines, Outbox
from jupyter_containers.api.naming import platform_of
from jupyter_containers.api.routing import Route, engine_of, text
from jupyter_containers.api.wire.progress import progress_json
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Progress

if TYPE_CHECKING:
    from jupyter_containers.engine.bootstraps import BootstrapRequest

_PARAMETERS = frozenset({"image", "t", "mirror", "keyring", "variant", "include", "platform"})


async def bootstrap(request: web.Request) -> web.StreamResponse:
    if unknown := request.query.keys() - _PARAMETERS:
        raise InvalidParameter(f"unknown parameter {', '.join(sorted(unknown))}")
    wanted = _wanted(request)
    async with JsonLines(request) as lines, Outbox(lines) as outbox:

        def tell(step: Progress) -> None:
            outbox.put(progress_json(step))

        image = await engine_of(request).bootstraps().bootstrap(wanted, tell)
        name = (wanted.name or Reference.parse(wanted.image)).with_default_tag()
        outbox.put({"status": f"Digest: {image.descriptor.digest}"})
        outbox.put({"progressDetail": {}, "aux": {"ID": str(image.config_digest)}})
        outbox.put({"status": f"Status: Made {name.familiar}"})
    return lines.response


def _wanted(request: web.Request) -> BootstrapRequest:
    # Here, and not at the top: as in the composition, only who asks for a bootstrap loads its modules.
    from jupyter_containers.bootstrap.resolver import Variant
    from jupyter_containers.engine.bootstraps import BootstrapRequest

    name = text(request, "t")
    if not text(request, "image"):
        raise InvalidParameter("which image? parameter image is empty; it may be debian:bookworm")
    return BootstrapRequest(
        image=text(request, "image"),
        name=Reference.parse(name) if name else None,
        mirror=text(request, "mirror"),
        keyring=text(request, "keyring"),
        variant=Variant.named(text(request, "variant", Variant.MINBASE.value)),
        include=tuple(word for value in request.query.getall("include", []) for word in value.split(",") if word),
        platform=platform_of(request),
    )


ROUTES = (Route("POST", "/images/bootstrap", bootstrap, cancels=True),)
