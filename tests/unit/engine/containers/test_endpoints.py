"""Networks of a container: which, in what order, under which names, and which leads outside."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from jupyter_containers.engine.containers.endpoints import (
    check_endpoint,
    check_together,
    dns_names,
    endpoints_of,
    gateway_of,
    has_name_server,
    is_user_defined,
    member,
    network_of,
    settled,
    split_link,
)
from jupyter_containers.engine.containers.record import AddressWish, EndpointSettings, HostSettings, Record, Settings
from jupyter_containers.engine.network_values import Network
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.network.naming import Member
from jupyter_containers.network.values import Attachment

PLAIN = EndpointSettings()


def record(
    mode: str = "default", *, mac: str = "", links: tuple[str, ...] = (), **endpoints: EndpointSettings
) -> Record:
    host = HostSettings(network_mode=mode, links=links or None)
    settings = Settings(hostname="box", mac_address=mac)
    return Record("a" * 64, "web", 1, "x", settings=settings, host=host, endpoints=endpoints or None)


def network(name: str, **more: object) -> Network:
    return Network(name, name[0] * 64, "bridge", "", **more)  # type: ignore[arg-type]


def find(text: str) -> Network | None:
    """Know `mine` by name and id, and nothing else."""
    return network("mine", has_own_subnets=True) if text in ("mine", "m" * 64) else None


def test_the_default_network_is_called_bridge() -> None:
    assert network_of(record()) == network_of(record("bridge")) == "bridge"
    assert network_of(record("none")) == "none"
    assert [name for name in ("bridge", "host", "none", "default", "container:x", "mine") if is_user_defined(name)] == [
        "mine"
    ]


def test_without_endpoints_the_mode_says_the_network() -> None:
    assert endpoints_of(record(mac="02:00:00:00:00:01")) == {
        "bridge": EndpointSettings(mac_address="02:00:00:00:00:01")
    }
    assert endpoints_of(record("container:x")) == {}


def test_the_networks_of_the_mode_comes_first_then_the_others_by_name() -> None:
    assert list(endpoints_of(record("mine", b=PLAIN, a=PLAIN, mine=PLAIN))) == ["mine", "a", "b"]


def test_a_name_server_is_for_networks_that_somebody_made() -> None:
    assert has_name_server(record("mine"))
    assert has_name_server(record("bridge", bridge=PLAIN, mine=PLAIN))
    assert not has_name_server(record())


def test_the_gateway_is_chosen_by_priority_then_by_name_and_never_internal() -> None:
    pairs = [(network("b"), PLAIN), (network("a", internal=True), PLAIN), (network("c"), PLAIN)]
    assert gateway_of(pairs) == "b"
    assert gateway_of([*pairs, (network("z"), EndpointSettings(gateway_priority=1))]) == "z"
    assert gateway_of([*pairs, (network("d", ipv6=True), PLAIN)]) == "d"
    assert gateway_of([*pairs, (network("d", ipv6=True), PLAIN)], ipv6=True) == "d"
    assert gateway_of(pairs, ipv6=True) == gateway_of([pairs[1]]) == ""


def test_names_for_others_begin_with_the_containers_own() -> None:
    settings = EndpointSettings(aliases=("www", "web"))
    assert dns_names(record("mine"), settings) == ("web", "www", "a" * 12, "box")


def test_a_member_has_its_addresses_and_its_own_names_for_others() -> None:
    attachment = Attachment("e", "10.0.0.2", 24, "10.0.0.1", "m", "jc1", ipv6_address="fd00::2")
    known = member(record("mine"), EndpointSettings(links=("db:store", "/cache")), attachment)
    addresses = (ip_address("10.0.0.2"), ip_address("fd00::2"))
    assert known == Member("a" * 64, ("web", "a" * 12, "box"), addresses, {"store": "db", "cache": "cache"})
    assert dict(known.links) == {"store": "db", "cache": "cache"}


@pytest.mark.parametrize(
    ("link", "parts"),
    [("db:store", ("db", "store")), ("db", ("db", "db")), ("/db:/web/store", ("db", "store")), (":", ("", ""))],
)
def test_a_link_has_a_container_and_an_alias(link: str, parts: tuple[str, str]) -> None:
    assert split_link(link) == parts


def test_endpoints_are_kept_under_the_networks_name() -> None:
    aliased = EndpointSettings(aliases=("x",))
    assert settled(record("mine"), {"m" * 64: aliased}, find) == {"mine": aliased}
    assert settled(record("m" * 64), {}, find) == {"mine": PLAIN}
    assert settled(record("later"), {}, find) == {"later": PLAIN}


def test_what_the_mode_alone_says_is_not_kept() -> None:
    assert settled(record(), {"default": PLAIN}, find) is None
    assert settled(record("container:x"), {"mine": PLAIN}, find) is None


def test_the_containers_own_mac_and_links_belong_to_the_network_of_its_mode() -> None:
    wanted = record("mine", mac="02:00:00:00:00:01", links=("db:store",))
    found = settled(wanted, {"mine": PLAIN, "other": PLAIN}, find)
    assert found["mine"] == EndpointSettings(mac_address="02:00:00:00:00:01", links=("db:store",))
    assert found["other"] == PLAIN


def test_networks_that_exclude_each_other_are_refused() -> None:
    check_together("host", ["host"])
    check_together("bridge", ["bridge", "mine"])
    with pytest.raises(InvalidParameter, match=r"sharing network namespace"):
        check_together("host", ["host", "mine"])
    with pytest.raises(InvalidParameter, match=r"private .none. mode"):
        check_together("bridge", ["bridge", "none"])


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("bridge", EndpointSettings(AddressWish("10.0.0.2")), "user specified IP address is supported on user defined"),
        ("bridge", EndpointSettings(aliases=("x",)), "network-scoped alias is supported only for containers in user"),
        ("plain", EndpointSettings(AddressWish("10.0.0.2")), "only when connecting to networks with user configured"),
        ("mine", EndpointSettings(AddressWish("foo")), "invalid IPv4 address: foo"),
        ("mine", EndpointSettings(AddressWish(ipv6="10.0.0.2")), "invalid IPv6 address: 10.0.0.2"),
        ("mine", EndpointSettings(AddressWish(link_local=("x",))), "invalid link-local IP address: x"),
    ],
)
def test_a_wish_that_a_network_cannot_fulfil_is_refused(name: str, settings: EndpointSettings, words: str) -> None:
    known = network("plain") if name == "plain" else find(name)
    with pytest.raises(InvalidParameter, match=rf"^invalid endpoint settings:\n.*{words}"):
        check_endpoint(name, settings, known)


def test_a_network_that_comes_later_is_not_asked_for_its_subnets() -> None:
    check_endpoint("later", EndpointSettings(AddressWish("10.0.0.2"), aliases=("x",)), None)
    with pytest.raises(Unsupported, match=r"sysctls"):
        check_endpoint("later", EndpointSettings(driver_options={"com.docker.network.endpoint.sysctls": "x"}), None)
