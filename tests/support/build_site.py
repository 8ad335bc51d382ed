"""A place to build in, on the real kernel: stores in one folder, and processes in a plain chroot instead of shims.

The chroot leaves what a runtime leaves: it makes the mount points it would need (see build/executor.py).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

from jupyter_containers.build.builder import Builder, BuildOptions
from jupyter_containers.build.context import Context
from jupyter_containers.build.executor import Step
from jupyter_containers.build.progress import Event, PullProgress, StepCached, StepOutput, StepStarted
from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import NotFound
from jupyter_containers.images.assemble import assemble
from jupyter_containers.images.walk import Image
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts as kernel
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.metadata.build_cache import BuildCache
from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.snapshots import Snapshots
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import ImageConfig, ProcessDefaults
from jupyter_containers.oci.platform import Platform, host_platform
from jupyter_containers.oci.runtime_spec import OPTION_SUBPATH, Mount
from jupyter_containers.oci.snapshot_record import COMMITTED
from jupyter_containers.snapshots.mounting import mounted_at
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from tests.support.busybox_image import rootfs_tar

NO_FILES: Mapping[str, str] = MappingProxyType({})

_ENTER = """
import os, sys
root, cwd, user, *args = sys.argv[1:]
os.chroot(root); os.chdir(cwd)
if user: os.setgroups([]); os.setgid(int(user)); os.setuid(int(user))
try: os.execvpe(args[0], args, os.environ)
except OSError as error: sys.stderr.write(str(error)); os._exit(127)
"""


class ChrootExecutor:
    """Implements build's Executor; `user` must be a number. Remembers the steps it ran.

    `stdin` is what they read from: at the end of a pipe they wait until its other end is closed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.steps: list[Step] = []
        self.most_at_once = self._running = 0
        self.stdin = subprocess.DEVNULL

    async def run(self, step: Step, *, output: Callable[[int, bytes], None]) -> int:
        self.steps.append(step)
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        root = self._folder / f"root-{step.id[:12]}"
        root.mkdir()
        try:
            with mounted_at(step.rootfs, root):
                _make_mount_points(root)
                with ExitStack() as stack:
                    for mount in step.mounts:
                        stack.enter_context(_mounted(mount, root))
                    return await self._run(step, root, output)
        finally:
            self._running -= 1
            root.rmdir()

    async def _run(self, step: Step, root: Path, output: Callable[[int, bytes], None]) -> int:
        command = [sys.executable, "-I", "-S", "-c", _ENTER, str(root), step.cwd, step.user, *step.args]
        process = await asyncio.create_subprocess_exec(
            *command,
            env=dict(entry.partition("=")[::2] for entry in step.env),
            stdin=self.stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

        async def pump(stream: int, reader: asyncio.StreamReader) -> None:
            while chunk := await reader.read(65536):
                output(stream, chunk)

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pump(1, process.stdout))
                group.create_task(pump(2, process.stderr))
            return await process.wait()
        except BaseException:
            os.killpg(process.pid, 9)
            await process.wait()
            raise


def _inside(root: Path, path: str) -> Path:
    root_fd = os.open(root, os.O_PATH | os.O_DIRECTORY) if root.is_dir() else -1
    if root_fd < 0:
        return root
    fd = open_in_root(root_fd, path, os.O_PATH)
    try:
        return Path(os.readlink(f"/proc/self/fd/{fd}"))
    finally:
        os.close(fd)
        os.close(root_fd)


@contextmanager
def _mounted(mount: Mount, root: Path) -> Iterator[None]:
    place = root / mount.destination.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    subpath = next((option for option in mount.options if option.startswith(OPTION_SUBPATH)), OPTION_SUBPATH)
    source = _inside(Path(mount.source), subpath.removeprefix(OPTION_SUBPATH)) if mount.type == "bind" else None
    if source is None or source.is_dir():
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    options = [option for option in mount.options if option not in ("rbind", "rw", "ro", subpath)]
    flags, _, words = kernel.parse_options(options)
    kernel.mount(source or mount.source, place, mount.type, flags | (c.MS_BIND if mount.type == "bind" else 0), words)
    if "ro" in mount.options:
        kernel.mount(None, place, None, c.MS_BIND | c.MS_REMOUNT | c.MS_RDONLY)
    try:
        yield
    finally:
        kernel.unmount(place)
        if mount.destination.startswith("/dev/pipes/"):
            place.unlink()
            place.parent.rmdir()


def _make_mount_points(root: Path) -> None:
    for name in ("dev", "proc", "sys", "etc"):
        (root / name).mkdir(exist_ok=True)
    for name in ("etc/hosts", "etc/hostname", "etc/resolv.conf"):
        (root / name).touch()


class BuildSite:
    """Stores, base images and a builder under `folder`. Close it at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database(folder / "metadata.db")
        self.content = DirectoryStore(folder / "content")
        self.snapshots = OverlaySnapshotter(folder / "snapshots", Snapshots(self.database))
        self.records = BuildCache(self.database)
        self.executor = ChrootExecutor(folder)
        self.images: dict[str, Image] = {"busybox": busybox(self.content)}
        self.asked: list[tuple[str, bool]] = []
        self.builder = self.new_builder()

    def new_builder(self) -> Builder:
        return Builder(
            content=self.content,
            snapshotter=self.snapshots,
            cache_records=self.records,
            executor=self.executor,
            images=self,
        )

    def close(self) -> None:
        self.database.close()

    async def resolve(
        self, reference: str, pull: bool, report: Callable[[PullProgress], None], *, platform: Platform | None = None
    ) -> Image:
        """Implements BaseImages."""
        self.asked.append((reference, pull))
        if reference not in self.images:
            raise NotFound(f"pull access denied for {reference}")
        return self.images[reference]

    async def local(self, reference: str) -> Image | None:
        return self.images.get(reference)

    def build(
        self,
        dockerfile: str,
        files: Mapping[str, str] | Path = NO_FILES,
        events: list[Event] | None = None,
        **options: object,
    ) -> Image:
        """Build and return the image; events are appended to `events`."""
        return asyncio.run(self.build_async(dockerfile, files, events, **options))

    async def build_async(
        self,
        dockerfile: str,
        files: Mapping[str, str] | Path = NO_FILES,
        events: list[Event] | None = None,
        **options: object,
    ) -> Image:
        context = files if isinstance(files, Path) else self.context(files)
        heard = [] if events is None else events
        return await self.builder.build(dockerfile, Context(context), BuildOptions(**options), heard.append)

    def context(self, files: Mapping[str, str]) -> Path:
        """Make a folder with these files."""
        root = self.folder / f"context-{os.urandom(4).hex()}"
        root.mkdir()
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return root

    @contextmanager
    def root_of(self, image: Image) -> Iterator[Path]:
        """Mount the image's root read-only."""
        with self.snapshots.mounted(image.top, read_only=True) as root:
            yield root

    def unfinished(self) -> list[str]:
        """Return the snapshots that are not committed."""
        return [record.key for record in self.snapshots.walk() if record.kind != COMMITTED]

    @property
    def commands(self) -> list[str]:
        """Return what the executor was asked to run, last words only."""
        return [step.args[-1] for step in self.executor.steps]


def busybox(content: DirectoryStore) -> Image:
    tar = rootfs_tar()
    digest = content.write(tar)
    config = ImageConfig(host_platform(), (Digest.of(tar),), ProcessDefaults(env=("PATH=/bin",), cmd=("sh",)))
    return assemble(content, config, [Descriptor(media_types.OCI_LAYER, digest, len(tar))])


def output_of(events: list[Event]) -> str:
    return b"".join(event.content for event in events if isinstance(event, StepOutput)).decode()


def told(events: list[Event]) -> list[str]:
    """Return the texts of the steps, with a star at those that were cached."""
    cached = {event.number for event in events if isinstance(event, StepCached)}
    started = [event for event in events if isinstance(event, StepStarted)]
    return [f"{event.text}{' *' if event.number in cached else ''}" for event in started]
