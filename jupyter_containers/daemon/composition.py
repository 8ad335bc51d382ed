"""The composition root: every room is made here, once, and handed to those who need it."""

from __future__ import annotations

import secrets
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from jupyter_containers.build.builder import Builder
from jupyter_containers.cgroups.manager import choose
from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.daemon.configuration import Configuration
from jupyter_containers.engine.builds import BaseImages, Builds
from jupyter_containers.engine.containers import Containers
from jupyter_containers.engine.engine import Engine
from jupyter_containers.engine.environment import Environment
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.garbage import Garbage
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.networks import Networks
from jupyter_containers.engine.processes import Execs
from jupyter_containers.engine.steps import StepExecutor
from jupyter_containers.engine.system import System
from jupyter_containers.engine.transfers import Transfers
from jupyter_containers.engine.volumes import Volumes
from jupyter_containers.images.host import host_image
from jupyter_containers.images.walk import Image
from jupyter_containers.metadata import build_cache, containers, images, snapshots, volumes
from jupyter_containers.metadata.database import Database
from jupyter_containers.network.networks import Networking
from jupyter_containers.registry import Registry
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from jupyter_containers.supervisor.launcher import Launcher


class Composition:
    """All rooms of one daemon, wired. `open`, then serve `engine`, then `end_streams` and `close`."""

    def __init__(self, configuration: Configuration, launcher: Launcher) -> None:
        places, data = configuration.places, configuration.places.data
        self._folder = data / "tmp"
        self._make_folders(data)
        self._database = Database(data / "metadata.db")
        self._content = DirectoryStore(data / "content")
        self._snapshots = OverlaySnapshotter(data / "snapshots", snapshots.Snapshots(self._database))
        self._events = Events()
        self._garbage = Garbage(self._content, self._snapshots)
        self._registry = Registry(self._content, insecure=configuration.insecure_registries)
        self._networking = Networking()
        self._configuration = configuration
        self.engine = self._engine(launcher, _daemon_id(data))
        self._places = places

    def _engine(self, launcher: Launcher, daemon_id: str) -> Engine:
        configuration, places, now = self._configuration, self._configuration.places, _now
        engine_images = self._images()
        engine_volumes = Volumes(places.data / "volumes", volumes.Volumes(self._database), self._events, now=now)
        environment = Environment(
            places=places,
            container_records=containers.Containers(self._database),
            content=self._content,
            snapshots=self._snapshots,
            images=engine_images,
            volumes=engine_volumes,
            networking=self._networking,
            launcher=launcher,
            cgroups=choose(),
            events=self._events,
            clock_ns=time.time_ns,
        )
        return Engine()

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
