"""The name server of user-defined networks, asked as processes in containers ask it: at 127.0.0.11, port 53."""

from __future__ import annotations

import ipaddress
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.support.daemon import Docker
from tests.support.dns_client import addresses, outside, question

A, PTR, MX, AAAA = 1, 12, 15, 28
NO_ERROR, NO_SUCH_NAME = 0, 3
# So that names without a dot are never asked outside: what is not known here has an empty answer.
ONLY_HERE = ("--dns-opt", "ndots:1")

Network = Callable[..., str]
Run = Callable[..., str]


@pytest.fixture
def network(docker: Docker) -> Iterator[Network]:
    """Make networks; they are removed when the test is over, and its containers before them."""
    made: list[str] = []

    def make(*flags: str) -> str:
        name = f"n{uuid.uuid4().hex[:8]}"
        docker("network", "create", *flags, name)
        made.append(name)
        return name

    yield make
    for name in made:
        docker("network", "rm", name)


@pytest.fixture
def run(docker: Docker, network: Network) -> Iterator[Run]:
    """Run containers that sleep; the first word may be a name."""
    made: list[str] = []

    def start(net: str, *flags: str, name: str = "", command: tuple[str, ...] = ("sleep", "600")) -> str:
        name = name or f"c{uuid.uuid4().hex[:8]}"
        made.append(name)
        docker("run", "-d", "--name", name, "--network", net, *flags, "busybox", *command)
        return name

    yield start
    if made:
        docker("rm", "-fv", *made, code=None)


def address_of(docker: Docker, container: str, net: str) -> str:
    text = f'{{{{(index .NetworkSettings.Networks "{net}").IPAddress}}}}'
    return docker("inspect", "-f", text, container).stdout.strip()


def short_id(docker: Docker, container: str) -> str:
    return docker("inspect", "-f", "{{.Id}}", container).stdout[:12]


@contextmanager
def upstream(docker: Docker, run: Run, net: str) -> Iterator[str]:
    """Run a name server of the outside at port 53 of all addresses of a container; give its address."""
    name = run(net)
    with outside(docker, name):
        yield address_of(docker, name, net)


def test_resolv_conf_names_the_server_on_a_network_of_ones_own_only(docker: Docker, network: Network, run: Run) -> None:
    one = run(network())
    lines = docker("exec", one, "cat", "/etc/resolv.conf").stdout.splitlines()
    assert "nameserver 127.0.0.11" in lines
    assert "options ndots:0" in lines
    other = docker("run", "--rm", "busybox", "cat", "/etc/resolv.conf").stdout
    assert "127.0.0.11" not in other


def test_containers_find_each_other_by_name_with_the_programs_they_have(
    docker: Docker, network: Network, run: Run
) -> None:
    net = network()
    one, two = run(net), run(net)
    assert "1 packets received" in docker("exec", one, "ping", "-c", "1", "-W", "5", two).stdout
    assert "1 packets received" in docker("exec", two, "ping", "-c", "1", "-W", "5", one).stdout
    found = docker("exec", one, "nslookup", two).stdout
    assert f"Address: {address_of(docker, two, net)}" in found


def test_an_answer_says_where_for_ten_minutes(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    one, two = run(net), run(net)
    reply = question(docker, one, two)
    packed = ipaddress.ip_address(address_of(docker, two, net)).packed
    assert reply.answers == [(two, A, 600, packed)]
    assert (reply.rcode, reply.truncated, reply.recursion_available) == (NO_ERROR, False, True)


@pytest.mark.parametrize("over", ["udp", "tcp"])
def test_a_container_is_known_by_name_short_id_and_with_its_network_in_any_case(
    docker: Docker, network: Network, run: Run, over: str
) -> None:
    net = network()
    one, two = run(net), run(net)
    expected = [address_of(docker, two, net)]
    for name in (two, short_id(docker, two), f"{two}.{net}", two.upper(), f"{two}."):
        assert addresses(question(docker, one, name, over=over)) == expected, name
    assert addresses(question(docker, two, two, over=over)) == expected, "itself"


def test_an_alias_that_several_have_answers_with_all_of_them(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    asking = run(net)
    many = [run(net, "--network-alias", "service", "--network-alias", f"only{number}") for number in range(3)]
    expected = [address_of(docker, name, net) for name in many]
    assert addresses(question(docker, asking, "service")) == sorted(expected)
    assert addresses(question(docker, asking, "only1")) == [expected[1]]
    assert addresses(question(docker, asking, f"service.{net}")) == sorted(expected)
    first = {question(docker, asking, "service").answers[0][3] for _ in range(12)}
    assert len(first) > 1, "the same one came first twelve times"


def test_a_known_name_without_such_a_record_is_an_empty_answer(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    one, two = run(net), run(net)
    for kind in (AAAA, MX):
        reply = question(docker, one, two, kind)
        assert (reply.rcode, reply.answers) == (NO_ERROR, []), kind


def test_an_address_is_known_as_the_container_on_that_network(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    one, two = run(net), run(net)
    reply = question(docker, one, ipaddress.ip_address(address_of(docker, two, net)).reverse_pointer, PTR)
    expected = b"".join(bytes([len(label)]) + label.encode() for label in (two, net, ""))
    assert [content for _name, _kind, _ttl, content in reply.answers] == [expected]


def test_ipv6_addresses_are_known_where_the_network_has_them(docker: Docker, network: Network, run: Run) -> None:
    prefix = f"fd{os.urandom(1).hex()}:{os.urandom(2).hex()}:{os.urandom(2).hex()}"
    net = network("--ipv6", "--subnet", f"{prefix}::/64")
    one, two = run(net), run(net, "--ip6", f"{prefix}::99")
    assert addresses(question(docker, one, two, AAAA)) == [str(ipaddress.ip_address(f"{prefix}::99"))]
    assert addresses(question(docker, one, two, A)) == [address_of(docker, two, net)]
    reply = question(docker, one, ipaddress.ip_address(f"{prefix}::99").reverse_pointer, PTR)
    assert len(reply.answers) == 1


def test_names_of_other_networks_are_not_known(docker: Docker, network: Network, run: Run) -> None:
    front, back = network(), network()
    one, two, both = (run(net, *ONLY_HERE) for net in (front, back, front))
    assert question(docker, one, two).answers == []
    docker("network", "connect", "--alias", "middle", back, both)
    assert addresses(question(docker, both, two)) == [address_of(docker, two, back)]
    assert addresses(question(docker, both, one)) == [address_of(docker, one, front)]
    assert addresses(question(docker, two, both)) == [address_of(docker, both, back)]
    assert addresses(question(docker, one, both)) == [address_of(docker, both, front)]
    assert addresses(question(docker, two, "middle")) == [address_of(docker, both, back)]
    assert question(docker, one, "middle").answers == []
    docker("network", "disconnect", back, both)
    assert question(docker, both, two).answers == []
    assert question(docker, two, both).answers == []
    assert addresses(question(docker, both, one)) == [address_of(docker, one, front)]


def test_a_container_of_the_default_bridge_gets_its_server_when_it_is_connected(
    docker: Docker, network: Network, run: Run
) -> None:
    net = network()
    one, two = run("bridge"), run(net)
    docker("network", "connect", net, one)
    assert addresses(question(docker, one, two)) == [address_of(docker, two, net)]
    assert addresses(question(docker, two, one)) == [address_of(docker, one, net)]
    assert "nameserver 127.0.0.11" in docker("exec", one, "cat", "/etc/resolv.conf").stdout


def test_a_new_name_counts_at_once_and_the_old_one_no_more(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    one, two = run(net, *ONLY_HERE), run(net)
    new = f"{two}new"
    docker("rename", two, new)
    try:
        assert addresses(question(docker, one, new)) == [address_of(docker, new, net)]
        assert question(docker, one, two).answers == []
    finally:
        docker("rename", new, two)


def test_a_stopped_container_has_no_name_until_it_runs_again(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    one, two = run(net, *ONLY_HERE), run(net, "--network-alias", "service")
    docker("stop", "-t", "0", two)
    assert question(docker, one, two).answers == []
    assert question(docker, one, "service").answers == []
    docker("start", two)
    assert addresses(question(docker, one, "service")) == [address_of(docker, two, net)]
    assert addresses(question(docker, two, one)) == [address_of(docker, one, net)]


def test_a_link_is_a_name_of_ones_own(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    two = run(net)
    one, other = run(net, "--link", f"{two}:database"), run(net, *ONLY_HERE)
    assert addresses(question(docker, one, "database")) == [address_of(docker, two, net)]
    assert addresses(question(docker, one, two)) == [address_of(docker, two, net)]
    assert question(docker, other, "database").answers == []


@pytest.mark.parametrize("over", ["udp", "tcp"])
def test_other_names_are_asked_where_dns_says(docker: Docker, network: Network, run: Run, over: str) -> None:
    net = network()
    with upstream(docker, run, net) as server:
        one = run(net, "--dns", server)
        assert "nameserver 127.0.0.11" in docker("exec", one, "cat", "/etc/resolv.conf").stdout
        assert addresses(question(docker, one, "outside.example", over=over)) == ["192.0.2.77"]
        assert question(docker, one, "missing.example", over=over).rcode == NO_SUCH_NAME
        assert addresses(question(docker, one, "outside.example", over=over, edns=1232)) == ["192.0.2.77"]


def test_the_first_server_that_answers_is_believed(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    with upstream(docker, run, net) as server:
        silent = run(net)
        one = run(net, "--dns", address_of(docker, silent, net), "--dns", server)
        assert addresses(question(docker, one, "outside.example")) == ["192.0.2.77"]


def test_a_server_on_the_loopback_is_the_containers_own(docker: Docker, network: Network, run: Run) -> None:
    one = run(network(), "--dns", "127.0.0.1")
    with outside(docker, one):
        for over in ("udp", "tcp"):
            assert addresses(question(docker, one, "outside.example", over=over)) == ["192.0.2.77"]
            assert question(docker, one, "missing.example", over=over).rcode == NO_SUCH_NAME


def test_ndots_keeps_names_without_a_dot_inside(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    with upstream(docker, run, net) as server:
        one = run(net, "--dns", server, "--dns-opt", "ndots:2")
        assert "options ndots:2" in docker("exec", one, "cat", "/etc/resolv.conf").stdout
        reply = question(docker, one, "unknown")
        assert (reply.rcode, reply.answers) == (NO_ERROR, [])
        assert addresses(question(docker, one, "outside.example")) == ["192.0.2.77"]


def test_a_container_that_shares_a_network_shares_its_names(docker: Docker, network: Network, run: Run) -> None:
    net = network()
    one, two = run(net), run(net)
    sharing = docker("run", "--rm", "--network", f"container:{one}", "busybox", "nslookup", two).stdout
    assert f"Address: {address_of(docker, two, net)}" in sharing
