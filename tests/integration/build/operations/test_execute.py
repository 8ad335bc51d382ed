from __future__ import annotations

import asyncio
import errno
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_containers.build.executor import Step
from jupyter_containers.build.failed_step import FailedStep
from jupyter_containers.build.failures import StepFailed
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations import source
from jupyter_containers.build.operations.definitions import Execute, ImageRoot
from jupyter_containers.build.operations.execute import execute
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.progress import Output, Report, Running
from jupyter_containers.errors import ContainersError
from tests.support.build_site import BuildSite

pytestmark = pytest.mark.needs("root", "overlay")


def run(site: BuildSite, operation: Execute, executor: object = None) -> tuple[list[str], list[Report]]:
    """Run on busybox's root; return the names in the layer, and the reports."""
    reports: list[Report] = []
    stores = Stores(site.content, site.snapshots)

    async def scenario() -> list[str]:
        parent = await source.unpack_root(stores, ImageRoot(site.images["busybox"]))
        layer = await execute(stores, executor or site.executor, operation, parent, reports.append)
        if layer is None:
            return []
        with tarfile.open(site.content.path(layer.descriptor.digest)) as tar:
            return tar.getnames()

    return asyncio.run(scenario()), reports


def test_what_a_process_writes_and_makes_is_reported_and_kept(site: BuildSite) -> None:
    names, reports = run(site, Execute(("/bin/sh", "-c", "echo out; echo > /new"), env=("PATH=/bin",)))
    assert names == ["new"]
    assert isinstance(reports[0], Running)
    assert reports[1:] == [Output(1, b"out\n")]


def test_the_step_says_all_that_an_executor_needs(site: BuildSite) -> None:
    run(site, Execute(("/bin/true",), ("A=1",), "/etc", "1000", "none", hidden_env=("P=2",)))
    (step,) = site.executor.steps
    assert (step.args, step.env, step.cwd, step.user, step.network) == (
        ("/bin/true",),
        ("A=1", "P=2"),
        "/etc",
        "1000",
        "none",
    )
    assert len(step.id) == 64
    assert step.hostname == step.id[:12]
    assert step.rootfs[-1].type == "overlay"


def test_mount_points_are_not_in_the_layer_but_what_lies_beside_them_is(site: BuildSite) -> None:
    assert run(site, Execute(("/bin/true",)))[0] == []
    names, _ = run(site, Execute(("/bin/touch", "/etc/mine")))
    assert names == ["etc", "etc/mine"]


def test_a_script_is_there_for_the_process_and_nowhere_afterwards(site: BuildSite) -> None:
    scripts: list[Path] = []

    class Watching:
        async def run(self, step: Step, *, output: Callable[[int, bytes], None]) -> int:
            scripts.extend(Path(mount.source) for mount in step.mounts)
            assert scripts[0].read_text() == "#!/bin/sh\necho from script\n"
            assert step.mounts[0].destination == "/dev/pipes/S"
            return 0

    run(site, Execute(("/dev/pipes/S",), scripts=(("S", "#!/bin/sh\necho from script\n"),)), Watching())
    assert not scripts[0].parent.exists()


def test_another_code_than_0_is_a_failed_step(site: BuildSite) -> None:
    with pytest.raises(StepFailed) as failure:
        run(site, Execute(("/bin/sh", "-c", "exit 7")))
    assert failure.value.code == 7


@pytest.mark.parametrize("failure", [OSError("broken"), asyncio.CancelledError()])
def test_an_executor_that_fails_leaves_no_snapshot(site: BuildSite, failure: BaseException) -> None:
    class Failing:
        async def run(self, step: Step, *, output: Callable[[int, bytes], None]) -> int:
            raise failure

    with pytest.raises(type(failure)):
        run(site, Execute(("/bin/true",)), Failing())
    assert site.unfinished() == []


def test_a_process_can_run_on_nothing(site: BuildSite) -> None:
    class Writing:
        """Stands for a runtime: makes its mount points, and one file of the process."""

        async def run(self, step: Step, *, output: Callable[[int, bytes], None]) -> int:
            upper = site.snapshots.upper(f"build:{step.id}")
            assert upper is not None
            (upper / "etc").mkdir()
            (upper / "etc/hosts").touch()
            (upper / "made").touch()
            return 0

    stores = Stores(site.content, site.snapshots)
    layer = asyncio.run(execute(stores, Writing(), Execute(("x",)), Filesystem(), lambda _: None))
    assert layer is not None
    with tarfile.open(site.content.path(layer.descriptor.digest)) as tar:
        assert tar.getnames() == ["made"]


def failed(site: BuildSite, keep: Callable[[FailedStep], None]) -> ContainersError:
    """Run what fails, where failures are kept; return the error."""
    stores = Stores(site.content, site.snapshots)

    async def scenario() -> ContainersError:
        parent = await source.unpack_root(stores, ImageRoot(site.images["busybox"]))
        operation = Execute(("/bin/sh", "-c", "echo one; echo two; echo > /left; exit 7"), env=("PATH=/bin",))
        with pytest.raises(ContainersError) as failure:
            await execute(stores, site.executor, operation, parent, lambda _: None, keep=keep)
        return failure.value

    return asyncio.run(scenario())


def test_what_a_failed_process_left_is_kept(site: BuildSite) -> None:
    kept: list[FailedStep] = []
    error = failed(site, kept.append)
    (step,) = kept
    assert isinstance(error, StepFailed)
    assert error.details == {"code": 7, "output": ["one", "two"], "failure": step.id}
    assert (step.code, step.output, len(step.filesystem.layers)) == (7, ("one", "two"), 2)
    with site.snapshots.mounted(step.filesystem.chain, read_only=True) as root:
        assert (root / "left").exists()


def test_a_root_that_cannot_be_kept_does_not_hide_the_failure(site: BuildSite) -> None:
    def keep(_: FailedStep) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    error = failed(site, keep)
    assert (error.details["code"], "failure" in error.details) == (7, False)
    assert error.__notes__ == ["and the failed step could not be kept: [Errno 28] No space left on device"]
