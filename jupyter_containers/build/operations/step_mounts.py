"""`RUN --mount` for a runtime: inputs, caches and secrets become mounts that the executor hands over.

The daemon's own mounts are seen by no container, so the snapshots are mounted by the step itself: `rootfs` are mounts
at directories of ours (see Spec.rootfs), and `mounts` show a part of them inside.
"""

from __future__ import annotations

import os
import secrets as tokens
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations.agents import forwarded
from jupyter_containers.build.operations.caches import CacheDirectories, name_of
from jupyter_containers.build.operations.definitions import StepMount
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.operations.step_folders import StepFolders
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.oci.runtime_spec import OPTION_SUBPATH, Mount

_SECRET_MODE = 0o400
_AGENT_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Supplies:
    """What the mounts of a step are made of, and where. `origins` are the vertex's inputs from the second on."""

    origins: Sequence[Filesystem] = ()
    caches: CacheDirectories | None = None
    secrets: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    agents: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    folders: StepFolders = field(default_factory=StepFolders)

    def origin(self, mount: StepMount) -> Filesystem | None:
        return self.origins[mount.number - 1] if mount.number else None


@dataclass(frozen=True, slots=True)
class Prepared:
    """`rootfs` come before those that make the root, `mounts` are in the order of the Dockerfile."""

    rootfs: tuple[Mount, ...] = ()
    mounts: tuple[Mount, ...] = ()
    env: tuple[str, ...] = ()


@asynccontextmanager
async def prepared(stores: Stores, mounts: Sequence[StepMount], supplies: Supplies) -> AsyncIterator[Prepared]:
    """Yield what a runtime mounts; afterwards, also after cancellation, nothing is left but the caches.

    Raises NotFound for a secret or an agent that is required and was not given, CopyFailed for a missing source.
    """
    rootfs: list[Mount] = []
    made: dict[int, Mount] = {}
    env: list[str] = []
    async with AsyncExitStack() as stack:
        # Caches first, and in one order for all steps: two that wait for each other would wait for ever.
        for number, mount in sorted(enumerate(mounts), key=lambda pair: _order(pair[1], supplies)):
            if mount.kind == "tmpfs":
                made[number] = Mount(mount.target, "tmpfs", "tmpfs", _tmpfs_options(mount))
            elif mount.kind == "secret":
                content = _secret(mount, supplies)
                if content is not None and mount.variable:
                    env.append(f"{mount.variable}={content.decode('utf-8', 'surrogateescape')}")
                if content is not None and mount.target:
                    folder = stack.enter_context(supplies.folders.made("secret", in_memory=True))
                    made[number] = _bind(mount, str(_write_secret(folder, mount, content)))
            elif mount.kind == "ssh":
                socket = await _agent(stack, mount, supplies)
                if socket is not None:
                    made[number] = _bind(replace(mount, writable=True), str(socket))
            else:
                folder = stack.enter_context(supplies.folders.made("mount"))
                below = await _snapshot(stack, stores, mount, supplies)
                rootfs += [replace(m, destination=str(folder)) if m.destination == "/" else m for m in below]
                made[number] = _bind(mount, str(folder), mount.source)
        agents = [mount.target for number, mount in enumerate(mounts) if mount.kind == "ssh" and number in made]
        env += [f"SSH_AUTH_SOCK={agents[0]}"] if agents else []
        yield Prepared(tuple(rootfs), tuple(made[number] for number in sorted(made)), tuple(env))


def _order(mount: StepMount, supplies: Supplies) -> tuple[bool, str]:
    return (mount.kind != "cache", name_of(mount, supplies.origin(mount)) if mount.kind == "cache" else "")


async def _snapshot(
    stack: AsyncExitStack, stores: Stores, mount: StepMount, supplies: Supplies
) -> tuple[Mount, ...]:  # fmt: skip
    """Return what mounts the files of a bind or a cache."""
    origin = supplies.origin(mount)
    if mount.kind == "cache":
        assert supplies.caches is not None, "a cache mount needs a place for its caches"
        key = await stack.enter_async_context(supplies.caches.taken(mount, origin))
        return stores.snapshotter.mounts(key)
    if origin is None or not origin.chain:
        raise CopyFailed(f"RUN --mount failed: there are no files in scratch to mount at {mount.target}")
    chain, key = origin.chain, f"build:{tokens.token_hex(32)}"
    stack.push_async_callback(in_thread, lambda _: stores.discard(key))

    def make() -> tuple[Mount, ...]:
        _check_source(stores, chain, mount)
        if not mount.writable:
            return stores.snapshotter.view(key, chain)
        # What is written to a bind is dropped, so it is written to a snapshot of its own.
        stores.prepare(key, origin)
        return stores.snapshotter.mounts(key)

    return await in_thread(lambda _: make())


def _check_source(stores: Stores, chain: str, mount: StepMount) -> None:
    if not mount.source.strip("/"):
        return
    with stores.snapshotter.mounted(chain, read_only=True) as root:
        root_fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.close(open_in_root(root_fd, mount.source.strip("/"), os.O_PATH))
        except OSError as error:
            raise CopyFailed(
                f"RUN --mount failed: cannot mount {mount.source} at {mount.target}: {error.strerror}"
            ) from error
        finally:
            os.close(root_fd)


def _bind(mount: StepMount, source: str, part: str = "") -> Mount:
    subpath = (f"{OPTION_SUBPATH}{part.strip('/')}",) if part.strip("/") else ()
    return Mount(mount.target, "bind", source, ("rbind", "rw" if mount.writable else "ro", *subpath))


def _tmpfs_options(mount: StepMount) -> tuple[str, ...]:
    return ("nosuid", "nodev", *([f"size={mount.size_bytes}"] if mount.size_bytes else []))


def _secret(mount: StepMount, supplies: Supplies) -> bytes | None:
    found = supplies.secrets.get(mount.identity)
    if found is None and mount.required:
        raise NotFound(
            f"secret {mount.identity}: not found: this build was given no secret of that name, and it is required"
        )
    if found is not None and mount.variable and b"\0" in found:
        raise InvalidParameter(f"secret {mount.identity} has a zero byte: mount it as a file, not with env=")
    return found


async def _agent(stack: AsyncExitStack, mount: StepMount, supplies: Supplies) -> Path | None:
    """Return a socket that leads to the agent; None if there is no such agent and none is needed."""
    agent = supplies.agents.get(mount.identity)
    if agent is None:
        if mount.required:
            raise NotFound(
                f"ssh agent {mount.identity}: not found: this build was given no agent of that name (--ssh), and it is "
                "required"
            )
        return None
    socket = stack.enter_context(supplies.folders.made("agent")) / "socket"
    mode = _AGENT_MODE if mount.mode is None else mount.mode
    await stack.enter_async_context(forwarded(agent, socket, mode=mode, uid=mount.uid, gid=mount.gid))
    return socket


def _write_secret(folder: Path, mount: StepMount, content: bytes) -> Path:
    path = folder / "secret"
    path.touch(0o600)
    path.write_bytes(content)
    os.chown(path, mount.uid, mount.gid)
    os.chmod(path, _SECRET_MODE if mount.mode is None else mount.mode)
    return path
