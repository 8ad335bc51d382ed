"""What the `host` image does not show of this machine. The table is the documentation; test_host.py looks at each row.

Three rules, from the outside in:

1. At the top, and in /var, only what is listed as VISIBLE is there. Homes, /run, /tmp, /mnt, unknown folders such as
   /data, logs, databases, other container engines' and our own folders are not.
2. Paths in MASKS are hidden even where their folder is visible. So is everything in /etc and /usr/local/etc that not
   everybody may read, and configuration in which a password or token stands (CREDENTIAL_FILES).
3. Folders that hold the notebook's own Python (sys.prefix) are shown all the same, also in a home: they are why one
   wants this image. Nothing beside them is. Folders that somebody asks for are shown as host_folders.py says.

A file that becomes secret *after* the image was made is hidden only if it is in the table or under a hidden folder.
"""

from __future__ import annotations

import enum
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.images.host_folders import secrets_below
from jupyter_containers.linux.trees import Entry, walk


class Treatment(enum.Enum):
    """What stands in the image at a path."""

    EMPTY = "empty"  # the folder, with nothing of the host in it
    ABSENT = "absent"  # nothing
    ACCOUNTS = "accounts"  # the file with its names, every password locked
    KEPT = "kept"  # the host's folder, shown inside an EMPTY one
    LINK = "link"  # the host's symbolic link, shown inside an EMPTY one


@dataclass(frozen=True, slots=True)
class Mask:
    """One decision. `path` may have `*` in its last part; `why` is for people."""

    path: str
    treatment: Treatment
    why: str


# Rule 1. What else is at the top is hidden: EMPTY where programs expect a folder, ABSENT otherwise.
VISIBLE_AT_TOP = ("bin", "etc", "lib", "lib32", "lib64", "libx32", "nix", "opt", "sbin", "usr", "var")
EMPTY_AT_TOP = ("boot", "dev", "home", "media", "mnt", "proc", "root", "run", "srv", "sys", "tmp")
VISIBLE_IN_VAR = (
    "cache/apt", "cache/debconf", "cache/fontconfig", "cache/ldconfig", "cache/man",
    "lib/alternatives", "lib/apt", "lib/aspell", "lib/dictionaries-common", "lib/dpkg", "lib/emacsen-common",
    "lib/ghostscript", "lib/pacman", "lib/pam", "lib/python", "lib/rpm", "lib/sgml-base", "lib/texmf", "lib/ucf",
    "lib/vim", "lib/xml-core",
)  # fmt: skip
EMPTY_IN_VAR = ("cache", "lib", "lib/misc", "local", "log", "mail", "opt", "spool", "tmp")

# Rule 2.
MASKS: tuple[Mask, ...] = (
    *(Mask(f"/etc/{name}", Treatment.ACCOUNTS, "password hashes") for name in ("shadow", "gshadow")),
    *(
        Mask(f"/etc/{name}", Treatment.ABSENT, "old password hashes")
        for name in ("shadow-", "gshadow-", "security/opasswd")
    ),
    *(
        Mask(f"/etc/ssh/{name}", Treatment.ABSENT, "private host keys")
        for name in ("ssh_host_*", "ssh_host_rsa_key", "ssh_host_ecdsa_key", "ssh_host_ed25519_key", "ssh_host_dsa_key")
    ),
    *(
        Mask(f"/etc/{name}", Treatment.EMPTY, "private keys and certificates")
        for name in (
            "ssl/private", "pki/tls/private", "pki/private", "pki/entitlement", "pki/consumer", "letsencrypt",
            "ipsec.d", "swanctl", "wireguard", "openvpn", "docker", "kubernetes", "rancher", "salt", "puppet",
            "puppetlabs", "chef", "vault.d", "consul.d", "nomad.d", "stunnel",
        )
    ),
    *(
        Mask(f"/etc/{name}", Treatment.EMPTY, "passwords of networks and network services")
        for name in (
            "NetworkManager/system-connections", "wpa_supplicant", "netplan", "ppp", "iwd", "samba", "sssd", "davfs2",
            "freeradius", "openldap", "postfix", "exim4", "grafana", "rabbitmq", "redis",
        )
    ),
    *(
        Mask(f"/etc/{name}", Treatment.ABSENT, "keys and passwords in single files")
        for name in (
            "krb5.keytab", "*.keytab", "ipsec.secrets", "ldap.secret", "libnss-ldap.secret", "pam_ldap.secret",
            "msmtprc", "crypttab", "fstab", "mysql/debian.cnf", "apt/auth.conf", "apt/auth.conf.d", "machine-id",
        )
    ),
    *(
        Mask(f"{name}", Treatment.EMPTY, "tokens and passwords of Jupyter and of the cloud")
        for name in (
            "/etc/jupyter", "/etc/jupyterhub", "/usr/local/etc/jupyter", "/usr/local/etc/jupyterhub", "/etc/cloud",
        )
    ),
    Mask("/var/cache/debconf/passwords.dat", Treatment.ABSENT, "answers to password questions of packages"),
    *(Mask(f"/{name}", Treatment.ABSENT, "memory on disk") for name in ("swapfile", "swap.img")),
)  # fmt: skip

# Hidden when not everybody may read them, or when they look as if a password stood in them.
PRIVATE_IF_UNREADABLE = ("/etc", "/usr/local/etc")
CREDENTIAL_FILES = ("/etc/environment", "/etc/gitconfig", "/etc/npmrc", "/etc/pip.conf", "/etc/wgetrc", "/etc/curlrc")
_CREDENTIAL = re.compile(
    rb"^[^#\n]*(://[^/\s@:]*:[^/\s@]+@|_auth|password|passwd|secret|token)", re.IGNORECASE | re.MULTILINE
)
_FIRST_PERSON, _NOBODY = 1000, 65534
_MAX_LINKS = 40  # as in the kernel's own walk, path_resolution(7)


def decide(root: Path, *, hidden: Iterable[Path], kept: Iterable[Path], shown: Iterable[Path] = ()) -> dict[str, str]:
    """Return path → treatment for everything that is not simply shown, below `root` ("/", or a test's folder).

    `hidden` are absent whatever else is said (the daemon's own folders); `kept` are shown (rule 3), and so are the
    folders `shown`, without their secrets. Paths in the result are absolute as the container sees them.
    """
    decisions = dict.fromkeys(_opened_up(root), Treatment.EMPTY)
    decisions |= dict(_top(root))
    decisions |= dict.fromkeys(_homes(root), Treatment.EMPTY)
    decisions |= dict.fromkeys(_visible_in_var(root), Treatment.KEPT)
    decisions |= dict(_links(root, ["/var/run", "/var/lock", "/var/mail"]))
    decisions |= {path: mask.treatment for mask in MASKS for path in _expanded(root, mask.path)}
    decisions |= dict.fromkeys(_unreadable(root, decisions), Treatment.ABSENT)
    decisions |= dict.fromkeys(_with_credentials(root), Treatment.ABSENT)
    homes = set(_homes(root)) | {f"/{name}" for name in EMPTY_AT_TOP}
    for folder in shown:
        decisions |= dict(_kept(root, str(folder), decisions))
        secrets = secrets_below(root, folder, is_home=str(folder) in homes, kept=decisions)
        decisions |= dict.fromkeys(secrets, Treatment.ABSENT)
    for path in kept:
        if str(path) not in homes:
            decisions |= dict(_kept(root, str(path), decisions))
    decisions |= {str(folder): Treatment.ABSENT for folder in hidden}
    return {path: decisions[path].value for path in sorted(decisions)}


def _opened_up(root: Path) -> Iterator[str]:
    """/var is shown by what is listed, so it begins empty."""
    if _is_folder(root, "/var"):
        yield "/var"
    for name in EMPTY_IN_VAR:
        if _is_folder(root, f"/var/{name}"):
            yield f"/var/{name}"


def _top(root: Path) -> Iterator[tuple[str, Treatment]]:
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name in VISIBLE_AT_TOP:
                continue
            if entry.name in EMPTY_AT_TOP and entry.is_dir(follow_symlinks=False):
                yield f"/{entry.name}", Treatment.EMPTY
            elif not entry.is_symlink() or entry.name not in EMPTY_AT_TOP:
                yield f"/{entry.name}", Treatment.ABSENT


def _homes(root: Path) -> Iterator[str]:
    """Return the homes of people, wherever they are; those of services hold software more often than secrets."""
    try:
        lines = _on_host(root, "/etc/passwd").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return
    for fields in (line.split(":") for line in lines):
        if len(fields) == 7 and fields[2].isdecimal() and _FIRST_PERSON <= int(fields[2]) < _NOBODY:
            path = os.path.normpath(fields[5])
            if path.count("/") > 1 and _is_folder(root, path):
                yield path


def _visible_in_var(root: Path) -> Iterator[str]:
    for name in VISIBLE_IN_VAR:
        if _is_folder(root, f"/var/{name}"):
            yield f"/var/{name}"


def _links(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, Treatment]]:
    for path in paths:
        if _on_host(root, path).is_symlink():
            yield path, Treatment.LINK


def _expanded(root: Path, pattern: str) -> Iterator[str]:
    """Return what a mask means: itself (a secret may come later), or what matches now."""
    if "*" not in pattern:
        yield pattern
        return
    for path in root.glob(pattern.lstrip("/")):
        yield "/" + str(path.relative_to(root))


def _unreadable(root: Path, decisions: dict[str, Treatment]) -> Iterator[str]:
    """Return what others than its owner and group may not read, as far as nothing is decided about it yet."""
    for top in PRIVATE_IF_UNREADABLE:
        try:
            fd = os.open(_on_host(root, top), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            yield from _unreadable_below(fd, top, decisions)
        finally:
            os.close(fd)


def _unreadable_below(fd: int, top: str, decisions: dict[str, Treatment]) -> Iterator[str]:
    def is_open(entry: Entry) -> bool:
        return bool(entry.status.st_mode & stat.S_IROTH) and f"{top}/{os.fsdecode(entry.path)}" not in decisions

    for entry in walk(fd, descend=is_open):
        path = f"{top}/{os.fsdecode(entry.path)}"
        is_private = not entry.status.st_mode & stat.S_IROTH and not stat.S_ISLNK(entry.status.st_mode)
        if is_private and path not in decisions:
            yield path


def _with_credentials(root: Path) -> Iterator[str]:
    for path in CREDENTIAL_FILES:
        try:
            content = _on_host(root, path).read_bytes()[: 1 << 20]
        except OSError:
            continue
        if _CREDENTIAL.search(content):
            yield path


def _kept(
    root: Path, path: str, decisions: dict[str, Treatment], links_left: int = _MAX_LINKS
) -> Iterator[tuple[str, Treatment]]:
    """Show `path` if it is hidden, with the folders and links on the way to it."""
    parts = [part for part in path.split("/") if part]
    current, is_hidden = "", False
    for index, part in enumerate(parts):
        current = f"{current}/{part}"
        place = _on_host(root, current)
        treatment = decisions.get(current)
        is_hidden = is_hidden or treatment in (Treatment.EMPTY, Treatment.ABSENT)
        if treatment in (Treatment.KEPT, Treatment.LINK):
            is_hidden = False
        if place.is_symlink():
            if is_hidden:
                yield current, Treatment.LINK
            target = os.path.normpath(os.path.join(os.path.dirname(current), place.readlink(), *parts[index + 1 :]))
            if links_left:
                yield from _kept(root, target, decisions, links_left - 1)
            return
        if not place.is_dir():
            return
        if is_hidden:
            is_last = index == len(parts) - 1
            yield current, Treatment.KEPT if is_last else Treatment.EMPTY


def _is_folder(root: Path, path: str) -> bool:
    place = _on_host(root, path)
    return place.is_dir() and not place.is_symlink()


def _on_host(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
