"""`docker login`: are these credentials good, and is there an identity token to keep instead of the password?

Source: distribution, spec/auth/token.md, "offline_token"; moby, registry/auth.go.
"""

from __future__ import annotations

from dataclasses import replace

from jupyter_containers.errors import ContainersError, Unauthorized
from jupyter_containers.registry.authentication import Authenticator
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.endpoints import Endpoint
from jupyter_containers.registry.failures import Answer, LoginRequired, RegistryUnreachable, for_answer, phrase_of
from jupyter_containers.registry.repository import MAX_ERROR_BYTES
from jupyter_containers.registry.transport import Request, Transport


class LoginFailed(Unauthorized):
    """The registry does not accept the credentials."""


async def log_in(transport: Transport, domain: str, credentials: Credentials) -> str:
    """Show the credentials to a registry, and return the identity token it gives for them, "" for none.

    Raises LoginFailed, RegistryUnreachable. Nothing is kept.
    """
    failure: ContainersError | None = None
    for endpoint in transport.rules.endpoints(domain):
        request = Request("GET", f"{endpoint.url}/v2/", verify_tls=endpoint.verify_tls)
        try:
            answer = await transport.read(request, limit=MAX_ERROR_BYTES, attempts=1)
        except RegistryUnreachable as error:
            failure = failure or error
            continue
        if answer.status == 401:
            return await _show(transport, endpoint, credentials, answer)
        if answer.is_ok:
            return ""  # open to everybody
        failure = failure or for_answer(answer)
    raise failure or RegistryUnreachable(f"no way to reach {domain}")


async def _show(transport: Transport, endpoint: Endpoint, credentials: Credentials, challenge: Answer) -> str:
    authenticator = Authenticator(transport, endpoint, scope="", credentials=credentials, offline=True)
    request = Request("GET", challenge.url, verify_tls=endpoint.verify_tls)
    try:
        if not await authenticator.answer(None, challenge):
            raise LoginFailed(f"{challenge.url} offers no way to log in that is known here")
        request = replace(request, authorization=await authenticator.header())
    except LoginRequired as error:
        raise LoginFailed(f'Get "{challenge.url}": {error.message}') from error
    answer = await transport.read(request, limit=MAX_ERROR_BYTES)
    if not answer.is_ok:
        raise _failed(answer)
    return authenticator.identity_token


def _failed(answer: Answer) -> ContainersError:
    phrase = phrase_of(answer.status)
    message = f"login attempt to {answer.url} failed with status: {answer.status} {phrase}".rstrip()
    return LoginFailed(message) if answer.status == 401 else ContainersError(message)
