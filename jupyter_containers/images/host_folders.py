"""Folders of this machine that somebody asks to see in the `host` image: where he works, and what Python he uses there.

A folder to work in is shown without what usually holds secrets in it: names in SECRET_NAMES, down to DEPTH folders
deep, a git configuration with a password in it, and in a home everything whose name begins with a dot. Other people's
homes inside it stay hidden. A folder of Python (a prefix, a folder of packages) is shown as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux.trees import Entry, walk

SECRET_NAMES = (
    ".env", ".env.*", ".netrc", ".pgpass", ".git-credentials", ".pypirc", ".npmrc", ".ssh", ".aws", ".azure", ".gcloud",
    ".kube", ".docker", ".gnupg", ".jupyter", ".ipython", ".*_history", ".htpasswd", "id_rsa", "id_dsa", "id_ecdsa",
    "id_ed25519", "*.key", "*.pfx", "*.p12", "*.keytab", "*.kdbx", "credentials.json", "client_secret*.json",
)  # fmt: skip
DEPTH = 4
# A folder with more than this is looked through no further: making a container must not take minutes.
MOST_ENTRIES = 50_000
# What is in them was made by programs, and is much.
_NOT_ENTERED = frozenset({b".git", b"node_modules", b"__pycache__", b"site-packages"})
_CREDENTIALS = re.compile(rb"://[^/\s@]+@|extraheader|password|token", re.I)
# Not folders of files, or the whole machine.
REFUSED = ("/", "/dev", "/proc", "/run", "/sys", "/etc", "/boot")


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be seen beyond the usual: `folders` to work in, and `prefixes` of Python."""

    folders: tuple[Path, ...] = ()
    prefixes: tuple[Path, ...] = ()

    @classmethod
    def parse(cls, folders: Iterable[str], prefixes: Iterable[str]) -> Shown:
        """Read paths of this machine. Raises InvalidParameter for what cannot be shown."""
        return cls(tuple(map(_parsed, folders)), tuple(map(_parsed, prefixes)))

    def unseen(self) -> list[Path]:
        """Return the folders that an overlay on / does not show.

        They lie on another file system, or the daemon does not see them: they were mounted after it was started.
        """
        root = os.stat("/").st_dev
        return [one for one in (*self.folders, *self.prefixes) if not one.is_dir() or one.stat().st_dev != root]


def _parsed(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute() or "\0" in text or os.path.normpath(text) != str(path):
        raise InvalidParameter(f"cannot show {text!r} of this host: expected an absolute path without . and ..")
    real = os.path.realpath(path)
    if real in REFUSED or real.startswith(("/dev/", "/proc/", "/sys/", "/run/", "/etc/")):
        raise InvalidParameter(f"cannot show {text!r} of this host: it is the system's own, not a folder to work in")
    return path


def _has_credentials(config: str) -> bool:
    """Tell whether a git repository's configuration names a password or a token in an address."""
    try:
        # Somebody's folder: where it is a pipe, nobody may ever write to it.
        with open(os.open(config, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            return _CREDENTIALS.search(file.read(1 << 20) or b"") is not None
    except OSError:
        return False


def secrets_below(root: Path, folder: Path, *, is_home: bool, kept: Mapping[str, object]) -> Iterator[str]:
    """Return the paths in a folder that are not shown; nothing below what is `kept` in another way already."""
    try:
        fd = os.open(root / str(folder).lstrip("/"), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return

    def path_of(entry: Entry) -> str:
        return f"{str(folder).rstrip('/')}/{os.fsdecode(entry.path)}"

    def is_secret(entry: Entry) -> bool:
        name, depth = os.fsdecode(entry.name), entry.path.count(b"/")
        return (is_home and not depth and name.startswith(".")) or any(fnmatchcase(name, p) for p in SECRET_NAMES)

    def descends(entry: Entry) -> bool:
        is_near = entry.path.count(b"/") + 1 < DEPTH and entry.name not in _NOT_ENTERED
        return is_near and not is_secret(entry) and path_of(entry) not in kept

    try:
        for count, entry in enumerate(walk(fd, descend=descends)):
            if count >= MOST_ENTRIES:
                return
            if is_secret(entry) and path_of(entry) not in kept:
                yield path_of(entry)
            elif entry.name == b".git" and _has_credentials(f"{root}{path_of(entry)}/config"):
                yield f"{path_of(entry)}/config"
    finally:
        os.close(fd)
