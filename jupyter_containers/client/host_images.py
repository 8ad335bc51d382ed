"""This machine as an image that shows more of it than `host`: what only our own daemon makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_containers.errors import NotFound, Unsupported

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


@dataclass(frozen=True, slots=True)
class HostImage:
    """An image of this machine; `unseen` are folders that it cannot show, as on another file system.

    `secrets` are names that it does not show in the others, such as `*.key`.
    """

    id: str
    name: str
    unseen: tuple[Path, ...] = ()
    secrets: tuple[str, ...] = ()


class HostImages:
    """Makes images of the machine that the daemon runs on."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def make(self, *, folders: Iterable[Path], prefixes: Iterable[Path] = ()) -> HostImage:
        """Return the image in which `folders` are seen, without their secrets, and the Python of `prefixes`.

        Raises InvalidParameter for what is no folder to work in, Unsupported when the daemon is another one than ours.
        """
        body = {"Folders": [*map(str, folders)], "Prefixes": [*map(str, prefixes)]}
        try:
            answer = self._transport.request("POST", "/images/host", json=body).json()
        except NotFound as error:
            raise Unsupported(
                f"a copy of this machine: the daemon at {self._transport.address} does not make them; "
                "%container use default goes to our own"
            ) from error
        unseen, secrets = tuple(map(Path, answer["Unseen"])), tuple(map(str, answer["Secrets"]))
        return HostImage(str(answer["Id"]), str(answer["Name"]), unseen, secrets)
