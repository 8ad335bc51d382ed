"""Search: what a registry's index says to a few words. Only registries with an index of the first protocol have one.

Source: the index API of the first registry, GET /v1/search; moby, registry/search.go.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported
from jupyter_containers.oci.reference import DEFAULT_DOMAIN, OFFICIAL, domain_and_rest
from jupyter_containers.registry.authentication import Authenticator
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.endpoints import Endpoint
from jupyter_containers.registry.failures import Answer, RegistryRefused, RegistryUnreachable, for_answer
from jupyter_containers.registry.transport import Request, Transport

DEFAULT_LIMIT, MAX_LIMIT = 25, 100
MAX_ANSWER_BYTES = 4 * 1024 * 1024
_SCOPE = "registry:catalog:search"


@dataclass(frozen=True, slots=True)
class Found:
    """A repository, as the index tells of it: what it says is no more than a claim."""

    name: str
    description: str = ""
    stars: int = 0
    is_official: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Found:
        stars = data.get("star_count")
        return cls(
            name=str(data.get("name") or ""),
            description=str(data.get("description") or ""),
            stars=stars if isinstance(stars, int) and not isinstance(stars, bool) else 0,
            is_official=data.get("is_official") is True,
        )


async def search(
    transport: Transport, term: str, *, limit: int | None = None, credentials: Credentials | None = None
) -> list[Found]:
    """Return at most `limit` repositories (25 by default) that an index knows for `host/words`, in its order.

    Words without a host are for Docker Hub, of which only configured mirrors are asked. Raises InvalidParameter,
    Unsupported where nobody can be asked or a registry has no index, RegistryUnreachable, LoginRequired.
    """
    count = DEFAULT_LIMIT if limit is None else limit
    if not 1 <= count <= MAX_LIMIT:
        raise InvalidParameter(f"limit {count} is outside the range of [1, {MAX_LIMIT}]")
    domain, rest = domain_and_rest(term)
    words = rest.removeprefix(OFFICIAL)
    rules = transport.rules
    is_hub = domain == DEFAULT_DOMAIN
    endpoints = rules.mirrors_of(domain) if is_hub else rules.endpoints(domain)
    if not endpoints:
        raise Unsupported(
            f"cannot search for {term!r}: registries have no common way to do it; name one that has /v1/search, as in "
            f"localhost:5000/{words}, or give the daemon a --registry-mirror that has it"
        )
    query = urllib.parse.urlencode({"q": words, "n": count})
    failure: ContainersError | None = None
    for endpoint in endpoints:
        try:
            # A mirror is not told who asks: see Registry.pull.
            answer = await _ask(transport, endpoint, query, None if is_hub else credentials)
            return _results(answer)[:count]
        except (RegistryUnreachable, Unsupported) as error:
            failure = failure or error
    assert failure is not None
    raise failure


async def _ask(transport: Transport, endpoint: Endpoint, query: str, credentials: Credentials | None) -> Answer:
    authenticator = Authenticator(transport, endpoint, scope=_SCOPE, credentials=credentials)
    url = f"{endpoint.url}/v1/search?{query}"
    for is_last in (False, True):
        authorization = await authenticator.header()
        request = Request("GET", url, authorization=authorization, verify_tls=endpoint.verify_tls)
        # One attempt, as when a registry is greeted: a host that is not there should be reported now.
        answer = await transport.read(request, limit=MAX_ANSWER_BYTES, attempts=1)
        if answer.status != 401 or is_last or not await authenticator.answer(authorization, answer):
            break
    if answer.status in (404, 405):
        raise Unsupported(f"cannot search: registry {endpoint.url} has no /v1/search (it answered {answer.status})")
    if not answer.is_ok:
        raise for_answer(answer)
    return answer


def _results(answer: Answer) -> list[Found]:
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        data = None
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(results, list):
        raise RegistryRefused(f"{answer.url} did not answer with a list of results")
    return [Found.from_json(entry) for entry in results if isinstance(entry, dict)]
