"""The client: one object for one daemon, and the way to it."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from jupyter_containers.client import autostart
from jupyter_containers.client.addresses import Address, find, from_environment
from jupyter_containers.client.archives import Archives
from jupyter_containers.client.builds import Builds
from jupyter_containers.client.containers import Containers
from jupyter_containers.client.execs import Execs
from jupyter_containers.client.failed_steps import FailedSteps
from jupyter_containers.client.following import Followings
from jupyter_containers.client.host_images import HostImages
from jupyter_containers.client.images import Images
from jupyter_containers.client.networks import Networks
from jupyter_containers.client.registries import Registries
from jupyter_containers.client.runs import Runs
from jupyter_containers.client.system import System
from jupyter_containers.client.traces import Traces
from jupyter_containers.client.volumes import Volumes


class Client:
    """A daemon's resources. Closing it closes its idle connections; it can be used in a `with` statement."""

    def __init__(self, address: Address) -> None:
        # requests takes longer to load than all of the shop: whoever only loads the extension does without.
        from jupyter_containers.client.transport import Transport

        self._transport = Transport(address)
        self.address = address
        self.containers = Containers(self._transport)
        self.archives = Archives(self._transport)
        self.execs = Execs(self._transport)
        self.runs = Runs(self._transport)
        self.images = Images(self._transport)
        self.host_images = HostImages(self._transport)
        self.builds = Builds(self._transport)
        self.failed_steps = FailedSteps(self._transport)
        self.networks = Networks(self._transport)
        self.volumes = Volumes(self._transport)
        self.registries = Registries(self._transport)
        self.system = System(self._transport)
        self.traces = Traces(self._transport)
        self.following = Followings(self._transport)

    def another(self) -> Client:
        """Return one of the same daemon, with connections of its own, which are closed when nobody has it any more."""
        client = Client(self.address)
        client._transport.known_from(self._transport)
        return client

    def close(self) -> None:
        self._transport.close()

    def hang_up(self) -> None:
        """End the answers that other threads wait for: a stream that is followed ends with an error there."""
        self._transport.hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({str(self.address)!r})"


def connect(host: str | None = None, *, say: Callable[[str], None] = print) -> Client:
    """Return a client whose daemon answers: at `host`, else where the environment says, else our own.

    `host` is an address or the name of a docker context, `default` for our own. Our own daemon is started when there
    is none, and `say` is told so, once. Raises Unavailable when nobody answers, Unsupported when it cannot be started
    by this user; InvalidParameter for a bad address, NotFound for an unknown context.
    """
    address = find(host) if host else from_environment()
    if address is None:
        site = autostart.own_site()
        if not autostart.is_running(site):
            say(autostart.start(site).sentence)
        address = Address(site.socket)
    client = Client(address)
    try:
        client.system.ping()
    except BaseException:
        client.close()
        raise
    return client
