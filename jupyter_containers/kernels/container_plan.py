"""What a kernel's container is to be: written into kernel.json when it is installed, read when it is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from jupyter_containers.client import Client
from jupyter_containers.client.host_images import HostImage
from jupyter_containers.client.run_settings import RunSettings, absolute_source
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.sandboxes.copies import Copied, within

HOST = "host"
LABEL = "jupyter-containers.kernel"


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """A container for a kernel. `daemon` is the address of another daemon than our own, sizes are in bytes.

    Of the image `host`, `folders` and `prefixes` are what is seen of this machine beside the working folder.
    """

    image: str
    daemon: str = ""
    network: str = "none"
    memory_bytes: int = 0
    memory_swap_bytes: int = 0
    cpus: float = 0.0
    pids_limit: int = 0
    volumes: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""
    folders: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    @property
    def is_host(self) -> bool:
        return self.image == HOST

    def to_json(self) -> dict[str, Any]:
        """Write what is not as usual."""
        return {name: value for name, value in asdict(self).items() if value not in ("", (), 0) or name == "network"}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Read it again. Raises InvalidParameter for what this version does not know."""
        known = {field.name for field in fields(cls)}
        if unknown := body.keys() - known:
            raise InvalidParameter(f"kernel.json: unknown word {', '.join(sorted(unknown))} about its container")
        if not isinstance(body.get("image"), str):
            raise InvalidParameter("kernel.json: its container has no image")
        values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in body.items()}
        return cls(**values)

    def host_image(self, client: Client, folder: Path) -> HostImage | None:
        """Return this machine as the image of a `host` kernel in `folder`, None for other images."""
        if not self.is_host:
            return None
        folders = dict.fromkeys([folder, *map(Path, self.folders)])
        prefixes = [Path(prefix) for prefix in self.prefixes if Path(prefix).is_dir()]
        return client.host_images.make(folders=[one for one in folders if one.is_dir()], prefixes=prefixes)

    def copied(self, image: HostImage | None, folder: Path) -> Copied | None:
        """Return the folder to be copied into the container, None when it is seen through the image."""
        if image is None or folder not in image.unseen:
            return None
        mounted = [Path(place) for place in (*self.folders, *self.prefixes) if Path(place) != folder]
        return Copied(folder, image.secrets, within(mounted, folder))

    def settings(
        self, image: HostImage | None, words: tuple[str, ...], *, folder: Path, sockets: str, name: str,
        labels: tuple[str, ...],
    ) -> RunSettings:  # fmt: skip
        """Return the container of the command `words`, to be started in `folder`; `sockets` is a `-v` text.

        Of the image `host` the folder is seen as a copy: what is written there goes with the container.
        """
        mounted = [place for place in image.unseen if place != folder] if image is not None else []
        volumes = (*(f"{place}:{place}:ro" for place in mounted), *(absolute_source(v, folder) for v in self.volumes))
        return RunSettings(
            image=image.id if image is not None else self.image,
            command=words,
            entrypoint=("",),
            name=name,
            environment=self.environment,
            volumes=(sockets, *volumes),
            labels=labels,
            workdir=self.workdir or (str(folder) if self.is_host else ""),
            user=self.user,
            network=self.network,
            memory_bytes=self.memory_bytes,
            memory_swap_bytes=self.memory_swap_bytes,
            cpus=self.cpus,
            pids_limit=self.pids_limit,
            init=True,
            attached=False,
        )
