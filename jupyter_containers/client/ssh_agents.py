"""What `--ssh` forwards to a build: sockets of agents as they are, and key files, for which an agent is made here.

Source: the Docker documentation, docker buildx build, --ssh; moby/buildkit, session/sshforward/sshprovider.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_containers.client.other_contexts import is_shell
from jupyter_containers.errors import InvalidParameter

# The one that logs in for git, and what RUN --mount=type=ssh has without an id.
DEFAULT = "default"
# Of the daemon. Source: api/build_body.py.
MAX_KNOWN_HOSTS_BYTES = 1 << 20
# Where OpenSSH looks. Source: ssh_config(5), UserKnownHostsFile, GlobalKnownHostsFile.
_USERS = ("known_hosts", "known_hosts2")
_MACHINES = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")


@dataclass(frozen=True, slots=True)
class Forwards:
    """By id: the paths of agents' sockets, and of key files."""

    sockets: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)


def parse(texts: Iterable[str], folder: Path, word: str = "--ssh") -> Forwards:
    """Read `ID`, `ID=SOCKET` or `ID=KEY[,KEY…]` of each text. Raises InvalidParameter for what is neither."""
    sockets: dict[str, str] = {}
    keys: dict[str, tuple[Path, ...]] = {}
    for text in texts:
        name, _, given = text.partition("=")
        name = name or DEFAULT
        if name in sockets or name in keys:
            raise InvalidParameter(f"{word} {name} is given twice; name all of its keys at once: {name}=KEY,KEY")
        paths = [_there(folder, part, f"{word} {name}") for part in _parts(given, f"{word} {name}")]
        of_sockets = [path for path in paths if stat.S_ISSOCK(path.stat().st_mode)]
        if of_sockets and len(paths) > 1:
            raise InvalidParameter(f"{word} {name}: the agent {of_sockets[0]} stands alone; leave the others out")
        if of_sockets:
            sockets[name] = str(of_sockets[0])
        else:
            keys[name] = tuple(paths)
    return Forwards(sockets, keys)


def wanted(given: Sequence[str], sources: Iterable[str]) -> Sequence[str]:
    """Return what is to be forwarded; as with docker, a context behind ssh is a wish for the usual agent."""
    return given or ([DEFAULT] if any(map(is_shell, sources)) else ())


def _parts(given: str, word: str) -> list[str]:
    given = given or os.environ.get("SSH_AUTH_SOCK", "")
    if not given:
        raise InvalidParameter(
            f"{word}: no agent: SSH_AUTH_SOCK is not set here; write {word.rsplit(maxsplit=1)[-1]}=SOCKET or =KEY"
        )
    parts = given.split(",")
    if any(part.startswith("raw=") for part in parts):
        raise InvalidParameter(f"{word}: raw= is not supported: only keys and signatures pass; leave it out")
    if not all(parts):
        raise InvalidParameter(f"{word}: a path is empty in {given!r}")
    return parts


def _there(folder: Path, text: str, word: str) -> Path:
    path = (folder / os.path.expanduser(text)).absolute()
    try:
        path.stat()
    except (OSError, ValueError) as error:
        raise InvalidParameter(f"{word}: {path}: {getattr(error, 'strerror', None) or error}") from error
    return path


def known_hosts() -> bytes:
    """Return the keys of ssh servers that this user trusts, and those that this machine does.

    A file that is not there, or not to be read, trusts nobody. Raises InvalidParameter if it is too much for a build.
    """
    content = b""
    for path in (*(Path.home() / ".ssh" / name for name in _USERS), *map(Path, _MACHINES)):
        try:
            with path.open("rb") as file:
                content += file.read(MAX_KNOWN_HOSTS_BYTES + 1) + b"\n"
        except OSError:
            continue
        if len(content) > MAX_KNOWN_HOSTS_BYTES:
            raise InvalidParameter(
                f"the files of known hosts are larger than {MAX_KNOWN_HOSTS_BYTES} bytes, up to {path}; take hosts out"
            )
    return content.strip()
