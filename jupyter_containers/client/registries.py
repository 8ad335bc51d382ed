"""Registries, as the daemon sees them: does one accept a login? And the one that a daemon of ours is itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jupyter_containers.client.credential_store import Login
from jupyter_containers.client.credentials import without_variables
from jupyter_containers.errors import Unsupported

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


@dataclass(frozen=True, slots=True)
class Shared:
    """A registry inside the daemon: its address, and patterns of the images of the daemon that it offers."""

    url: str
    images: tuple[str, ...]


class Registries:
    """What a daemon asks registries. Raises what Transport does."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def log_in(self, login: Login) -> Login:
        """Have the daemon show a login to its registry; return what to keep: perhaps a token instead of the password.

        Raises Unauthorized when it is not accepted, Unavailable when the registry does not answer. Nothing is kept.
        """
        token = self._show(login)
        return replace(login, password="", identity_token=token) if token else login

    @without_variables
    def _show(self, login: Login) -> str:
        body = {"username": login.username, "password": login.password, "serveraddress": login.server}
        return str(self._transport.request("POST", "/auth", json=body).json().get("IdentityToken") or "")

    def share(
        self,
        images: Sequence[str] = (),
        *,
        listen: str = "",
        htpasswd: str = "",
        tls_certificate: str = "",
        tls_key: str = "",
    ) -> Shared:
        """Let the daemon serve its images to others, until `end_sharing`; files are paths on its machine.

        Raises Conflict when it serves already, Unavailable when it cannot listen there, InvalidParameter.
        """
        body = {
            "images": list(images), "listen": listen, "htpasswd": htpasswd, "tlsCertificate": tls_certificate,
            "tlsKey": tls_key,
        }  # fmt: skip
        return self._shared("POST", {name: value for name, value in body.items() if value})

    def shared(self) -> Shared:
        """Return how the daemon serves. Raises NotFound when it does not."""
        return self._shared("GET")

    def end_sharing(self) -> Shared:
        """Stop serving, and return how it was. Raises NotFound when it did not serve."""
        return self._shared("DELETE")

    def _shared(self, method: str, body: Any = None) -> Shared:
        if not self._transport.is_own_daemon:
            raise Unsupported(
                f"the daemon at {self._transport.address} is not ours, and Docker's API has no registry: use "
                "`registry serve` without --images, which keeps what is pushed in a folder"
            )
        answer = self._transport.request(method, "/registry", json=body).json()
        return Shared(str(answer["url"]), tuple(answer["images"]))
