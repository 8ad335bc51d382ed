"""One container on one network, as long as it is: its attachment, and the relays of its published ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jupyter_containers.network.ports import Reserved
from jupyter_containers.network.relay import Relay, open_relay
from jupyter_containers.network.values import Attachment


@dataclass(slots=True)
class Attached:
    """It owns its relays; the sockets that they read belong to Ports."""

    attachment: Attachment
    relays: list[Relay] = field(default_factory=list)

    async def open_relays(self, reserved: Sequence[Reserved]) -> None:
        """Start to carry from published ports to the container. Raises OSError; `close_relays` ends what was begun."""
        for one in reserved:
            target = (self.attachment.ip_address, one.published.container_port)
            self.relays.append(await open_relay(one.socket, one.published.protocol, target))

    def close_relays(self) -> None:
        """End all relays; harmless when there are none."""
        relays, self.relays = self.relays, []
        for relay in relays:
            relay.close()
