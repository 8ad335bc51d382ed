"""Credentials to be kept, or forgotten: in the docker CLI's config.json, or by the helper that it names.

The file is what docker writes: tabs, mode 0600, whatever else is in it left as it was, replaced in one step. With a
helper it gets an empty entry, by which the CLI knows for which hosts it has credentials.

Sources: docker CLI, cli/config/credentials; docker-credential-helpers, README, "Development".
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_containers.client.contexts import configuration_folder
from jupyter_containers.client.credentials import (
    ask_helper,
    domain_of_key,
    find,
    helper_for,
    key_of,
    read_settings,
    section,
    without_variables,
)
from jupyter_containers.errors import InvalidParameter, Unavailable
from jupyter_containers.oci.reference import DEFAULT_DOMAIN, Reference

_TOKEN_USER = "<token>"


@dataclass(frozen=True, slots=True)
class Login:
    """Who somebody is at a registry. Its text form shows no secret, wherever it may be printed."""

    domain: str
    username: str
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def server(self) -> str:
        """The registry's name in files and on the wire."""
        return key_of(self.domain)


def domain_of(server: str) -> str:
    """Return the domain of a registry that somebody has named, Docker Hub's for "". Raises InvalidParameter."""
    domain = domain_of_key(server.strip()) if server.strip() else DEFAULT_DOMAIN
    try:
        Reference.parse(f"{domain}/x")
    except InvalidParameter:
        raise InvalidParameter(f"{server!r} is no registry; give its HOST or HOST:PORT") from None
    return domain


@without_variables
def keep(login: Login) -> str:
    """Keep a login that a registry has accepted, instead of an earlier one; return where it is now.

    Raises Unavailable when a helper fails, InvalidParameter when the file cannot be read or written.
    """
    settings = dict(read_settings())
    program = helper_for(login.domain, settings)
    entry: dict[str, str] = {} if program else _entry(login)
    if program:
        _give(program, login)
    settings["auths"] = _others(settings, login.domain) | {login.server: entry}
    path = _write(settings)
    return program or str(path)


@without_variables
def forget(domain: str) -> bool:
    """Forget the login for a domain, and return whether there was one. Raises as `keep`."""
    settings = dict(read_settings())
    entries, others = section(settings, "auths"), _others(settings, domain)
    was_kept = len(others) < len(entries)
    if (program := helper_for(domain, settings)) and find(domain, settings):
        was_kept = True
        _take(program, domain)
    if len(others) < len(entries):
        settings["auths"] = others
        _write(settings)
    return was_kept


def _entry(login: Login) -> dict[str, str]:
    text = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    return {"auth": text} | ({"identitytoken": login.identity_token} if login.identity_token else {})


def _others(settings: Mapping[str, Any], domain: str) -> dict[str, Any]:
    return {key: entry for key, entry in section(settings, "auths").items() if domain_of_key(key) != domain}


def _give(program: str, login: Login) -> None:
    name = _TOKEN_USER if login.identity_token else login.username
    secret = login.identity_token or login.password
    code, said = ask_helper(
        program, "store", json.dumps({"ServerURL": login.server, "Username": name, "Secret": secret})
    )
    if code:
        # What it says could repeat what it was given, as it was given or as it is meant.
        is_told = any(form in said for form in (secret, json.dumps(secret)[1:-1]))
        shown = "it does not say why" if is_told else said.strip()[:200]
        raise Unavailable(f"the credential helper {program} cannot keep the login: {shown}")


def _take(program: str, domain: str) -> None:
    code, said = ask_helper(program, "erase", key_of(domain))
    if code:
        raise Unavailable(f"the credential helper {program} cannot forget the login: {said.strip()[:200]}")


def _write(settings: Mapping[str, Any]) -> Path:
    # The file may be a link to where somebody keeps settings: it stays one.
    path = (configuration_folder() / "config.json").resolve()
    fresh = path.with_name(f".config.json.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        for folder in reversed(path.parents):
            # One by one: with `parents` only the last would have this mode.
            folder.mkdir(exist_ok=True, mode=0o700)
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "w") as file:
            json.dump(settings, file, indent="\t")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise InvalidParameter(f"cannot write {path}: {error.strerror}") from None
    return path
