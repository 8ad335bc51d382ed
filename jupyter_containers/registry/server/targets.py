"""What a path asks for: the grammar of `/v2/…`, `/v1/search`, and of names in them. Nothing else becomes a path."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass
from enum import Enum

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import refusals
from jupyter_containers.registry.server.refusals import Refusal

MAX_NAME_LENGTH = 255
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_SESSION = re.compile(r"[0-9a-f]{32}")
_SHAPES = (
    ("blobs/uploads", re.compile(r"(?P<name>.+)/blobs/uploads/?")),
    ("upload", re.compile(r"(?P<name>.+)/blobs/uploads/(?P<key>[^/]+)")),
    ("blob", re.compile(r"(?P<name>.+)/blobs/(?P<key>[^/]+)")),
    ("manifest", re.compile(r"(?P<name>.+)/manifests/(?P<key>[^/]+)")),
    ("tags", re.compile(r"(?P<name>.+)/tags/list")),
    ("referrers", re.compile(r"(?P<name>.+)/referrers/(?P<key>[^/]+)")),
)


class Kind(Enum):
    ROOT = "root"
    CATALOG = "catalog"
    SEARCH = "search"
    UPLOADS = "blobs/uploads"
    UPLOAD = "upload"
    BLOB = "blob"
    MANIFEST = "manifest"
    TAGS = "tags"
    REFERRERS = "referrers"


@dataclass(frozen=True, slots=True)
class Target:
    """`name` is a valid repository or ""; `key` a digest, tag or session as it came, not yet checked."""

    kind: Kind
    name: str = ""
    key: str = ""


def target_of(raw_path: str) -> Target:
    """Return what the path of a request, as it came, asks for. Raises Refusal."""
    # What is not UTF-8 becomes a character that no name may have.
    path = urllib.parse.unquote(raw_path, errors="replace")
    if path in ("/v2", "/v2/"):
        return Target(Kind.ROOT)
    if path == "/v2/_catalog":
        return Target(Kind.CATALOG)
    if path == "/v1/search":
        return Target(Kind.SEARCH)
    rest = path.removeprefix("/v2/")
    for kind, shape in _SHAPES:
        if rest != path and (match := shape.fullmatch(rest)):
            return Target(Kind(kind), repository(match["name"]), match.groupdict().get("key", ""))
    raise Refusal(404, "UNSUPPORTED", f"there is nothing at {path!r}")


def repository(name: str) -> str:
    """Return `name` if it can be a repository's. Raises Refusal."""
    if len(name) > MAX_NAME_LENGTH or not _NAME.fullmatch(name):
        raise refusals.bad_name(name[: MAX_NAME_LENGTH + 1])
    return name


def digest(text: str) -> Digest:
    """Return the digest in `text`. Raises Refusal."""
    try:
        return Digest.parse(text)
    except InvalidParameter:
        raise refusals.bad_digest(text) from None


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def tag(text: str) -> str:
    """Return `text` if it can be a tag. Raises Refusal."""
    if not is_tag(text):
        raise refusals.bad_manifest(f"not a tag: {text!r}")
    return text


def reference(text: str) -> Digest | str:
    """Return the digest or the tag that `text` is. Raises Refusal."""
    return digest(text) if ":" in text else tag(text)


def session(text: str) -> str:
    """Return `text` if it can be an upload's name. Raises Refusal, as for one that is not there."""
    if not _SESSION.fullmatch(text):
        raise refusals.no_upload(text)
    return text
