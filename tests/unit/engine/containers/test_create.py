"""A container that is being made; with real images: tests/integration/engine/containers/test_create.py."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.engine.containers.create import create
from jupyter_containers.engine.containers.record import HostSettings, Settings
from jupyter_containers.engine.containers.remove import prune, remove
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.volumes import Volumes
from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.volumes import Volumes as VolumeRecords
from jupyter_containers.oci.image_config import ImageConfig, ProcessDefaults
from jupyter_containers.oci.platform import host_platform
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from tests.support.memory_records import MemoryRecords
from tests.support.roster import roster


class SlowSnapshots(OverlaySnapshotter):
    """Mounts nothing; whoever looks into a container's root has to wait until he `may`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, MemoryRecords())
        self.is_looked_into, self.may = threading.Event(), threading.Event()

    @contextmanager
    def mounted(self, key: str, *, read_only: bool = False) -> Iterator[Path]:
        if key.startswith("container:"):
            self.is_looked_into.set()
            assert self.may.wait(5)
        yield self._files(self.stat(key))


class NoImages:
    def let_go(self, _image_id: str) -> None:
        return


def test_what_is_half_made_is_removed_when_it_is_whole(tmp_path: Path) -> None:
    async def test() -> None:
        snapshots = SlowSnapshots(tmp_path / "snapshots")
        snapshots.prepare("base")
        (tmp_path / "snapshots" / "1" / "fs" / "data").mkdir()
        snapshots.commit("chain", "base")
        records = VolumeRecords(Database(tmp_path / "volumes.db"))
        volumes = Volumes(tmp_path / "volumes", records, Events(), host=cast(Any, None), now=lambda: "")
        ours = roster(
            tmp_path, snapshots=snapshots, volumes=volumes, images=NoImages(), cgroups=AbsentManager("a test")
        )
        image = cast(Any, SimpleNamespace(id="sha256:x", chain="chain", config=ImageConfig(host_platform())))
        wish = Settings(image="x", cmd=("true",)), HostSettings(binds=("kept:/data",))
        creating = asyncio.create_task(create(ours, *wish, name="web", image=image))
        assert await asyncio.to_thread(snapshots.is_looked_into.wait, 5)
        assert await asyncio.wait_for(prune(ours, lambda _record: True), 5) == ([], 0)
        removing = asyncio.create_task(remove(ours, ours.find("web")))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not removing.done()
        snapshots.may.set()
        await creating
        await removing
        assert [event.action for event in ours.environment.events.since(0)] == ["prune", "create", "destroy"]

    asyncio.run(test())


def test_a_port_of_the_image_that_is_none_is_left_out_with_a_warning(tmp_path: Path) -> None:
    async def test() -> None:
        snapshots, process = SlowSnapshots(tmp_path / "snapshots"), ProcessDefaults(exposed_ports=("web", "80"))
        ours = roster(tmp_path, snapshots=snapshots, images=NoImages(), cgroups=AbsentManager("a test"))
        config = ImageConfig(host_platform(), process=process)
        image = cast(Any, SimpleNamespace(id="sha256:x", chain="", config=config))
        created = await create(ours, Settings(image="x", cmd=("true",)), HostSettings(), name="web", image=image)
        assert created.warnings == ("The image exposes 'web', which is no port; left out",)
        assert created.container.record.settings.exposed_ports == ("80/tcp",)

    asyncio.run(test())
