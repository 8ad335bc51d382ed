"""References: the human name of an image, parsed exactly as Docker's distribution does.

    reference = [domain "/"] path [":" tag] ["@" digest]

Source: distribution/reference, regexp.go and normalize.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Self

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.digest import Digest

DEFAULT_DOMAIN = "docker.io"
LEGACY_DOMAIN = "index.docker.io"
OFFICIAL = "library/"
DEFAULT_TAG = "latest"
MAX_NAME_LENGTH = 255

_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PATH_PART}(?:/{_PATH_PART})*")
_DOMAIN_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = re.compile(rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_ID = re.compile(r"[a-f0-9]{64}")


class InvalidReference(InvalidParameter):
    """A text that cannot name an image."""

    def __init__(self, text: str, why: str = "") -> None:
        super().__init__(f"invalid reference format: {why or repr(text)}")
        self.text = text


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A full name: `docker.io/library/busybox:latest`. With a digest, the digest counts and the tag is for display."""

    domain: str
    path: str
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the full reference meant by `text`, without adding a default tag.

        Raises InvalidReference; its message for capitals and for 64 hex digits is Docker's.
        """
        if _ID.fullmatch(text):
            raise InvalidReference(text, f"cannot specify 64-byte hexadecimal strings: {text}")
        name, at, digest_text = text.partition("@")
        digest = _parse_digest(digest_text, text) if at else None
        domain, remainder = _split_domain(name)
        path, colon, tag = remainder.partition(":")
        if path != path.lower():
            raise InvalidReference(text, f"repository name ({path}) must be lowercase")
        if not _DOMAIN.fullmatch(domain) or not _PATH.fullmatch(path) or (colon and not _TAG.fullmatch(tag)):
            raise InvalidReference(text)
        if len(domain) + 1 + len(path) > MAX_NAME_LENGTH:
            raise InvalidReference(text, f"repository name must not be more than {MAX_NAME_LENGTH} characters")
        return cls(domain, path, tag if colon else None, digest)

    def with_default_tag(self) -> Self:
        """Return this reference with `latest` if it has neither tag nor digest."""
        return self if self.tag or self.digest else replace(self, tag=DEFAULT_TAG)

    def with_tag(self, tag: str) -> Self:
        """Return this repository with another tag and no digest."""
        if not _TAG.fullmatch(tag):
            raise InvalidReference(tag, f"invalid tag: {tag!r}")
        return replace(self, tag=tag, digest=None)

    def with_digest(self, digest: Digest) -> Self:
        """Return this repository at a digest, without a tag."""
        return replace(self, tag=None, digest=digest)

    @property
    def repository(self) -> str:
        """Full name without tag and digest: `docker.io/library/busybox`."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar_repository(self) -> str:
        """Name as people write it: `busybox`, `127.0.0.1:5000/busybox`."""
        if self.domain != DEFAULT_DOMAIN:
            return self.repository
        rest = self.path.removeprefix(OFFICIAL)
        return rest if "/" not in rest else self.path

    def matches(self, pattern: str) -> bool:
        """Say whether a pattern such as `busybox`, `local/*` or `*:1.*` means it; an asterisk ends at a slash.

        Source: distribution/reference, FamiliarMatch.
        """
        return any(_matches_path(text, pattern) for text in (self.familiar, self.familiar_repository))

    @property
    def familiar(self) -> str:
        """This reference as people write it: `busybox:latest`."""
        return f"{self.familiar_repository}{self._suffix()}"

    def __str__(self) -> str:
        return f"{self.repository}{self._suffix()}"

    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def domain_and_rest(name: str) -> tuple[str, str]:
    """Take words to search for apart as a reference is, with a domain in front or not. Raises InvalidReference."""
    domain, rest = _split_domain(name)
    if not _DOMAIN.fullmatch(domain):
        raise InvalidReference(name)
    return domain, rest


def _split_domain(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost" or first.lower() != first)
    domain, remainder = (first, rest) if is_host else (DEFAULT_DOMAIN, name)
    if domain == LEGACY_DOMAIN:
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in remainder:
        remainder = OFFICIAL + remainder
    return domain, remainder


def _parse_digest(digest_text: str, whole: str) -> Digest:
    try:
        return Digest.parse(digest_text)
    except InvalidParameter as error:
        raise InvalidReference(whole) from error


def _matches_path(text: str, pattern: str) -> bool:
    parts, patterns = text.split("/"), pattern.split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))
