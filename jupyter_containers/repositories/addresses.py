"""`https://host/name.git#ref:folder`, and the newer `?branch=…&subdir=…`: which repository, which commit, which part.

Pure. Source: the Docker documentation, Build context, Git repositories; moby/buildkit, util/gitutil.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from jupyter_containers.errors import InvalidParameter

_SCP = re.compile(r"(?P<user>[\w.-]+)@(?P<host>[\w.-]+):(?P<path>(?!//)[^\s]+)", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_CHECKSUM = re.compile(r"[0-9a-f]{7,40}")
# What git allows in names of refs. Source: git-check-ref-format(1).
_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|^[-/]|/$|\.$|\.lock$|/\.|^\.")
_KEYS = frozenset({"ref", "tag", "branch", "subdir", "checksum", "commit", "keep-git-dir", "submodules"})
_SWITCH = {"": True, "1": True, "true": True, "0": False, "false": False}
_SECRET = re.compile(r"(?<=://)[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Source:
    """`url` has neither query nor fragment. `ref` is a branch, a tag, a full ref or 40 digits; "" for the default.

    `subdir` is relative and clean, "" for all. `checksum` is the beginning of the commit's id. None: not said.
    """

    url: str
    ref: str = ""
    subdir: str = ""
    checksum: str = ""
    keep_git_dir: bool | None = None
    submodules: bool = True

    @property
    def is_commit(self) -> bool:
        return _COMMIT.fullmatch(self.ref) is not None

    @property
    def shown(self) -> str:
        """The URL without a password."""
        return without_password(self.url)


def without_password(text: str) -> str:
    """Return a text without the names and passwords in the URLs of it."""
    return _SECRET.sub("", text)


def is_repository(text: str) -> bool:
    """Say whether ADD, or a context, means a repository: by its scheme, or by `.git` at the end of its path."""
    bare = text.partition("#")[0].partition("?")[0]
    if bare.startswith(("http://", "https://")):
        return bare.rstrip("/").endswith(".git")
    return bare.startswith(("git://", "ssh://")) or _SCP.fullmatch(bare) is not None


def parse(text: str) -> Source:
    """Read an address. Raises InvalidParameter, never with the password in it."""
    rest, hash_, fragment = text.partition("#")
    rest, _, query = rest.partition("?")
    shown = without_password(text)
    if "://" not in rest and _SCP.fullmatch(rest) is None:
        raise InvalidParameter(f"{shown!r} is not the address of a git repository")
    if "://" in rest and not _host(rest):
        raise InvalidParameter(f"{shown!r} names no host")
    source = Source(rest)
    if hash_:
        ref, _, subdir = fragment.partition(":")
        source = replace(source, ref=_ref(ref, shown), subdir=_subdir(subdir, shown))
    return _with_query(source, query, shown) if query else source


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _with_query(source: Source, query: str, shown: str) -> Source:
    values: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True, max_num_fields=50):
        if key not in _KEYS:
            raise InvalidParameter(f"unexpected query {key!r} in {shown!r}; choose from {', '.join(sorted(_KEYS))}")
        key = "checksum" if key == "commit" else key
        if key in values:
            raise InvalidParameter(f"{key} is given twice in {shown!r}")
        values[key] = value
    refs = [key for key in ("ref", "tag", "branch") if values.get(key)]
    if len(refs) + bool(source.ref) > 1:
        raise InvalidParameter(f"more than one revision in {shown!r}; name one of ref, tag and branch")
    if values.get("subdir") and source.subdir:
        raise InvalidParameter(f"more than one folder in {shown!r}; leave one out")
    prefix = {"tag": "refs/tags/", "branch": "refs/heads/", "ref": ""}
    ref = f"{prefix[refs[0]]}{values[refs[0]]}" if refs else source.ref
    return replace(
        source,
        ref=_ref(ref, shown),
        subdir=_subdir(values.get("subdir", ""), shown) or source.subdir,
        checksum=checksum_of(values.get("checksum", "")),
        keep_git_dir=_switch(values, "keep-git-dir", shown),
        submodules=_switch(values, "submodules", shown) is not False,
    )


def _switch(values: dict[str, str], key: str, shown: str) -> bool | None:
    if key not in values:
        return None
    if values[key].lower() not in _SWITCH:
        raise InvalidParameter(f"{key} is true or false, not {values[key]!r}, in {shown!r}")
    return _SWITCH[values[key].lower()]


def _ref(text: str, shown: str) -> str:
    if _BAD_REF.search(text):
        raise InvalidParameter(f"invalid revision {text!r} in {shown!r}")
    return text


def _subdir(text: str, shown: str) -> str:
    if "\0" in text:
        raise InvalidParameter(f"invalid folder {text!r} in {shown!r}")
    # As from a root: `..` at its top stays there.
    return posixpath.normpath(posixpath.join("/", text)).lstrip("/")


def checksum_of(text: str) -> str:
    """Return the beginning of a commit's id. Raises InvalidParameter."""
    if text and not _CHECKSUM.fullmatch(text):
        raise InvalidParameter(f"invalid checksum {text!r}: write 7 to 40 hexadecimal digits of a commit")
    return text


def joined(url: str, relative: str) -> str:
    """Return the address of a submodule, which may be relative to its repository's. Raises InvalidParameter."""
    if not relative.startswith(("./", "../")):
        return relative
    if "://" not in url:
        raise InvalidParameter(f"the submodule {relative!r} is relative, and {without_password(url)!r} is no URL")
    parts = urlsplit(url)
    path = posixpath.normpath(posixpath.join("/", parts.path, relative))
    return urlunsplit(parts._replace(path="/" + path.lstrip("/")))
