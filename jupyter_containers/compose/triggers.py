"""Which files of this machine a service wants to be watched, and what is to be done when they change: develop.watch.

Source: Compose Specification, "Compose Develop Specification".
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jupyter_containers.client.ignore import FILE_NAME, IgnoreRules
from jupyter_containers.client.other_contexts import DOCKERFILE
from jupyter_containers.compose.model import Json, Service
from jupyter_containers.compose.places import is_remote
from jupyter_containers.errors import InvalidParameter

SYNC, REBUILD, RESTART = "sync", "rebuild", "restart"
SYNC_RESTART, SYNC_EXEC = "sync+restart", "sync+exec"
# What git and editors write beside the files that they are about.
_EPHEMERAL = ("**/.git", "**/.#*", "**/*~", "**/#*#", "**/*.sw[a-z]", "**/4913", "**/*___jb_*___", "**/.DS_Store")


class WrongRule(InvalidParameter):
    """A rule that cannot be followed, by its `number` in the file from 0."""

    def __init__(self, service: Service, number: int, message: str) -> None:
        super().__init__(f"services.{service.name}.develop.watch[{number}]: {message}")
        self.number = number


@dataclass(frozen=True, slots=True)
class Trigger:
    """One rule. `target` is where in the container the path is; `rules` are the ignored, each below its own folder."""

    service: str
    action: str
    path: Path
    target: str = ""
    rules: tuple[tuple[Path, IgnoreRules], ...] = ()
    included: IgnoreRules | None = None
    initial_sync: bool = False
    command: Json = field(default_factory=dict, hash=False)

    @property
    def syncs(self) -> bool:
        return self.action.startswith(SYNC)

    def takes(self, path: Path) -> bool:
        """Tell whether a change of `path`, which is absolute, is one that this is about."""
        below = _below(path, self.path)
        if below is None or (self.included is not None and not self.included.ignores(below)):
            return False
        return not self._ignoring(path)

    def _ignoring(self, path: Path) -> list[IgnoreRules]:
        places = ((_below(path, folder), rules) for folder, rules in self.rules)
        return [rules for place, rules in places if place is not None and rules.ignores(place)]

    def _is_left_out(self, folder: Path) -> bool:
        """Tell a folder in which there is nothing to look for."""
        return any(not rules.may_include_again for rules in self._ignoring(folder))

    def inside(self, path: Path) -> str:
        """Return where a path is in the container."""
        return str(PurePosixPath(self.target) / (_below(path, self.path) or ""))

    def files(self) -> Iterator[Path]:
        """Yield all that is there now and is taken: folders before what is in them."""
        if not self.path.is_dir():
            yield from [self.path] if self.path.exists() else []
            return
        for folder, folders, names in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not self._is_left_out(Path(folder, name)))
            yield from (path for path in (Path(folder), *(Path(folder, name) for name in sorted(names)))
                        if path != self.path and self.takes(path))  # fmt: skip


def _below(path: Path, folder: Path) -> str | None:
    """Return a path as it is seen from a folder, "" for the folder itself, None for one that is not in it."""
    if path == folder:
        return ""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else None


def triggers_of(service: Service) -> tuple[Trigger, ...]:
    """Return the rules of a service, which have been checked."""
    found: list[Trigger] = []
    context = _context_rules(service)
    for given in _given(service):
        path = Path(given["path"])
        included = given.get("include")
        found.append(Trigger(
            service.name, given["action"], path, given.get("target", ""),
            (*context, (path, _rules(_EPHEMERAL)), (path, _rules(given.get("ignore", ())))),
            _rules(included) if included else None, given.get("initial_sync", False), given.get("exec", {}),
        ))  # fmt: skip
    return tuple(found)


def _given(service: Service) -> Sequence[Json]:
    found: Sequence[Json] = (service.definition.get("develop") or {}).get("watch", ())
    return found


def check_rules(service: Service) -> None:
    """Raise WrongRule for a rule that cannot be followed."""
    for number, given in enumerate(_given(service)):
        if wrong := next(_wrong(service, given), ""):
            raise WrongRule(service, number, wrong)


def _wrong(service: Service, given: Json) -> Iterator[str]:
    action, target = given["action"], given.get("target", "")
    if action.startswith(SYNC) and not target.startswith("/"):
        yield f"{action} needs a target, a path in the container that begins with /"
    if target and not action.startswith(SYNC):
        yield f"a target is for sync; {action} copies nothing, so leave it out"
    if action == REBUILD and service.build is None:
        yield f"there is nothing to rebuild, as {service.name} has no build"
    if (action == SYNC_EXEC) != ("exec" in given):
        yield f"exec with its command goes with action: {SYNC_EXEC}, and with no other"
    if given.get("initial_sync") and not action.startswith(SYNC):
        yield f"initial_sync is for sync; {action} copies nothing, so leave it out"


def _rules(patterns: Sequence[str]) -> IgnoreRules:
    return IgnoreRules.parse("\n".join(patterns))


def _context_rules(service: Service) -> tuple[tuple[Path, IgnoreRules], ...]:
    """Return what the ignore file of the service's build context says."""
    given = service.build or {}
    if not given or is_remote(str(given["context"])):
        return ()
    folder = Path(given["context"])
    dockerfile = folder / str(given.get("dockerfile", DOCKERFILE))
    for path in (dockerfile.with_name(dockerfile.name + FILE_NAME), folder / FILE_NAME):
        if path.is_file():
            return ((folder, IgnoreRules.parse(path.read_text(errors="replace"))),)
    return ()
