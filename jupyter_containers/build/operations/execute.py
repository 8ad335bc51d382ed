"""RUN: a process on a writable root, whose changes become a layer."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.executor import Executor, Step, StepLimits
from jupyter_containers.build.failed_step import FailedStep, Tail
from jupyter_containers.build.failures import StepFailed
from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.build.operations import stubs
from jupyter_containers.build.operations.definitions import Execute
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.operations.step_mounts import Prepared, Supplies, prepared
from jupyter_containers.build.progress import Output, Report, Running
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.snapshots.snapshotter import OVERLAY_FORMAT

_SCRIPTS = "/dev/pipes"
NO_SUPPLIES = Supplies()
Keep = Callable[[FailedStep], None]


async def execute(
    stores: Stores,
    executor: Executor,
    operation: Execute,
    parent: Filesystem,
    report: Callable[[Report], None],
    *,
    limits: StepLimits | None = None,
    supplies: Supplies = NO_SUPPLIES,
    keep: Keep | None = None,
) -> Layer | None:
    """Run the process and return the layer it made, None if it changed nothing. `supplies` are for its mounts.

    Raises StepFailed for an exit code other than 0; `keep` gets what is left of the step, and its id is in the details
    (`failure`). After cancellation and failures: no process, no active snapshot.
    """
    step_id = secrets.token_hex(32)
    root = _Root(stores, f"build:{step_id}", parent)
    folders = ExitStack()
    tail = report = Tail(report)
    try:
        scripts = folders.enter_context(supplies.folders.made("scripts")) if operation.scripts else None
        await in_thread(lambda _: _write_scripts(operation, scripts))
        await in_thread(lambda _: root.prepare(operation))
        async with prepared(stores, operation.mounts, supplies) as added:
            report(Running(step_id))
            plain = replace(_step(stores, operation, step_id, root.key, scripts), limits=limits or StepLimits())
            step = _with_mounts(plain, added)
            code = await executor.run(step, output=lambda stream, content: report(Output(stream, content)))
        if code:
            raise StepFailed(operation.args, code, tail.lines())
        return await in_thread(lambda _: root.seal())
    except BaseException as error:
        await root.leave(error, _failed(error, step_id, operation, tail), keep)
        raise
    finally:
        folders.close()


@dataclass(slots=True)
class _Root:
    """The writable root of one step, under `key`."""

    stores: Stores
    key: str
    parent: Filesystem
    _before: stubs.Before = field(default_factory=lambda: stubs.NOTHING)

    def prepare(self, operation: Execute) -> None:
        """Make it, and look at what is there before the process runs."""
        self.stores.prepare(self.key, self.parent)
        targets = [mount.target for mount in operation.mounts]
        if not self.parent.chain:
            self._before = stubs.places(targets)
            return
        with self.stores.snapshotter.mounted(self.parent.chain, read_only=True) as root:
            self._before = stubs.look(root, targets)

    def seal(self) -> Layer | None:
        """Make a layer of what the process changed; the root is frozen."""
        upper = self.stores.snapshotter.upper(self.key)
        if upper is not None:
            is_overlay = self.stores.snapshotter.layer_format == OVERLAY_FORMAT
            stubs.clear(upper, self._before, is_overlay=is_overlay)
        return self.stores.seal(self.key, self.parent)

    async def leave(self, error: BaseException, failed: FailedStep | None, keep: Keep | None) -> None:
        """Give the root to who keeps it after a failure of the process, or remove it."""
        try:
            if failed is not None and keep is not None:
                await self._hand_over(failed, error, keep)
        finally:
            await self.stores.discard_after(self.key, error)

    async def _hand_over(self, failed: FailedStep, error: BaseException, keep: Keep) -> None:
        try:
            layer = await in_thread(lambda _: self.seal())
            keep(replace(failed, filesystem=self.parent.with_layer(layer), has_layer=layer is not None))
        except (OSError, ContainersError) as second:
            # A full disk, maybe: it must not hide why the step failed.
            error.add_note(f"and the failed step could not be kept: {second}")
            return
        if isinstance(error, ContainersError):
            error.details["failure"] = failed.id


def _with_mounts(step: Step, added: Prepared) -> Step:
    return replace(
        step,
        rootfs=(*added.rootfs, *step.rootfs),
        mounts=(*step.mounts, *added.mounts),
        env=(*step.env, *added.env),
    )


def _failed(error: BaseException, step_id: str, operation: Execute, tail: Tail) -> FailedStep | None:
    """Return what a process left that ended badly, or could not be executed; None for any other failure."""
    if not isinstance(error, ContainersError):
        return None
    code = error.details.get("code" if isinstance(error, StepFailed) else "exit_code")
    return FailedStep(step_id, operation, Filesystem(), int(code), tail.lines()) if code else None


def _step(stores: Stores, operation: Execute, step_id: str, key: str, scripts: Path | None) -> Step:
    return Step(
        id=step_id,
        rootfs=stores.snapshotter.mounts(key),
        args=operation.args,
        env=(*operation.env, *operation.hidden_env),
        cwd=operation.cwd,
        user=operation.user,
        network=operation.network,
        hostname=operation.hostname or step_id[:12],
        is_privileged=operation.is_insecure,
        mounts=tuple(
            Mount(f"{_SCRIPTS}/{name}", "bind", str(scripts / str(number)), ("rbind", "ro"))
            for number, (name, _) in enumerate(operation.scripts)
        )
        if scripts
        else (),
    )


def _write_scripts(operation: Execute, folder: Path | None) -> None:
    if folder is None:
        return
    # Whoever the process runs as must be able to read its script; the folder's name is not guessable.
    os.chmod(folder, 0o711)
    for number, (_, content) in enumerate(operation.scripts):
        # Not by its name: that comes from a Dockerfile, and this folder is on the host.
        path = folder / str(number)
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
        os.chmod(path, 0o755)
