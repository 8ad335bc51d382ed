"""In a real network namespace: what asks 127.0.0.11 port 53 reaches other ports, and port 53 stays free."""

from __future__ import annotations

import errno
import socket

import pytest

from jupyter_containers.linux import loopback
from jupyter_containers.network.dns.redirect import redirect
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root", "nftables")

NAMESERVER = ("127.0.0.11", 53)


def exchange(container: Namespace, udp: socket.socket, tcp: socket.socket) -> None:
    """Talk to both as a container's process does."""
    with container.new_socket(kind=socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(b"question", NAMESERVER)
        question, address = udp.recvfrom(100)
        assert question == b"question"
        udp.sendto(b"answer", address)
        assert client.recvfrom(100) == (b"answer", NAMESERVER)
    with container.new_socket() as client:
        client.settimeout(5)
        client.connect(NAMESERVER)
        server, _ = tcp.accept()
        with server:
            client.send(b"question")
            assert server.recv(100) == b"question"
            server.send(b"answer")
            assert client.recv(100) == b"answer"


def test_port_53_leads_to_the_servers_ports_and_stays_free_for_the_container() -> None:
    with Namespace() as container, container.new_socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netfilter:
        loopback.bring_up(container.netlink)
        with container.datagrams(("127.0.0.11", 0)) as udp, container.listen(("127.0.0.11", 0)) as tcp:
            redirect(netfilter, udp_port=udp.getsockname()[1], tcp_port=tcp.getsockname()[1])
            with container.datagrams(("0.0.0.0", 53)), container.listen(("0.0.0.0", 53)):
                exchange(container, udp, tcp)


def test_asked_for_again_it_leads_to_the_same_ports_as_before() -> None:
    with Namespace() as container, container.new_socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netfilter:
        loopback.bring_up(container.netlink)
        with container.datagrams(("127.0.0.11", 0)) as udp, container.listen(("127.0.0.11", 0)) as tcp:
            for _ in range(2):
                redirect(netfilter, udp_port=udp.getsockname()[1], tcp_port=tcp.getsockname()[1])
                exchange(container, udp, tcp)


def test_only_that_address_and_port_is_led_away() -> None:
    with Namespace() as container, container.new_socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netfilter:
        loopback.bring_up(container.netlink)
        redirect(netfilter, udp_port=1, tcp_port=2)
        with container.datagrams(("127.0.0.1", 53)) as other, container.new_socket(kind=socket.SOCK_DGRAM) as client:
            client.sendto(b"question", ("127.0.0.1", 53))
            assert other.recv(100) == b"question"
        with container.listen(("127.0.0.11", 54)), container.new_socket() as client:
            client.connect(("127.0.0.11", 54))


def test_a_port_53_that_is_taken_would_keep_the_container_from_it() -> None:
    """Why there is a redirection at all."""
    with Namespace() as container:
        loopback.bring_up(container.netlink)
        with container.datagrams(NAMESERVER), container.new_socket(kind=socket.SOCK_DGRAM) as other:
            with pytest.raises(OSError, match="Address already in use") as caught:
                other.bind(("0.0.0.0", 53))
            assert caught.value.errno == errno.EADDRINUSE
