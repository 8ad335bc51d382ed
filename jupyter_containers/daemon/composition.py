"""The composition root: every room is made here, once, and handed to those who need it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_containers.build.builder import Builder
from jupyter_containers.build.operations import step_folders
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.operations.step_folders import StepFolders
from jupyter_containers.cgroups.manager import choose
from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.daemon.configuration import Configuration
from jupyter_containers.daemon.flushing import Flushing, boot_id
from jupyter_containers.engine.base_images import BaseImages
from jupyter_containers.engine.build_caches import BuildCaches
from jupyter_containers.engine.build_results import BuildResults
from jupyter_containers.engine.builds import Builds
from jupyter_containers.engine.containers import Containers
from jupyter_containers.engine.containers.name_server import NameServers
from jupyter_containers.engine.contexts import Contexts
from jupyter_containers.engine.engine import Engine
from jupyter_containers.engine.environment import CGROUP_PARENT, Environment
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.exports import Exports
from jupyter_containers.engine.failed_mounts import FailedMounts
from jupyter_containers.engine.failed_steps import FailedSteps
from jupyter_containers.engine.garbage import Garbage, Needed
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.layer_listings import LayerListings
from jupyter_containers.engine.networks import Daemon, Networks
from jupyter_containers.engine.processes import Execs
from jupyter_containers.engine.pushes import Pushes
from jupyter_containers.engine.sharing import Sharing
from jupyter_containers.engine.steps import StepExecutor, check_limits
from jupyter_containers.engine.system import System
from jupyter_containers.engine.tracing import Traces
from jupyter_containers.engine.transfers import Transfers
from jupyter_containers.engine.volumes import Volumes
from jupyter_containers.images.host_folders import Shown
from jupyter_containers.images.walk import Image
from jupyter_containers.linux import trees
from jupyter_containers.metadata import (
    blob_places,
    build_cache,
    containers,
    failed_steps,
    images,
    networks,
    snapshots,
    volumes,
)
from jupyter_containers.metadata.database import Database
from jupyter_containers.network.networks import Networking
from jupyter_containers.paths import default_places
from jupyter_containers.registry import Registry
from jupyter_containers.registry.retries import RetryPolicy
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from jupyter_containers.supervisor.host_mounts import HostMounts
from jupyter_containers.supervisor.launcher import Launcher

if TYPE_CHECKING:
    from jupyter_containers.engine.bootstraps import Bootstraps

STORAGE_DRIVER = "overlay2"
# Above the groups of all containers; engine/specification.py names them.


class Composition:
    """All rooms of one daemon, wired. `open`, then serve `engine`, then `end_streams` and `close`."""

    def __init__(self, configuration: Configuration, launcher: Launcher, host_mounts: HostMounts) -> None:
        self._configuration = configuration
        self._data = configuration.places.data
        self._launcher = launcher
        self._host_mounts = host_mounts
        self._folder = self._data / "tmp"
        _make_folders(self._data, self._folder)
        self._database = Database(self._data / "metadata.db")
        self._content = DirectoryStore(self._data / "content")
        folder, boot = self._data / "snapshots", boot_id()
        self._snapshots = OverlaySnapshotter(folder, snapshots.Snapshots(self._database), boot=boot)
        self._flushing = Flushing(self._database, folder, boot)
        self._events = Events()
        self._garbage = Garbage(self._content, self._snapshots)
        self._blob_places = blob_places.BlobPlaces(self._database)
        self._registry = Registry(
            self._content,
            insecure=configuration.insecure_registries,
            mirrors=configuration.registry_mirrors,
            nondistributable=configuration.nondistributable,
            retries=RetryPolicy.of(configuration.max_download_attempts),
            places=self._blob_places,
        )
        self._networking = Networking(scope=_scope(self._data))
        self._cgroups = choose()
        self._build_cache = build_cache.BuildCache(self._database)
        self.engine = self._engine(_daemon_id(self._data))
        self._introduce()

    def _engine(self, daemon_id: str) -> Engine:
        engine_images = self._images()
        transfers = self._transfers(engine_images)
        pushes = Pushes(engine_images, self._registry, self._content)
        records = volumes.Volumes(self._database)
        engine_volumes = Volumes(self._data / "volumes", records, self._events, host=self._host_mounts, now=_now)
        daemon = Daemon(daemon_id, _now(), _now)
        engine_networks = Networks(daemon, self._networking, networks.Networks(self._database), self._events)
        self._name_servers = NameServers(engine_networks.directory)
        environment = self._environment(engine_images, engine_volumes, engine_networks)
        engine_containers = Containers(environment)
        failures = self._failed_steps(environment, engine_containers)
        return Engine(
            containers=engine_containers,
            execs=Execs(engine_containers.roster),
            images=engine_images,
            transfers=transfers,
            exports=Exports(engine_images, self._content),
            layer_listings=LayerListings(engine_images, self._content),
            pushes=pushes,
            builds=self._builds(environment, transfers, pushes, engine_containers, failures),
            failed_steps=failures,
            bootstraps=self._bootstraps(environment, engine_containers),
            networks=engine_networks,
            volumes=engine_volumes,
            events=self._events,
            sharing=Sharing(engine_images, self._content, self._data / "sharing"),
            system=self._system(daemon_id, engine_containers, engine_images),
            traces=Traces(),
        )

    def _environment(self, engine_images: Images, engine_volumes: Volumes, engine_networks: Networks) -> Environment:
        return Environment(
            places=self._configuration.places,
            container_records=containers.Containers(self._database),
            content=self._content,
            snapshots=self._snapshots,
            images=engine_images,
            volumes=engine_volumes,
            networking=self._networking,
            networks=engine_networks,
            name_servers=self._name_servers,
            launcher=self._launcher,
            cgroups=self._cgroups,
            events=self._events,
            clock_ns=time.time_ns,
        )

    def _images(self) -> Images:
        return Images(
            images.Images(self._database),
            images.ImageRecords(self._database),
            content=self._content,
            snapshots=self._snapshots,
            events=self._events,
            garbage=self._garbage,
            make_host=self._host_image,
            now=_now,
        )

    def _host_image(self, shown: Shown) -> Image:
        # Here, and not at the top: it is long, and not everybody's base.
        from jupyter_containers.images.host import host_image

        places = self._configuration.places
        return host_image(self._content, self._snapshots, hidden=(places.data, places.run), shown=shown)

    def _transfers(self, engine_images: Images) -> Transfers:
        return Transfers(
            engine_images,
            self._registry,
            content=self._content,
            snapshots=self._snapshots,
            events=self._events,
            garbage=self._garbage,
        )

    def _failed_steps(self, environment: Environment, engine_containers: Containers) -> FailedSteps:
        return FailedSteps(
            failed_steps.FailedSteps(self._database),
            containers=engine_containers,
            images=environment.images,
            content=self._content,
            mounts=FailedMounts(self._snapshots, self._data / "failed-steps"),
        )

    def _builds(
        self,
        environment: Environment,
        transfers: Transfers,
        pushes: Pushes,
        engine_containers: Containers,
        failures: FailedSteps,
    ) -> Builds:
        contexts = Contexts(self._registry, self._folder)
        bases = BaseImages(environment.images, transfers)
        builder = Builder(
            content=self._content,
            snapshotter=self._snapshots,
            cache_records=self._build_cache,
            executor=StepExecutor(engine_containers.roster, self._folder),
            images=bases,
            downloads=contexts,
            keeper=failures,
            folders=StepFolders(self._folder),
        )
        return Builds(
            builder,
            environment.images,
            bases=bases,
            cache=self._build_cache,
            events=self._events,
            garbage=self._garbage,
            contexts=contexts,
            results=BuildResults(self._content, self._snapshots, self._garbage),
            pushes=pushes,
            caches=BuildCaches(self._registry, environment.images, self._content, self._garbage),
            failed_steps=failures,
            check=lambda limits, network: check_limits(engine_containers.roster, limits, network),
            cache_limits=self._configuration.cache_limits,
        )

    def _bootstraps(self, environment: Environment, engine_containers: Containers) -> Callable[[], Bootstraps]:
        @cache
        def make() -> Bootstraps:
            # Here, and not at the top: most daemons never make an image from packages.
            from jupyter_containers.engine.bootstraps import Bootstraps

            return Bootstraps(
                environment.images,
                Stores(self._content, self._snapshots),
                fetch=self._registry.fetch,
                executor=StepExecutor(engine_containers.roster, self._folder),
                garbage=self._garbage,
            )

        return make

    def _system(self, daemon_id: str, engine_containers: Containers, engine_images: Images) -> System:
        configuration = self._configuration
        return System(
            daemon_id=daemon_id,
            places=configuration.places,
            cgroup_version=self._cgroups.version,
            limits=self._cgroups.capabilities(),
            storage_driver=STORAGE_DRIVER,
            insecure_registries=configuration.insecure_registries,
            registry_mirrors=configuration.registry_mirrors,
            is_debug=configuration.log_level == "debug",
            exposure=configuration.warnings(),
            count_containers=engine_containers.counts,
            count_images=engine_images.count,
        )

    def _introduce(self) -> None:
        """Tell those who must not know containers who uses what they own."""
        engine_containers = self.engine.containers
        self.engine.images.users = engine_containers.image_users
        self.engine.volumes.used_by = engine_containers.volume_users
        self.engine.networks.endpoints = engine_containers.endpoints
        self._garbage.protect(lambda: [Needed(snapshots=frozenset(engine_containers.snapshots()))])
        self._garbage.protect(self.engine.builds.needed)
        self._garbage.protect(self.engine.failed_steps.needed)
        self._garbage.on_blobs_removed = self._blob_places.forget

    async def open(self) -> None:
        """Bring everything together after whatever ended the last daemon: containers first, then leftovers."""
        await self._networking.open()
        self._content.recover()
        self._snapshots.recover()
        # Before anything may stand on it: containers are started again below.
        await asyncio.to_thread(self._flushing.mend, self._unpack_again)
        self.engine.volumes.recover()
        self.engine.networks.recover()
        await self.engine.containers.recover()
        await self.engine.failed_steps.open()
        await self._garbage.collect()
        await self.engine.sharing.recover()

    def _unpack_again(self, names: list[str]) -> list[str]:
        # Here, and not at the top: a power cut is rare.
        from jupyter_containers.daemon.storage.store import Store
        from jupyter_containers.daemon.storage.unpacked import unpack_again

        return unpack_again(Store(self._data, self._database), names)

    async def warm_up(self) -> None:
        """Load what the first container would wait for."""
        await self._networking.warm_up()

    def give_back(self) -> None:
        """Let go of memory that only makes the next work of the same kind faster, and flush what was unpacked."""
        self._database.give_back()
        self._flushing.later()

    def end_streams(self) -> None:
        """Let answers that would last for ever end: the server waits for them."""
        self._events.close()

    async def close(self) -> None:
        """Let go of containers, which run on, and of everything else. The network goes when nobody is on it."""
        await self.engine.sharing.close()
        counts = self.engine.containers.counts()
        await self.engine.containers.close()
        self._name_servers.close_all()
        is_deserted = not (counts.running or counts.paused)
        await self._networking.close(remove=is_deserted)
        if is_deserted:
            self._cgroups.tidy(CGROUP_PARENT)
        await self._registry.close()
        await self._garbage.close()
        await self._flushing.close()
        self._database.close()


def _make_folders(data: Path, temporary: Path) -> None:
    # What an unfinished build or load left is worth nothing to the next daemon; a context may be nested very deep.
    step_folders.clear(temporary)
    trees.remove_path(temporary)
    data.mkdir(parents=True, exist_ok=True, mode=0o711)
    # Set-user-id programs of images, and what is secret in them, are not for other users of this host: CVE-2021-41091.
    for folder in (temporary, *(data / name for name in ("containers", "content", "sharing", "snapshots", "volumes"))):
        folder.mkdir(exist_ok=True, mode=0o700)
        folder.chmod(0o700)


def _scope(data: Path) -> str:
    """Return what keeps this daemon's bridge and firewall table apart from another's; empty for the usual one."""
    return "" if data == default_places().data else str(data)


def _daemon_id(data: Path) -> str:
    """Return the id of this data root, made at its first use."""
    path = data / "id"
    if not path.exists():
        path.write_text(f"{secrets.token_hex(16)}\n")
    return path.read_text().strip()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
