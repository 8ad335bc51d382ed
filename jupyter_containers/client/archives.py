"""Files of a container, as tars: what docker's cp does."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

from jupyter_containers.client import folders
from jupyter_containers.client.folders import Folder
from jupyter_containers.client.values import Json
from jupyter_containers.errors import NotFound

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


class Archives:
    """Files in and out of containers, running or not. Raises what Transport does; NotFound for a path not there."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def put(self, container: str, folder: str, tar: bytes | BinaryIO | Iterator[bytes]) -> None:
        """Unpack a tar in a folder that is there. Raises Forbidden where nothing can be written."""
        headers = {"Content-Type": "application/x-tar"}
        self._transport.request("PUT", _path(container), query={"path": folder}, body=tar, headers=headers)

    def get(self, container: str, path: str) -> Iterator[bytes]:
        """Return the tar of a file or a folder, in pieces; reading it to the end closes it."""
        return self._transport.chunks(
            self._transport.request("GET", _path(container), query={"path": path}, stream=True)
        )

    def export(self, container: str) -> Iterator[bytes]:
        """Return all files of a container as a tar, in pieces."""
        path = f"/containers/{quote(container, safe='')}/export"
        return self._transport.chunks(self._transport.request("GET", path, stream=True))

    def folder(self, container: str, path: str = "/") -> Folder:
        """Return what is in a folder. Raises NotFound, InvalidParameter for what is no folder.

        Another daemon than ours has only tars: of its answer no more than the beginning is read.
        """
        if not self._transport.is_own_daemon:
            return folders.of_tar(cast(Any, self.get(container, path.rstrip("/") + "/.")))
        place = f"/containers/{quote(container, safe='')}/folder"
        body = self._transport.request("GET", place, query={"path": path}).json()
        return Folder(tuple(map(folders.entry, body["Entries"])), body["Count"])

    def look(self, container: str, path: str) -> Json:
        """Return name, size, mode (as Go has it), mtime and linkTarget of a path."""
        try:
            answer = self._transport.request("HEAD", _path(container), query={"path": path})
        except NotFound:
            # An answer to HEAD has no words of its own.
            raise NotFound(f"{container}:{path} is not there") from None
        status: Json = json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
        return status


def _path(container: str) -> str:
    return f"/containers/{quote(container, safe='')}/archive"
