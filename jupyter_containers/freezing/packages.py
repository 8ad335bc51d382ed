"""From modules to distributions with versions, with all that they need; and what cannot be had again elsewhere."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_EXTRA = re.compile(r"\bextra\s*==")


@dataclass(frozen=True, slots=True)
class Package:
    """A distribution to be installed. `source` is what pip gets instead of NAME==VERSION, "" for that."""

    name: str
    version: str
    source: str = ""

    def __str__(self) -> str:
        return self.source or f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that an image would lack, and what to do about it."""

    name: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the modules come to."""

    packages: tuple[Package, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def find(modules: Iterable[str], *, copied: Sequence[str] = ()) -> Found:
    """Return the packages of modules; a module of the notebook's own is left out unless it is in `copied`."""
    known = metadata.packages_distributions()
    wanted: list[str] = []
    left_out: list[LeftOut] = []
    for module in modules:
        if module in known:
            wanted += known[module]
        elif (found := _local(module, copied)) is not None:
            left_out.append(found)
    packages = []
    for name in _closure(wanted):
        package = _package(name)
        if isinstance(package, LeftOut):
            left_out.append(package)
        elif package is not None:
            packages.append(package)
    return Found(tuple(packages), tuple(left_out))


def _local(module: str, copied: Sequence[str]) -> LeftOut | None:
    """Say what a module without a distribution is; None when it is copied, or was only a name."""
    if any(name in (f"{module}.py", module) for name in (path.rstrip("/").removeprefix("./") for path in copied)):
        return None
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return LeftOut(module, "it is not installed here", "install it, and run the cell that imports it again")
    origin = spec.origin or next(iter(spec.submodule_search_locations or ()), "")
    folder = "/" if origin.endswith("/__init__.py") or not origin.endswith(".py") else ".py"
    return LeftOut(module, "it is a module of your own, and no package", f"add --with {module}{folder}")


def _closure(names: Iterable[str]) -> list[str]:
    """Return distributions with all that they require and is installed here, in alphabetical order."""
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[key] = distribution.metadata["Name"] or name
        for requirement in distribution.requires or ():
            match = _REQUIREMENT.match(requirement)
            if match is not None and not _EXTRA.search(requirement):
                waiting.append(match[1])
    return [found[key] for key in sorted(found)]


def _package(name: str) -> Package | LeftOut | None:
    distribution = metadata.distribution(name)
    version = distribution.version
    url, info = _origin(distribution)
    if info.get("dir_info", {}).get("editable") or url.startswith("file:"):
        place = Path(url.removeprefix("file://"))
        how = "in editable form " if info.get("dir_info", {}).get("editable") else ""
        return LeftOut(
            name, f"it was installed {how}from {place}", f"pip wheel --no-deps {place}, then --with the wheel"
        )
    if "vcs_info" in info:
        vcs = info["vcs_info"]
        return Package(name, version, f"{name} @ {vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}")
    return Package(name, version, f"{name} @ {url}" if url else "")


def _origin(distribution: metadata.Distribution) -> tuple[str, dict[str, dict[str, str]]]:
    """Return where a distribution was installed from, if not from an index. Source: PEP 610."""
    try:
        body = json.loads(distribution.read_text("direct_url.json") or "{}")
    except (OSError, ValueError):
        return "", {}
    return str(body.get("url", "")), body
