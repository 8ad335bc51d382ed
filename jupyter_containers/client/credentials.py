"""Credentials for registries as the docker CLI keeps them: in its config.json, or behind credential helpers.

They are read for each request, sent to the daemon in a header, and kept nowhere else. credential_store.py writes them.

    auths        {"host": {"auth": base64 of "name:password"} or {"identitytoken": …}}
    credHelpers  {"host": "x"}    ask the program docker-credential-x
    credsStore   "x"              the same, for every host

A file that REGISTRY_AUTH_FILE names, as podman and skopeo write it, is asked before: its keys may be of a namespace.

Sources: docker CLI, cli/config/configfile; docker-credential-helpers, README, "Development"; containers-auth.json(5).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from jupyter_containers.client.contexts import configuration_folder
from jupyter_containers.errors import InvalidParameter, Unavailable
from jupyter_containers.oci.reference import DEFAULT_DOMAIN, LEGACY_DOMAIN, Reference

# How Docker Hub is called in these files.
HUB_KEY = "https://index.docker.io/v1/"
HELPER_SECONDS = 30
# The user name that says: the secret is an identity token.
_TOKEN_USER = "<token>"
_NOT_FOUND = "credentials not found"

P = ParamSpec("P")
T = TypeVar("T")


def without_variables(function: Callable[P, T]) -> Callable[P, T]:
    """Let what the function raises begin here: detailed tracebacks print the variables of calls, passwords too."""

    @wraps(function)
    def called(*words: P.args, **named: P.kwargs) -> T:
        try:
            return function(*words, **named)
        except BaseException as error:  # noqa: BLE001 - an interrupt would show them as well
            error.__context__ = None
            raise error.with_traceback(None) from None

    return called


@without_variables
def header_for(name: str) -> dict[str, str]:
    """Return the header that a request about an image (or a repository) has to carry; none without credentials.

    Raises InvalidParameter for a spoilt file, Unavailable when a helper fails.
    """
    reference = Reference.parse(name)
    found = _find_by_namespace(reference) or find(reference.domain)
    return {"X-Registry-Auth": _encoded(found)} if found else {}


@without_variables
def header_for_builds() -> dict[str, str]:
    """Return the header of a build: all that the file names, by host."""
    found: dict[str, dict[str, str]] = {}
    for settings in (read_settings(), _other_settings()):
        hosts = {*section(settings, "auths"), *section(settings, "credHelpers")}
        # A build has one login for each host: those of single namespaces have no place in it.
        whole = sorted(host for host in hosts if "/" not in host or host == key_of(domain_of_key(host)))
        found |= {host: entry for host in whole if (entry := find(domain_of_key(host), settings))}
    return {"X-Registry-Config": _encoded(found)} if found else {}


@without_variables
def find(domain: str, settings: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the fields of Docker's AuthConfig for a registry's domain; empty for none."""
    settings = read_settings() if settings is None else settings
    key = key_of(domain)
    if program := helper_for(domain, settings):
        return _from_helper(program, key)
    entries = section(settings, "auths")
    for host in (key, *entries):
        entry = entries.get(host)
        if domain_of_key(host) == domain and isinstance(entry, Mapping):
            return _from_entry(host, entry)
    return {}


def _find_by_namespace(reference: Reference) -> dict[str, str]:
    """Return what the file of REGISTRY_AUTH_FILE has for a repository: for it, for a namespace of it, for its host."""
    settings = _other_settings()
    parts = [reference.domain, *reference.path.split("/")]
    for count in range(len(parts), 1, -1):
        key = "/".join(parts[:count])
        entry = section(settings, "auths").get(key)
        if isinstance(entry, Mapping) and (found := _from_entry(key, entry)):
            return found | {"serveraddress": key_of(reference.domain)}
    entry = section(settings, "auths").get(reference.domain)
    helper = section(settings, "credHelpers").get(reference.domain)
    if helper:
        return _from_helper(f"docker-credential-{helper}", reference.domain)
    return _from_entry(key_of(reference.domain), entry) if isinstance(entry, Mapping) else {}


def key_of(domain: str) -> str:
    """Return what a registry's domain is called in the file and by helpers."""
    return HUB_KEY if domain == DEFAULT_DOMAIN else domain


def helper_for(domain: str, settings: Mapping[str, Any]) -> str:
    """Return the program that keeps the credentials for a domain, "" when the file itself does."""
    name = section(settings, "credHelpers").get(key_of(domain)) or settings.get("credsStore")
    return f"docker-credential-{name}" if name else ""


def ask_helper(program: str, verb: str, text: str) -> tuple[int, str]:
    """Run a credential helper with `text` as its input; return its exit code and what it says. Raises Unavailable."""
    try:
        done = subprocess.run(
            [program, verb], input=text.encode(), capture_output=True, timeout=HELPER_SECONDS, check=False
        )
    except FileNotFoundError:
        raise Unavailable(f"config.json names the credential helper {program}, which is not installed") from None
    except OSError as error:
        raise Unavailable(f"the credential helper {program} cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"the credential helper {program} has not answered in {HELPER_SECONDS} s") from None
    return done.returncode, done.stdout.decode(errors="replace")


def _from_entry(host: str, entry: Mapping[str, Any]) -> dict[str, str]:
    if entry.get("identitytoken"):
        return {"identitytoken": str(entry["identitytoken"]), "serveraddress": host}
    if not entry.get("auth"):
        return {}
    try:
        name, colon, password = base64.b64decode(str(entry["auth"]), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise InvalidParameter(f"the credentials for {host} in config.json are spoilt: log in again")
    return {"username": name, "password": password.strip("\0"), "serveraddress": host}


def _from_helper(program: str, key: str) -> dict[str, str]:
    code, text = ask_helper(program, "get", key)
    if code:
        if _NOT_FOUND in text.lower():
            return {}
        raise Unavailable(f"the credential helper {program} failed: {text.strip()[:200]}")
    try:
        answer = json.loads(text)
        name, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError):
        raise Unavailable(f"the credential helper {program} answered with something else than credentials") from None
    if name == _TOKEN_USER:
        return {"identitytoken": secret, "serveraddress": key}
    return {"username": name, "password": secret, "serveraddress": key}


def read_settings() -> Mapping[str, Any]:
    return _read(configuration_folder() / "config.json")


def _other_settings() -> Mapping[str, Any]:
    path = os.environ.get("REGISTRY_AUTH_FILE")
    return _read(Path(path)) if path else {}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        settings = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidParameter(f"cannot read {path}: {error}") from error
    if not isinstance(settings, dict):
        raise InvalidParameter(f"{path} must hold a JSON object")
    return settings


def section(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a part of the file that is an object, an empty one if it is not there."""
    value = settings.get(key)
    return value if isinstance(value, Mapping) else {}


def domain_of_key(key: str) -> str:
    """Return the domain that a key of the file, or an address that somebody wrote, is about."""
    host = key.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return DEFAULT_DOMAIN if host in (LEGACY_DOMAIN, "registry-1.docker.io") else host


class _Unshown(str):
    """A text that detailed tracebacks, which print the representation of variables, do not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'(not shown)'"


def _encoded(value: Mapping[str, Any]) -> str:
    return _Unshown(base64.urlsafe_b64encode(json.dumps(value).encode()).decode())
