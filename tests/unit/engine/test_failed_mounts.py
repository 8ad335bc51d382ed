"""What the mounts of a failed step become."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.build.failed_step import FailedStep
from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.build.operations.caches import name_of
from jupyter_containers.build.operations.definitions import Execute, StepMount
from jupyter_containers.engine.containers.record import MountRequest
from jupyter_containers.engine.failed_mounts import FailedMounts
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.snapshots.plain import PlainSnapshotter
from tests.support.memory_records import MemoryRecords


def layers(count: int) -> Filesystem:
    digests = [Digest.of(bytes([number])) for number in range(count)]
    return Filesystem.of(tuple(Layer(Descriptor("x", digest, 1), digest) for digest in digests))


def step(*mounts: StepMount, origins: tuple[Filesystem, ...] = (), **operation: object) -> FailedStep:
    return FailedStep("1" * 64, Execute(("x",), mounts=mounts, **operation), Filesystem(), 1, origins=origins)  # type: ignore[arg-type]


def test_memory_and_a_cache_come_back(tmp_path: Path) -> None:
    snapshots = PlainSnapshotter(tmp_path / "s", MemoryRecords())
    cache, memory = StepMount("cache", "/cache", identity="pip"), StepMount("tmpfs", "/mem", size_bytes=99)
    mounts = FailedMounts(snapshots, tmp_path / "f")
    assert mounts.shown(step(cache)).missing == ("the cache pip is not at /cache: it is gone, or stands on an image",)
    snapshots.prepare(name_of(cache, None))
    shown = mounts.shown(step(cache, memory))
    assert shown.mounts == (MountRequest("bind", "/cache", str(snapshots.upper(name_of(cache, None)))),)
    assert shown.tmpfs == {"/mem": "size=99"}
    assert shown.missing == ()


def test_files_of_the_context_come_back_and_no_link_leads_out_of_them(tmp_path: Path) -> None:
    snapshots, context = PlainSnapshotter(tmp_path / "s", MemoryRecords()), layers(1)
    snapshots.prepare("making")
    folder = snapshots.upper("making")
    assert folder is not None
    (folder / "part").mkdir()
    (folder / "out").symlink_to("/etc")
    snapshots.commit(context.chain, "making")
    mounts = FailedMounts(snapshots, tmp_path / "f")
    shown = mounts.shown(step(StepMount("bind", "/src", "/part", 1), origins=(context,)))
    assert [(mount.target, mount.read_only) for mount in shown.mounts] == [("/src", True)]
    assert Path(shown.mounts[0].source).is_dir()
    shown = mounts.shown(step(StepMount("bind", "/src", "/out", 1), origins=(context,)))
    assert (shown.mounts, shown.missing) == ((), ("/out of another image or stage is not at /src",))


def test_what_is_kept_nowhere_is_told(tmp_path: Path) -> None:
    mounts = FailedMounts(PlainSnapshotter(tmp_path / "s", MemoryRecords()), tmp_path / "f")
    lost = step(
        StepMount("secret", "/run/secrets/a", identity="a"), StepMount("secret", "", identity="b", variable="B"),
        StepMount("ssh", "/agent"), StepMount("bind", "/tools", "/usr", 1), origins=(layers(2),),
    )  # fmt: skip
    assert mounts.shown(lost).missing == (
        "the secret a is not at /run/secrets/a: secrets are kept nowhere",
        "the secret b is not in B: secrets are kept nowhere",
        "there is no ssh agent at /agent: agents are not kept",
        "/usr of another image or stage is not at /tools",
    )


def test_the_name_of_a_script_leads_nowhere_on_this_machine(tmp_path: Path) -> None:
    mounts = FailedMounts(PlainSnapshotter(tmp_path / "s", MemoryRecords()), tmp_path / "f")
    away = tmp_path / "away"
    (mount,) = mounts.prepare(step(scripts=((str(away), "#!/bin/sh\n"),))).mounts
    assert not away.exists()
    assert Path(mount.source).is_relative_to(tmp_path / "f")


def test_scripts_are_files_as_long_as_the_step_is_kept(tmp_path: Path) -> None:
    mounts = FailedMounts(PlainSnapshotter(tmp_path / "s", MemoryRecords()), tmp_path / "f")
    scripted = step(scripts=(("EOF", "#!/bin/sh\n"),))
    (mount,) = mounts.prepare(scripted).mounts
    assert mount.target == "/dev/pipes/EOF"
    assert Path(mount.source).read_text() == "#!/bin/sh\n"
    mounts.tidy({scripted.id})
    assert Path(mount.source).exists()
    mounts.tidy(())
    assert not Path(mount.source).exists()
