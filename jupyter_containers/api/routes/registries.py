"""/auth and /distribution: what a registry says, without anything being fetched."""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api.naming import credentials_of
from jupyter_containers.api.routing import Route, engine_of, json_answer, json_body
from jupyter_containers.oci.reference import DEFAULT_DOMAIN, Reference
from jupyter_containers.registry import Credentials, domain_of


async def log_in(request: web.Request) -> web.Response:
    """Tell whether a registry accepts credentials; without an address it is Docker Hub."""
    body = await json_body(request)
    credentials = Credentials.from_json(body)
    if credentials is None:
        credentials = Credentials()
    domain = domain_of(str(body.get("serveraddress") or "")) or DEFAULT_DOMAIN
    token = await engine_of(request).transfers.log_in(domain, credentials)
    return json_answer({"IdentityToken": token, "Status": "Login Succeeded"})


async def inspect(request: web.Request) -> web.Response:
    reference = Reference.parse(request.match_info["name"])
    credentials = credentials_of(request)
    found = await engine_of(request).transfers.describe(reference, credentials=credentials)
    platforms = [platform.to_json() for platform in found.platforms]
    return json_answer({"Descriptor": found.descriptor.to_json(), "Platforms": platforms})


ROUTES = (
    Route("POST", "/auth", log_in, cancels=True),
    Route("GET", "/distribution/{name:.+}/json", inspect),
)
