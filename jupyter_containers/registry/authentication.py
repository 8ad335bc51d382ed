"""Logging in to one repository: read the challenge of a 401, then send nothing, Basic, or a Bearer token.

Source: RFC 9110, section 11; distribution, spec/auth/token.md and spec/auth/oauth.md.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.endpoints import Endpoint
from jupyter_containers.registry.failures import Answer, LoginRequired, RegistryRefused, for_answer
from jupyter_containers.registry.transport import Request, Transport

CLIENT_ID = "jupyter-containers"
MAX_TOKEN_ANSWER_BYTES = 1024 * 1024
# What a token lives when its server does not say. Source: distribution, spec/auth/token.md, expires_in.
DEFAULT_LIFETIME_SECONDS = 60
# Renewed so long before its end, for a request that is on its way when it ends.
_MARGIN_SECONDS = 5

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_SCHEME = re.compile(rf"[\s,]*({_TOKEN})(?:\s+|\s*(?=,|$))(?!\s*=)")
_PARAMETER = re.compile(rf'[\s,]*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))')
# A token goes into a header: nothing that could end the line or begin another header.
_SENDABLE_TOKEN = re.compile(r"[\x21-\x7e]+")
# What a token service answers that is not asked by GET.
_NO_SUCH_WAY = frozenset({404, 405})


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in that a registry offers; scheme and parameter names in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)


def parse_challenges(header: str) -> list[Challenge]:
    """Return the challenges in the value of WWW-Authenticate; several headers are joined by commas before."""
    challenges: list[Challenge] = []
    position = 0
    while match := _SCHEME.match(header, position):
        position, parameters = match.end(), {}
        while found := _PARAMETER.match(header, position):
            quoted = found[2]
            parameters[found[1].lower()] = found[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            position = found.end()
        challenges.append(Challenge(match[1].lower(), parameters))
    return challenges


@dataclass(frozen=True, slots=True)
class _Held:
    """An Authorization header, and when to replace it (on the clock given; None: never)."""

    value: str
    renew_at: float | None = None


class Authenticator:
    """The Authorization header for one repository at one endpoint, obtained when it is asked for and then kept.

    `scope` is `repository:<path>:pull`, or "" to log in only. `clock` answers seconds and only grows. `offline`: ask
    for an identity token as well, which is in `identity_token` then.
    """

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        *,
        scope: str,
        credentials: Credentials | None,
        clock: Callable[[], float] = time.monotonic,
        offline: bool = False,
    ) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._scope = scope
        self._credentials = credentials
        self._clock = clock
        self._offline = offline
        self.identity_token = ""
        self._challenge: Challenge | None = None
        self._held: _Held | None = None
        self._lock = asyncio.Lock()

    async def header(self) -> str | None:
        """Return the header to send now, None for none; a token near its end is renewed first."""
        async with self._lock:
            held = self._held
            if held is not None and held.renew_at is not None and self._clock() >= held.renew_at:
                self._held = await self._obtain()
            return self._held.value if self._held else None

    async def answer(self, refused: str | None, answer: Answer) -> bool:
        """A request with the header `refused` got a 401: log in. Return whether it should be sent once more.

        Raises LoginRequired when there is nothing to log in with, or what is there was refused.
        """
        async with self._lock:
            if self._held is not None and self._held.value != refused:
                return True  # another request has logged in meanwhile
            chosen = self._choose(parse_challenges(answer.headers.get("www-authenticate", "")))
            if chosen is None:
                return False
            self._challenge = chosen
            held = await self._obtain()
            is_new = held.value != refused
            self._held = held
            return is_new

    def _choose(self, challenges: list[Challenge]) -> Challenge | None:
        """Prefer Bearer: a registry that offers both keeps Basic for old clients."""
        known = {challenge.scheme: challenge for challenge in reversed(challenges)}
        return known.get("bearer") or known.get("basic")

    async def _obtain(self) -> _Held:
        challenge = self._challenge
        if self._credentials and self._credentials.registry_token:
            return _Held(f"Bearer {_sendable(self._credentials.registry_token)}")
        if challenge is not None and challenge.scheme == "bearer":
            return await self._fetch_token(challenge)
        if self._credentials is None or not self._credentials.username:
            raise LoginRequired("no basic auth credentials")
        return _Held(self._credentials.basic())

    async def _fetch_token(self, challenge: Challenge) -> _Held:
        request = self._token_request(challenge)
        answer = await self._transport.read(request, limit=MAX_TOKEN_ANSWER_BYTES)
        if answer.status in _NO_SUCH_WAY and request.authorization is not None:
            # A service that knows the OAuth2 way only.
            request = self._password_request(challenge)
            answer = await self._transport.read(request, limit=MAX_TOKEN_ANSWER_BYTES)
        if not answer.is_ok:
            raise for_answer(answer)
        asked_at = self._clock()
        data = _object(answer)
        token = data.get("token") or data.get("access_token")
        if not isinstance(token, str):
            raise RegistryRefused(f"authorization server {_host(request.url)} did not include a token in its answer")
        if self._offline and isinstance(data.get("refresh_token"), str):
            self.identity_token = data["refresh_token"]
        lifetime = data.get("expires_in")
        seconds = lifetime if isinstance(lifetime, int | float) and lifetime > 0 else DEFAULT_LIFETIME_SECONDS
        return _Held(f"Bearer {_sendable(token)}", asked_at + max(seconds - _MARGIN_SECONDS, seconds / 2))

    def _token_request(self, challenge: Challenge) -> Request:
        realm = challenge.parameters.get("realm", "")
        endpoint = self._transport.rules.allow(realm, source=self._endpoint.url)
        fields = [("service", challenge.parameters.get("service", ""))]
        fields += [("scope", scope) for scope in self._scopes(challenge)]
        credentials = self._credentials
        if credentials and credentials.identity_token:
            # An identity token can only be exchanged by the OAuth2 way; GET knows no place for it.
            grant = {"grant_type": "refresh_token", "refresh_token": credentials.identity_token}
            return self._oauth_request(challenge, grant)
        authorization = None
        if credentials and credentials.username:
            fields.append(("account", credentials.username))
            authorization = credentials.basic()
        if self._offline:
            fields += [("client_id", CLIENT_ID), ("offline_token", "true")]
        query = urllib.parse.urlencode([(key, value) for key, value in fields if value])
        url = f"{realm}{'&' if '?' in realm else '?'}{query}"
        return Request("GET", url, authorization=authorization, verify_tls=endpoint.verify_tls)

    def _password_request(self, challenge: Challenge) -> Request:
        assert self._credentials is not None, "only a request with a password is made anew in the OAuth2 way"
        username, password = self._credentials.username, self._credentials.password
        grant = {"grant_type": "password", "username": username, "password": password}
        return self._oauth_request(challenge, grant | ({"access_type": "offline"} if self._offline else {}))

    def _oauth_request(self, challenge: Challenge, grant: Mapping[str, str]) -> Request:
        """Return the POST of a grant. Source: distribution, "Docker Registry v2 authentication using OAuth2"."""
        realm = challenge.parameters.get("realm", "")
        endpoint = self._transport.rules.allow(realm, source=self._endpoint.url)
        form = {"service": challenge.parameters.get("service", ""), "scope": " ".join(self._scopes(challenge))}
        return Request("POST", realm, form=form | {"client_id": CLIENT_ID, **grant}, verify_tls=endpoint.verify_tls)

    def _scopes(self, challenge: Challenge) -> list[str]:
        """Return our scope and what the registry asked for besides."""
        asked = challenge.parameters.get("scope", "").split()
        own = [self._scope] if self._scope else []
        return [*own, *(scope for scope in asked if scope != self._scope)]


def _object(answer: Answer) -> dict[str, Any]:
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise RegistryRefused(f"authorization server {_host(answer.url)} did not answer with a JSON object")
    return data


def _sendable(token: str) -> str:
    if not _SENDABLE_TOKEN.fullmatch(token):
        raise RegistryRefused("the token of the authorization server has characters that a header cannot carry")
    return token


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc.rpartition("@")[2]
