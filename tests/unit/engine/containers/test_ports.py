"""Published ports as the network room takes them."""

from __future__ import annotations

from jupyter_containers.engine.containers.ports import port_mappings
from jupyter_containers.engine.containers.record import HostSettings, PortBinding, Record, Settings
from jupyter_containers.network.values import PortMapping


def test_published_ports_and_on_request_the_exposed_ones_too() -> None:
    record = Record(
        "i", "n", 1, "x",
        settings=Settings(exposed_ports=("80/tcp", "53/udp")),
        host=HostSettings(
            port_bindings={"80/tcp": (PortBinding("127.0.0.1", "8080"), PortBinding("", "9000-9010"))},
            publish_all_ports=True,
        ),
    )  # fmt: skip
    assert port_mappings(record) == (
        PortMapping(80, "tcp", "127.0.0.1", 8080),
        PortMapping(80, "tcp", "", 9000, 9010),
        PortMapping(53, "udp"),
    )


def test_exposed_ports_alone_are_not_published() -> None:
    assert port_mappings(Record("i", "n", 1, "x", settings=Settings(exposed_ports=("80/tcp",)))) == ()
