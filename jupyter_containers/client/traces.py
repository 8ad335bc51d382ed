"""Traces: what a daemon of ours asked of its kernel, and what this client asked of the daemon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_containers.client.containers import container_path
from jupyter_containers.client.rest_log import RestLog
from jupyter_containers.client.values import Json
from jupyter_containers.errors import NotFound, Unsupported

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


class Traces:
    """Records of what happens below a command."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @contextmanager
    def recording(self) -> Iterator[RestLog]:
        """Write down what this client asks in the block, and have the daemon record what it asks of its kernel."""
        before, self._transport.log = self._transport.log, (log := RestLog())
        try:
            yield log
        finally:
            self._transport.log = before

    def of_log(self, log: RestLog) -> list[Json]:
        """Return the records that the daemon has made meanwhile, one for each process that it started.

        Raises Unsupported for another daemon than ours.
        """
        self._check_daemon()
        try:
            body: dict[str, Any] = self._transport.request("GET", f"/traces/{log.token}").json()
        except NotFound:
            return []  # nothing that was asked for starts a process
        return list(body["records"])

    def of_container(self, name: str) -> Json:
        """Return the record of a container's last start; its steps alone where nobody asked for a record.

        Raises NotFound for one that was never started, Unsupported for another daemon than ours.
        """
        self._check_daemon()
        body: Json = self._transport.request("GET", f"{container_path(name)}/trace").json()
        return body

    def _check_daemon(self) -> None:
        if not self._transport.is_own_daemon:
            raise Unsupported(
                f"the daemon at {self._transport.address} is not ours and keeps no trace of its calls to the kernel; "
                "jupyter-containers' own daemon does"
            )
