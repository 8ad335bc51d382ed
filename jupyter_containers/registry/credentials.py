"""Credentials as they come with a request to the daemon: the headers X-Registry-Auth and X-Registry-Config.

They are values: nothing here keeps them, and their text form never shows a secret.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.reference import DEFAULT_DOMAIN, LEGACY_DOMAIN

# Docker Hub's key in configuration files; older than the v2 protocol, and still what clients send.
HUB_KEY = "https://index.docker.io/v1/"
MAX_HEADER_CHARACTERS = 64 * 1024
# Credential helpers answer this user name to say that the password is an identity token.
_TOKEN_USER = "<token>"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password, or an identity token (to be exchanged), or a registry token (to be sent as it is)."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    server_address: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self | None:
        """Return the credentials in Docker's AuthConfig object; None when it holds none."""
        texts = {key: _text(data, key) for key in ("username", "password", "identitytoken", "registrytoken")}
        if _text(data, "auth") and not texts["username"]:
            texts["username"], texts["password"] = _split_auth(_text(data, "auth"))
        if texts["username"] == _TOKEN_USER:
            texts |= {"username": "", "password": "", "identitytoken": texts["password"]}
        if not any(texts.values()):
            return None
        return cls(
            texts["username"],
            texts["password"],
            texts["identitytoken"],
            texts["registrytoken"],
            _text(data, "serveraddress"),
        )

    def basic(self) -> str:
        """Return the value of an Authorization header. Raises InvalidParameter for what HTTP cannot carry."""
        if ":" in self.username:
            raise InvalidParameter(
                f"user name {self.username!r} contains a colon, which Basic authentication cannot send"
            )
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def from_header(text: str | None) -> Credentials | None:
    """Return the credentials in X-Registry-Auth (base64url of JSON, padded or not); None for none.

    Raises InvalidParameter for what cannot be read. Source: Engine API, section Authentication.
    """
    data = _decode(text, "X-Registry-Auth")
    return Credentials.from_json(data) if data else None


def from_config_header(text: str | None) -> dict[str, Credentials]:
    """Return the credentials in X-Registry-Config by domain as references spell it. Raises InvalidParameter."""
    data = _decode(text, "X-Registry-Config") or {}
    found = {}
    for key, entry in data.items():
        credentials = Credentials.from_json(entry) if isinstance(entry, Mapping) else None
        if credentials is not None:
            found[domain_of(key)] = credentials
    return found


def domain_of(key: str) -> str:
    """Return the domain that a key of a configuration file is about: `https://index.docker.io/v1/` is docker.io."""
    host = key.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return DEFAULT_DOMAIN if host in (LEGACY_DOMAIN, "registry-1.docker.io") else host


def _decode(text: str | None, name: str) -> Mapping[str, Any] | None:
    if not text or text == "null":
        return None
    if len(text) > MAX_HEADER_CHARACTERS:
        raise InvalidParameter(f"{name} is longer than {MAX_HEADER_CHARACTERS} characters")
    try:
        # Both alphabets are in use; padding is optional.
        raw = text.strip().replace("+", "-").replace("/", "_").rstrip("=")
        data = json.loads(base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"{name} is not base64url of JSON: {type(error).__name__}") from None
    if data is not None and not isinstance(data, Mapping):
        raise InvalidParameter(f"{name} must hold a JSON object, not {type(data).__name__}")
    return data


def _split_auth(text: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidParameter("field auth of the credentials is not base64 of name:password") from None
    if not colon:
        raise InvalidParameter("field auth of the credentials holds no name:password")
    return name, password.strip("\0")


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidParameter(f"field {key} of the credentials must be text, not {type(value).__name__}")
    return value
