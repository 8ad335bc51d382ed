"""What of this process goes into a sandbox: its folder, its Python, its environment without what may be secret."""

from __future__ import annotations

import os
import re
import site
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECRET_NAME = re.compile(
    r"token|key|passw|passphrase|pwd|secret|credential|auth|cookie|private|signature|salt|dsn|webhook", re.I
)
_SECRET_VALUE = re.compile(
    r"://[^/\s@]*:[^/\s@]+@|^(gh[pousr]_|github_pat_|glpat-|xox[a-z]-|sk-|AKIA|eyJ)|-----BEGIN [A-Z ]*PRIVATE", re.M
)
_PACKAGES = ("site-packages", "dist-packages")
# They tell of this process and its neighbours, of which there are none inside.
_OF_THIS_PROCESS = frozenset({
    "_", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "DOCKER_CONTEXT", "DOCKER_HOST", "HOSTNAME", "INVOCATION_ID",
    "JOURNAL_STREAM", "JPY_PARENT_PID", "MPLBACKEND", "NOTIFY_SOCKET", "OLDPWD", "PWD", "PYTHONPATH", "SHLVL",
    "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sandbox gets. `environment` are NAME=VALUE texts, `withheld` names of variables that may be secret.

    `folders` are shown without their secrets, `folder`, the working folder, among them; `prefixes` hold Python.
    """

    folder: Path
    folders: tuple[Path, ...]
    prefixes: tuple[Path, ...]
    environment: tuple[str, ...]
    withheld: tuple[str, ...]
    user: str


def surroundings(
    folder: Path, environ: Mapping[str, str] = os.environ, import_path: Sequence[str] | None = None
) -> Surroundings:
    """Return the surroundings of this process when it works in `folder`."""
    folder = Path(os.path.realpath(folder))
    prefixes = own_prefixes()
    extra = _extra(sys.path if import_path is None else import_path, prefixes)
    passed, withheld = split(environ)
    modules = os.pathsep.join(map(str, dict.fromkeys([folder, *extra])))
    # Folders of packages hold no secrets, but very many files to be looked through for them.
    packages = [place for place in extra if place.name in _PACKAGES]
    return Surroundings(
        folder,
        tuple(dict.fromkeys([folder, *(place for place in extra if place not in packages)])),
        tuple(dict.fromkeys([*prefixes, *packages])),
        (*passed, f"PYTHONPATH={modules}", "PYTHONDONTWRITEBYTECODE=1"),
        withheld,
        "" if os.getuid() == 0 else f"{os.getuid()}:{os.getgid()}",
    )


def split(environ: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the variables that go in, as NAME=VALUE, and the names of those that may be secret."""
    passed, withheld = [], []
    for name, value in sorted(environ.items()):
        if name in _OF_THIS_PROCESS:
            continue
        if _SECRET_NAME.search(name) or _SECRET_VALUE.search(value):
            withheld.append(name)
        elif _is_text(f"{name}{value}"):
            passed.append(f"{name}={value}")
    return tuple(passed), tuple(withheld)


def _is_text(text: str) -> bool:
    return "\0" not in text and text.encode("utf-8", "replace").decode() == text


def own_prefixes() -> tuple[Path, ...]:
    """Return the folders of this Python, and of the packages that this user has for himself."""
    user_site = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    places = [sys.prefix, sys.base_prefix, *user_site]
    return tuple(Path(real) for real in dict.fromkeys(places) if os.path.isdir(real) and real != "/")


def _extra(import_path: Sequence[str], prefixes: Sequence[Path]) -> list[Path]:
    """Return folders that Python imports from beyond its own."""
    known = [*map(str, prefixes), "/usr"]
    extra = []
    for place in import_path:
        real = os.path.realpath(place) if place else ""
        is_own = any(place == prefix or place.startswith(f"{prefix}/") for prefix in known)
        if real and os.path.isdir(real) and not is_own and real != "/":
            extra.append(Path(real))
    return extra
