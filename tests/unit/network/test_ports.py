from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from jupyter_containers.network.ports import PortInUse, Ports
from jupyter_containers.network.values import PortMapping, Published


@pytest.fixture
def ports() -> Iterator[Ports]:
    ports = Ports()
    yield ports
    ports.close()


@pytest.fixture
def busy() -> Iterator[int]:
    """A TCP port of 127.0.0.1 that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def reserve(ports: Ports, *mappings: PortMapping, container: str = "one") -> list[Published]:
    return [reserved.published for reserved in ports.reserve(container, mappings, endpoint=container)]


def local(container_port: int = 80, host_port: int = 0, end: int = 0, protocol: str = "tcp") -> PortMapping:
    return PortMapping(container_port, protocol, "127.0.0.1", host_port, end)


def test_without_an_address_both_kinds_get_the_same_port(ports: Ports) -> None:
    published = reserve(ports, PortMapping(80))
    assert [port.host_ip for port in published] == ["0.0.0.0", "::"]
    assert len({port.host_port for port in published}) == 1
    assert published[0].host_port > 0


def test_one_address_gets_one_port(ports: Ports) -> None:
    (published,) = reserve(ports, local(53, protocol="udp"))
    assert (published.container_port, published.protocol, published.host_ip) == (53, "udp", "127.0.0.1")


def test_tcp_and_udp_do_not_meet(ports: Ports) -> None:
    (tcp,) = reserve(ports, local())
    (udp,) = reserve(ports, local(host_port=tcp.host_port, protocol="udp"), container="two")
    assert udp.host_port == tcp.host_port


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_reserved_port_is_held_until_released(ports: Ports, protocol: str) -> None:
    (published,) = reserve(ports, local(protocol=protocol))
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(type=kind) as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", published.host_port))
        ports.release("one")
        ports.release("one")
        other.bind(("127.0.0.1", published.host_port))


def test_a_range_gives_its_first_free_port(ports: Ports, busy: int) -> None:
    (published,) = reserve(ports, local(host_port=busy, end=busy + 50))
    assert busy < published.host_port <= busy + 50


def test_a_port_of_another_container_is_refused_in_the_words_of_dockerd(ports: Ports) -> None:
    (published,) = reserve(ports, local())
    words = (
        "driver failed programming external connectivity on endpoint two: "
        f"Bind for 127.0.0.1:{published.host_port} failed: port is already allocated"
    )
    with pytest.raises(PortInUse) as failure:
        reserve(ports, local(host_port=published.host_port), container="two")
    assert failure.value.message == words
    assert failure.value.status == 500


def test_a_wildcard_meets_a_port_on_one_address(ports: Ports) -> None:
    (published,) = reserve(ports, local())
    with pytest.raises(PortInUse, match=rf"Bind for 0\.0\.0\.0:{published.host_port} failed"):
        reserve(ports, PortMapping(80, host_port=published.host_port), container="two")


def test_a_port_of_another_program_is_refused_in_the_words_of_dockerd(ports: Ports, busy: int) -> None:
    words = rf"Error starting userland proxy: listen tcp4 127\.0\.0\.1:{busy}: bind: address already in use$"
    with pytest.raises(PortInUse, match=words):
        reserve(ports, local(host_port=busy))


def test_an_address_that_the_host_does_not_have_is_refused(ports: Ports) -> None:
    with pytest.raises(PortInUse, match=r"listen tcp4 192\.0\.2\.200:8080: bind: cannot assign requested address$"):
        reserve(ports, PortMapping(80, "tcp", "192.0.2.200", 8080))


def test_when_one_port_is_refused_all_are_given_back(ports: Ports, busy: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    with pytest.raises(PortInUse):
        reserve(ports, local(host_port=free), local(81, busy))
    socket.create_server(("127.0.0.1", free)).close()


def test_the_same_port_twice_in_one_container_is_refused(ports: Ports) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    with pytest.raises(PortInUse, match="port is already allocated"):
        reserve(ports, local(80, free), local(81, free))


def test_holding_tells_what_was_taken_meanwhile(ports: Ports, busy: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    wanted = [Published(80, "tcp", "127.0.0.1", free), Published(81, "tcp", "127.0.0.1", busy)]
    reserved, missed = ports.hold("one", wanted)
    assert [one.published for one in reserved] == wanted[:1]
    assert missed == wanted[1:]
