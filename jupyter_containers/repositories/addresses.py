"""`https://host/name.git#ref:folder`, and the newer `?branch=…&subdir=…`: which repository, which commit, which part.

Pure. Source: the Docker documentation, Build context, Git repositories; moby/buildkit, util/gitutil.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from jupyter_containers.errors import InvalidParameter

_SCP = re.compile(r"(?P<user>[\w.-]+)@(?P<host>[\w.-]+):(?P<path>(?!//)[^\s]+)", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_CHECKSUM = re.compile(r"[0-9a-f]{1,40}")
# What git allows in names of refs. Source: git-check-ref-format(1).
_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|^[-/]|/$|\.$|\.lock$|/\.|^\.")
_KEYS = frozenset({"ref", "tag", "branch", "subdir", "checksum", "commit", "keep-git-dir", "submodules"})
_MAX_FIELDS = 50
_SWITCH = {"": True, "1": True, "true": True, "0": False, "false": False}
# A user alone is no secret to an ssh server, and without it the address is another one.
_SECRET = re.compile(r"(?<=://)(?<!ssh://)[^/@\s]*@|(?<=ssh://)[^/@:\s]*:[^/@\s]*@")
# Never with a dash first: some program might take it for an option.
_USER = re.compile(r"[A-Za-z0-9_][\w.+-]*", re.ASCII)
_SERVER = re.compile(r"[A-Za-z0-9_][\w.-]*", re.ASCII)
SHELL_PORT = 22


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


@dataclass(frozen=True, slots=True)
class ShellAddress:
    """Where ssh finds a repository. `path` is as the server's git takes it: from the user's home, or from `/`."""

    user: str
    host: str
    port: int
    path: str

    @property
    def place(self) -> str:
        """The server as files of known hosts name it."""
        return self.host if self.port == SHELL_PORT else f"[{self.host}]:{self.port}"


def without_password(text: str) -> str:
    """Return a text without the passwords in the URLs of it, and without names that may be tokens."""
    return _SECRET.sub("", text)


def is_shell(url: str) -> bool:
    """Say whether a repository is reached by ssh: `ssh://…`, or `user@host:path`."""
    return "://" not in url or url.startswith("ssh://")


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
        raise InvalidParameter(f"{shown!r} names no host, or a port that is none")
    if is_shell(rest):
        shell_address(rest)
    source = Source(rest)
    if hash_:
        ref, _, subdir = fragment.partition(":")
        source = replace(source, ref=_ref(ref, shown), subdir=_subdir(subdir, shown))
    return _with_query(source, query, shown) if query else source


def shell_address(url: str) -> ShellAddress:
    """Read the address of a repository behind ssh. Raises InvalidParameter for what is none."""
    shown = without_password(url)
    if "://" not in url:
        match = _SCP.fullmatch(url)
        if match is None:
            raise InvalidParameter(f"{shown!r} is not the address of a git repository")
        user, host, port, path = match["user"], match["host"], SHELL_PORT, match["path"]
    else:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", SHELL_PORT if parts.port is None else parts.port
        except ValueError as error:
            raise InvalidParameter(f"{shown!r} names no host: {error}") from None
        if parts.password is not None:
            raise InvalidParameter(f"{shown!r}: a password for ssh is not used; leave it out, and forward an agent")
        user, path = unquote(parts.username or ""), unquote(parts.path)
        path = path[1:] if path.startswith("/~") else path
    if not user:
        raise InvalidParameter(f"{shown!r} names no user for ssh; write ssh://git@{host}/…")
    if not _USER.fullmatch(user) or not (_SERVER.fullmatch(host) or _is_ipv6(host)):
        raise InvalidParameter(f"{shown!r} names no user and host that ssh could have")
    if not path.strip("/") or path.startswith("-") or not path.isprintable():
        raise InvalidParameter(f"{shown!r} names no path of a repository")
    return ShellAddress(user, host, port, path)


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host


def _host(url: str) -> str:
    """Return the host of a URL, "" if there is none or the port is no number that a port can be."""
    return (urlsplit(url).hostname or "") if _can_be_read(url) else ""


def _can_be_read(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _with_query(source: Source, query: str, shown: str) -> Source:
    values: dict[str, str] = {}
    for key, value in _fields(query, shown):
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


def _fields(query: str, shown: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise InvalidParameter(f"more than {_MAX_FIELDS} queries in {shown[:100]!r}…") from None


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
        raise InvalidParameter(f"invalid checksum {text!r}: write 1 to 40 hexadecimal digits of a commit")
    return text


def joined(url: str, relative: str) -> str:
    """Return the address of a submodule, which may be relative to its repository's. Raises InvalidParameter."""
    if not relative.startswith(("./", "../")):
        if "://" in relative and not _can_be_read(relative):
            raise InvalidParameter(f"{without_password(relative)!r} names no host, or a port that is none")
        return relative
    if match := _SCP.fullmatch(url):
        path = posixpath.normpath(posixpath.join("/", match["path"], relative)).lstrip("/")
        return f"{match['user']}@{match['host']}:{'/' if match['path'].startswith('/') else ''}{path}"
    parts = urlsplit(url)
    path = posixpath.normpath(posixpath.join("/", parts.path, relative))
    return urlunsplit(parts._replace(path="/" + path.lstrip("/")))
