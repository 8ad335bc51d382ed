"""Names per network: who sees whom, aliases, links, reverse."""

from ipaddress import ip_address

import pytest

from jupyter_containers.network.naming import Directory, Member, NetworkName

BACK, FRONT, CLOSED = (
    NetworkName("1" * 64, "back"),
    NetworkName("2" * 64, "front"),
    NetworkName("3" * 64, "closed", True),
)


def _member(container_id: str, *names: str, address: str, **more: object) -> Member:
    return Member(container_id, names, tuple(ip_address(one) for one in address.split()), **more)  # type: ignore[arg-type]


@pytest.fixture
def directory() -> Directory:
    made = Directory()
    made.join(BACK, _member("web", "web", "abcdef012345", "www", address="10.0.0.2 fd00::2"))
    made.join(BACK, _member("db", "db", "Store", address="10.0.0.3", links={"WebSite": "web"}))
    made.join(FRONT, _member("web", "web", address="10.1.0.2"))
    made.join(FRONT, _member("proxy", "proxy", address="10.1.0.3"))
    return made


def test_name_alias_and_short_id_answer_with_both_families(directory: Directory) -> None:
    expected = (ip_address("10.0.0.2"), ip_address("fd00::2"))
    for name in ("web", "www", "abcdef012345", "WEB", "web."):
        assert directory.lookup("db", name) == expected, name


def test_only_those_on_a_shared_network_are_seen(directory: Directory) -> None:
    assert directory.lookup("proxy", "db") is None
    assert directory.lookup("proxy", "web") == (ip_address("10.1.0.2"),)
    assert directory.lookup("stranger", "web") is None


def test_a_container_on_two_networks_asks_them_in_the_order_of_joining(directory: Directory) -> None:
    assert directory.lookup("web", "db") == (ip_address("10.0.0.3"),)
    assert directory.lookup("web", "proxy") == (ip_address("10.1.0.3"),)
    assert directory.lookup("web", "web") == (ip_address("10.0.0.2"), ip_address("fd00::2"))


def test_a_link_is_a_name_for_its_owner_alone(directory: Directory) -> None:
    assert directory.lookup("db", "website") == (ip_address("10.0.0.2"), ip_address("fd00::2"))
    assert directory.lookup("web", "website") is None


def test_a_name_may_carry_its_network(directory: Directory) -> None:
    assert directory.lookup("web", "web.front") == (ip_address("10.1.0.2"),)
    assert directory.lookup("db", "web.front") is None


def test_members_of_one_alias_answer_together(directory: Directory) -> None:
    directory.join(BACK, _member("db2", "db2", "store", address="10.0.0.4"))
    assert directory.lookup("web", "store") == (ip_address("10.0.0.3"), ip_address("10.0.0.4"))


def test_reverse_answers_the_first_name_with_the_network(directory: Directory) -> None:
    assert directory.reverse("web", ip_address("10.0.0.3")) == "db.back"
    assert directory.reverse("web", ip_address("fd00::2")) == "web.back"
    assert directory.reverse("proxy", ip_address("10.0.0.3")) is None


def test_leaving_takes_the_names_away(directory: Directory) -> None:
    directory.leave(BACK.id, "db")
    directory.leave(BACK.id, "db")
    assert directory.lookup("web", "db") is None
    assert directory.lookup("db", "web") is None
    directory.leave(BACK.id, "web")
    assert directory.lookup("web", "web") == (ip_address("10.1.0.2"),)


def test_joining_again_replaces(directory: Directory) -> None:
    directory.join(BACK, _member("db", "renamed", address="10.0.0.9"))
    assert directory.lookup("web", "db") is None
    assert directory.lookup("web", "renamed") == (ip_address("10.0.0.9"),)


def test_a_name_without_address_is_known(directory: Directory) -> None:
    directory.join(BACK, Member("bare", ("bare",), ()))
    assert directory.lookup("web", "bare") == ()


def test_internal_networks_do_not_ask_the_outside(directory: Directory) -> None:
    directory.join(CLOSED, _member("hidden", "hidden", address="10.2.0.2"))
    directory.join(CLOSED, _member("web", "web", address="10.2.0.3"))
    assert not directory.reaches_outside("hidden")
    assert directory.reaches_outside("web")
    assert not directory.reaches_outside("stranger")
