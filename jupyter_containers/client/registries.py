"""Registries, as the daemon sees them: does one accept a name and a password?"""

from __future__ import annotations

from dataclasses import replace

from jupyter_containers.client.credential_store import Login
from jupyter_containers.client.transport import Transport


class Registries:
    """What a daemon asks registries. Raises what Transport does."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def log_in(self, login: Login) -> Login:
        """Have the daemon show a login to its registry; return what to keep: perhaps a token instead of the password.

        Raises Unauthorized when it is not accepted, Unavailable when the registry does not answer. Nothing is kept.
        """
        try:
            token = self._show(login)
        except BaseException as error:  # noqa: BLE001 - an interrupt would show them as well
            # The calls below have the password among their variables, which detailed tracebacks print.
            error.__context__ = None
            raise error.with_traceback(None) from None
        return replace(login, password="", identity_token=token) if token else login

    def _show(self, login: Login) -> str:
        body = {"username": login.username, "password": login.password, "serveraddress": login.server}
        return str(self._transport.request("POST", "/auth", json=body).json().get("IdentityToken") or "")
