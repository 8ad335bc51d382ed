"""Exposed ports, one by one, and published ones as the network room takes them."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.ports import of_image, port_mappings, single_ports
from jupyter_containers.engine.containers.record import HostSettings, PortBinding, Record, Settings
from jupyter_containers.errors import InvalidParameter
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


def test_ports_are_single_with_their_protocol() -> None:
    assert single_ports("80") == ["80/tcp"]
    assert single_ports("8000-8002/UDP") == ["8000/udp", "8001/udp", "8002/udp"]


@pytest.mark.parametrize("text", ["", "x", "0", "65536", "9-8", "80/xx", "-1"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid port specification"):
        single_ports(text)


def test_what_an_image_exposes_that_is_no_port_is_set_apart() -> None:
    assert of_image(["80", "web", "53-54/UDP", "$PORT/tcp"]) == ({"80/tcp", "53/udp", "54/udp"}, ["web", "$PORT/tcp"])
