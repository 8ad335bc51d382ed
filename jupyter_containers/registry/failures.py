"""What registries refuse, in dockerd's words; from HTTP answers and network failures to our kinds.

A registry that wants a login is answered with 500 as by dockerd, although 401 would say more: the docker CLI takes a
401 of the daemon as a question for a password, and in scripts hides the message behind that.
"""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from jupyter_containers.errors import ContainersError, NotFound, Unauthorized, Unavailable
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.retries import TRANSIENT_STATUSES

# Of what a registry says so many characters are passed on.
_MAX_SHOWN = 1000
_PASSWORD = re.compile(r"(?<=://)([^/?#\s:@]*):[^/?#\s]*@")


class RegistryUnreachable(Unavailable):
    """No answer, a broken one, or one that says "later"; `is_transient` if trying again may help."""

    def __init__(self, message: str, *, is_transient: bool = True, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.is_transient = is_transient
        self.retry_after_seconds = retry_after_seconds


class RegistryRefused(ContainersError):
    """An answer that we cannot use."""


class LoginRequired(Unauthorized):
    def __init__(self, message: str) -> None:
        super().__init__(message, status=500)


class ManifestNotFound(NotFound):
    def __init__(self, reference: Reference, cause: str) -> None:
        super().__init__(f"manifest for {reference.familiar} not found: {cause}")
        self.cause = cause


class RepositoryNotFound(NotFound):
    def __init__(self, reference: Reference, cause: str) -> None:
        super().__init__(f"repository {reference.familiar_repository} not found: {cause}")
        self.cause = cause


class PullDenied(NotFound):
    """404 as dockerd: a registry does not say whether a private repository exists."""

    def __init__(self, reference: Reference, cause: str) -> None:
        super().__init__(
            f"pull access denied for {reference.familiar_repository}, repository does not exist or may require "
            f"'docker login': {cause}"
        )


class RemoteBlobNotFound(NotFound):
    def __init__(self, digest: Digest) -> None:
        super().__init__(f"unknown blob: the registry has no {digest}")
        self.digest = digest


class LayerVerificationFailed(ContainersError):
    def __init__(self, digest: Digest) -> None:
        super().__init__(f"filesystem layer verification failed for digest {digest}")
        self.digest = digest


@dataclass(frozen=True, slots=True)
class Answer:
    """A small answer, read to its end. Header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


def for_manifest(answer: Answer, reference: Reference) -> ContainersError:
    """Return the failure that an answer to a request for a manifest means."""
    code, cause = _first_error(answer)
    if code == "DENIED" or (answer.status == 403 and not code):
        return PullDenied(reference, cause)
    if code == "NAME_UNKNOWN":
        return RepositoryNotFound(reference, cause)
    if code == "MANIFEST_UNKNOWN" or answer.status == 404:
        return ManifestNotFound(reference, cause)
    return for_answer(answer)


def for_answer(answer: Answer) -> ContainersError:
    """Return the failure that any other answer means."""
    _, cause = _first_error(answer)
    if answer.status == 401:
        return LoginRequired(cause)
    if answer.status in TRANSIENT_STATUSES:
        return RegistryUnreachable(cause)
    return RegistryRefused(cause)


@contextmanager
def network_failures(method: str, url: str) -> Iterator[None]:
    """Turn aiohttp's failures into RegistryUnreachable with the text that Go programs print for the same."""
    what = f'{method.capitalize()} "{shown_url(url)}"'
    try:
        yield
    except aiohttp.ClientConnectorDNSError as error:
        raise RegistryUnreachable(f"{what}: dial tcp: lookup {error.host}: no such host") from error
    except (UnicodeError, aiohttp.InvalidURL) as error:  # a name that cannot be a host's
        raise RegistryUnreachable(f"{what}: dial tcp: lookup: no such host", is_transient=False) from error
    except (aiohttp.ClientSSLError, ssl.SSLError) as error:
        raise RegistryUnreachable(f"{what}: tls: {_tls_reason(error)}", is_transient=False) from error
    except aiohttp.ClientConnectorError as error:
        number = error.os_error.errno
        reason = os.strerror(number).lower() if number else str(error.os_error)
        raise RegistryUnreachable(f"{what}: dial tcp {error.host}:{error.port}: connect: {reason}") from error
    except TimeoutError as error:
        raise RegistryUnreachable(f"{what}: the registry stopped answering") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise RegistryUnreachable(f"{what}: {str(error) or type(error).__name__}") from error


def shown_url(url: str) -> str:
    """Return a URL as others may see it: with three stars for its password, as Go programs print it."""
    return _PASSWORD.sub(r"\1:***@", url)


def _tls_reason(error: Exception) -> str:
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    detail = getattr(cause, "verify_message", None)
    return f"failed to verify certificate: {detail}" if detail else str(cause)


def _first_error(answer: Answer) -> tuple[str, str]:
    """Return the code and `code words: message` of the first error in the body, as distribution prints it."""
    for error in _errors(answer.body):
        code, message = _shown(str(error.get("code") or "")), _shown(str(error.get("message") or ""))
        words = code.replace("_", " ").lower()
        return code, ": ".join(part for part in (words, message) if part) or "unknown error"
    if 400 <= answer.status < 500 and answer.body.strip():
        shown = answer.body[:200].decode("utf-8", "replace").strip()
        return "", f"error parsing HTTP {answer.status} response body: {shown!r}"
    return "", f"received unexpected HTTP status: {answer.status} {phrase_of(answer.status)}".rstrip()


def _shown(text: str) -> str:
    """Return a stranger's words as a terminal and a log may have them: on one line, of a length, nothing that acts."""
    cut = text[:_MAX_SHOWN] + ("…" if len(text) > _MAX_SHOWN else "")
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in cut)


def _errors(body: bytes) -> list[Mapping[str, Any]]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return []
    errors = data.get("errors") if isinstance(data, dict) else None
    if isinstance(data, dict) and not errors and isinstance(data.get("details"), str):
        errors = [{"message": data["details"]}]  # what token services of the first days answer
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def phrase_of(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
