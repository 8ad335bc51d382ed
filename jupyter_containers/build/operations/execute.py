"""RUN: a process on a writable root, whose changes become a layer."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.executor import Executor, Step, StepLimits
from jupyter_containers.build.failed_step import FailedStep, Tail
from jupyter_containers.build.failures import StepFailed
from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.build.operations import stubs
from jupyter_containers.build.operations.definitions import Execute
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.operations.step_mounts import Supplies, prepared
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
    key = f"build:{step_id}"
    scripts: Path | None = None
    tail = report = Tail(report)
    try:
        scripts = await in_thread(lambda _: _write_scripts(operation))
        before = await in_thread(lambda _: _prepare(stores, key, parent, operation))
        async with prepared(stores, operation.mounts, supplies) as added:
            report(Running(step_id))
            step = replace(_step(stores, operation, step_id, key, scripts), limits=limits or StepLimits())
            step = replace(
                step,
                rootfs=(*added.rootfs, *step.rootfs),
                mounts=(*step.mounts, *added.mounts),
                env=(*step.env, *added.env),
            )
            code = await executor.run(step, output=lambda stream, content: report(Output(stream, content)))
        if code:
            raise StepFailed(operation.args, code, tail.lines())
        return await in_thread(lambda _: _seal(stores, key, parent, before))
    except BaseException as error:
        try:
            failed = _failed(error, step_id, operation, tail)
            if failed is not None and keep is not None:
                added = in_thread(lambda _: _seal(stores, key, parent, before))
                await _keep(failed, parent, added, error, keep)
        finally:
            await stores.discard_after(key, error)
        raise
    finally:
        if scripts is not None:
            shutil.rmtree(scripts, ignore_errors=True)


def _failed(error: BaseException, step_id: str, operation: Execute, tail: Tail) -> FailedStep | None:
    """Return what a process left that ended badly, or could not be executed; None for any other failure."""
    if not isinstance(error, ContainersError):
        return None
    code = error.details.get("code" if isinstance(error, StepFailed) else "exit_code")
    return FailedStep(step_id, operation, Filesystem(), int(code), tail.lines()) if code else None


async def _keep(
    failed: FailedStep, parent: Filesystem, added: Awaitable[Layer | None], error: BaseException, keep: Keep
) -> None:
    """Freeze the root as the process left it. That this goes wrong (a full disk) must not hide why the step failed."""
    try:
        keep(replace(failed, filesystem=parent.with_layer(await added)))
    except (OSError, ContainersError) as second:
        error.add_note(f"and the failed step could not be kept: {second}")
        return
    if isinstance(error, ContainersError):
        error.details["failure"] = failed.id


def _prepare(stores: Stores, key: str, parent: Filesystem, operation: Execute) -> stubs.Before:
    stores.prepare(key, parent)
    targets = [mount.target for mount in operation.mounts]
    if not parent.chain:
        return stubs.places(targets)
    with stores.snapshotter.mounted(parent.chain, read_only=True) as root:
        return stubs.look(root, targets)


def _step(stores: Stores, operation: Execute, step_id: str, key: str, scripts: Path | None) -> Step:
    return Step(
        id=step_id,
        rootfs=stores.snapshotter.mounts(key),
        args=operation.args,
        env=(*operation.env, *operation.hidden_env),
        cwd=operation.cwd,
        user=operation.user,
        network=operation.network,
        hostname=step_id[:12],
        mounts=tuple(
            Mount(f"{_SCRIPTS}/{name}", "bind", str(scripts / name), ("rbind", "ro")) for name, _ in operation.scripts
        )
        if scripts
        else (),
    )


def _seal(stores: Stores, key: str, parent: Filesystem, before: stubs.Before) -> Layer | None:
    upper = stores.snapshotter.upper(key)
    if upper is not None:
        stubs.clear(upper, before, is_overlay=stores.snapshotter.layer_format == OVERLAY_FORMAT)
    return stores.seal(key, parent)


def _write_scripts(operation: Execute) -> Path | None:
    if not operation.scripts:
        return None
    folder = Path(mkdtemp(prefix="build-scripts-"))
    # Whoever the process runs as must be able to read its script; the folder's name is not guessable.
    os.chmod(folder, 0o711)
    for name, content in operation.scripts:
        path = folder / name
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
        os.chmod(path, 0o755)
    return folder
