"""What `RUN --mount` and heredocs showed to a step that failed, as mounts of a container.

Caches, files of the context, scripts and memory come back. Secrets and agents are not kept anywhere, and a stack of
several layers is nothing that a container can mount: of these it is said that they are missing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_containers.build.failed_step import FailedStep
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations.caches import name_of
from jupyter_containers.build.operations.definitions import StepMount
from jupyter_containers.engine.containers.record import MountRequest
from jupyter_containers.linux import constants as c
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.snapshots.snapshotter import Snapshotter

_SCRIPTS = "/dev/pipes"
_BELOW = c.RESOLVE_BENEATH | c.RESOLVE_NO_SYMLINKS


@dataclass(frozen=True, slots=True)
class Shown:
    """Mounts for a container, tmpfs by their target, and a sentence for each mount that it has to do without."""

    mounts: tuple[MountRequest, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict, hash=False)
    missing: tuple[str, ...] = ()


class FailedMounts:
    """Scripts lie in a folder for each step under `folder`, as long as the step is kept."""

    def __init__(self, snapshots: Snapshotter, folder: Path) -> None:
        self._snapshots = snapshots
        self._folder = folder

    def shown(self, step: FailedStep) -> Shown:
        """Return what a container of the step can be shown."""
        folder = self._folder / step.id
        mounts = [
            MountRequest("bind", f"{_SCRIPTS}/{name}", str(folder / str(number)), read_only=True)
            for number, (name, _) in enumerate(step.operation.scripts)
        ]
        tmpfs: dict[str, str] = {}
        missing: list[str] = []
        for mount in step.operation.mounts:
            origin = step.origins[mount.number - 1] if mount.number else None
            if mount.kind == "tmpfs":
                tmpfs[mount.target] = f"size={mount.size_bytes}" if mount.size_bytes else ""
            elif source := self._source(mount, origin):
                mounts.append(MountRequest("bind", mount.target, source, read_only=mount.kind != "cache"))
            else:
                missing.append(_lack(mount))
        return Shown(tuple(mounts), tmpfs, tuple(missing))

    def prepare(self, step: FailedStep) -> Shown:
        """Make the scripts files, and return what can be shown."""
        folder = self._folder / step.id
        if step.operation.scripts:
            folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        for number, (_, content) in enumerate(step.operation.scripts):
            # Not by its name: see build/operations/execute.py.
            path = folder / str(number)
            path.write_text(content, encoding="utf-8", errors="surrogateescape")
            path.chmod(0o755)
        return self.shown(step)

    def forget(self, step_id: str) -> None:
        """Remove a step's scripts."""
        shutil.rmtree(self._folder / step_id, ignore_errors=True)

    def tidy(self, kept: Collection[str]) -> None:
        """Remove the scripts of all steps that are not kept."""
        if self._folder.is_dir():
            for name in os.listdir(self._folder):
                if name not in kept:
                    self.forget(name)

    def _source(self, mount: StepMount, origin: Filesystem | None) -> str:
        """Return where on this host the files are that a mount shows; "" where they cannot be shown."""
        if mount.kind == "cache" and (origin is None or not origin.chain):
            key = name_of(mount, origin) + (":0" if mount.sharing == "private" else "")
            return str(self._snapshots.upper(key)) if self._snapshots.exists(key) else ""
        # What comes from the context is one layer on nothing: its folder has all its files.
        if mount.kind == "bind" and origin is not None and len(origin.layers) == 1:
            return self._inside(origin.chain, mount.source.strip("/"))
        return ""

    def _inside(self, chain: str, path: str) -> str:
        """Return a part of a layer's folder, without being led out of it by its links."""
        folder = self._snapshots.upper(chain) if self._snapshots.exists(chain) else None
        if folder is None:
            return ""
        root_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.close(open_in_root(root_fd, path or ".", os.O_PATH, resolve=_BELOW))
        except OSError:
            return ""
        finally:
            os.close(root_fd)
        return str(folder / path)


def _lack(mount: StepMount) -> str:
    if mount.kind == "secret":
        place = f"at {mount.target}" if mount.target else f"in {mount.variable}"
        return f"the secret {mount.identity} is not {place}: secrets are kept nowhere"
    if mount.kind == "ssh":
        return f"there is no ssh agent at {mount.target}: agents are not kept"
    if mount.kind == "cache":
        return f"the cache {mount.identity} is not at {mount.target}: it is gone, or stands on an image"
    return f"{mount.source or '/'} of another image or stage is not at {mount.target}"
