"""/auth, /distribution and /images/search: what a registry says, without anything being fetched."""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.naming import credentials_of
from jupyter_containers.api.routing import Route, engine_of, integer, json_answer, json_body, text
from jupyter_containers.api.wire.images import found_json
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.reference import DEFAULT_DOMAIN, Reference
from jupyter_containers.registry import Credentials, domain_of

_SEARCH_FILTERS = {"is-automated", "is-official", "stars"}


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


async def search(request: web.Request) -> web.Response:
    """Tell what a registry's index has for a term. Limit 0 is none, as the docker CLI sends it."""
    term = text(request, "term")
    if not term:
        raise InvalidParameter("what to search for? parameter term is empty")
    wanted = filters.parse(request, _SEARCH_FILTERS)
    official, automated = filters.boolean(wanted, "is-official"), filters.boolean(wanted, "is-automated")
    stars = max(map(_stars, wanted.get("stars", ())), default=0)
    found = await engine_of(request).transfers.search(
        term, limit=integer(request, "limit") or None, credentials=credentials_of(request)
    )
    return json_answer(
        [
            found_json(entry)
            for entry in found
            # Nothing is automated any more, so says the API.
            if official in (None, entry.is_official) and not automated and entry.stars >= stars
        ]
    )


def _stars(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidParameter(f"invalid filter 'stars={text}': a number is expected")
    return int(text)


ROUTES = (
    Route("GET", "/images/search", search, cancels=True),
    Route("POST", "/auth", log_in, cancels=True),
    Route("GET", "/distribution/{name:.+}/json", inspect),
)
