from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.network.dns.answering import Policy, decide
from jupyter_containers.network.dns.messages import Address, Question, Rcode, Type
from tests.support.dns import Reply, ask, read

TXT, SRV, HTTPS = 16, 33, 65
OUTSIDE = Policy(("192.0.2.53",))


class Book:
    """Names in two tables."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self._names = {name: [ip_address(text) for text in texts] for name, texts in names.items()}

    def addresses(self, name: str) -> Sequence[Address] | None:
        return self._names.get(name)

    def name_of(self, address: Address) -> str | None:
        return next((f"{name}.front" for name, found in self._names.items() if address in found), None)


LONG = "x" * 64
BOOK = Book(
    {
        LONG: ["10.0.0.8"],
        "web": ["10.0.0.2"],
        "db": ["10.0.0.3", "fd00::3"],
        "many": ["10.0.0.5", "10.0.0.6"],
        "a.b": ["10.0.0.7"],
    }
)


def answer(name: str, kind: int = Type.A, policy: Policy = OUTSIDE, record_class: int = 1) -> Reply | Question | None:
    decided = decide(ask(name, kind, record_class=record_class), BOOK, policy, stream=False)
    return read(decided) if isinstance(decided, bytes) else decided


def contents(reply: Reply | Question | None) -> list[bytes]:
    assert isinstance(reply, Reply)
    assert reply.rcode == Rcode.NO_ERROR
    return [content for _name, _type, _ttl, content in reply.answers]


def test_a_known_name_is_answered_for_600_seconds() -> None:
    reply = answer("web")
    assert isinstance(reply, Reply)
    assert reply.answers == [("web", Type.A, 600, IPv4Address("10.0.0.2").packed)]


@pytest.mark.parametrize("name", ["WEB", "web.", "Web."])
def test_case_and_a_final_dot_do_not_matter(name: str) -> None:
    assert contents(answer(name)) == [IPv4Address("10.0.0.2").packed]


def test_each_family_has_its_own_addresses_and_none_is_an_empty_answer() -> None:
    assert contents(answer("db", Type.A)) == [IPv4Address("10.0.0.3").packed]
    assert contents(answer("db", Type.AAAA)) == [IPv6Address("fd00::3").packed]
    assert contents(answer("web", Type.AAAA)) == []


def test_several_addresses_take_turns() -> None:
    first = {contents(answer("many"))[0] for _ in range(64)}
    assert first == {IPv4Address("10.0.0.5").packed, IPv4Address("10.0.0.6").packed}
    assert len(contents(answer("many"))) == 2


def test_mail_for_a_known_name_goes_to_its_address() -> None:
    assert contents(answer("web", Type.MX)) == []
    assert contents(answer("a.b", Type.MX)) == []


@pytest.mark.parametrize("kind", [TXT, SRV, HTTPS])
def test_other_types_are_asked_outside_unless_the_name_means_nothing_there(kind: int) -> None:
    assert contents(answer("web", kind)) == []
    assert isinstance(answer("a.b", kind), Question)
    assert isinstance(answer("unknown", kind), Question)


def test_an_address_is_answered_with_name_and_network() -> None:
    assert contents(answer("2.0.0.10.in-addr.arpa", Type.PTR)) == [b"\x03web\x05front\x00"]
    assert isinstance(answer("9.0.0.10.in-addr.arpa", Type.PTR), Question)
    assert isinstance(answer("web", Type.PTR), Question)


@pytest.mark.parametrize("name", ["unknown", "example.org"])
def test_unknown_names_are_asked_outside(name: str) -> None:
    question = answer(name)
    assert isinstance(question, Question)
    assert question.name == name


@pytest.mark.parametrize("name", ["unknown", "example.org"])
def test_nothing_is_asked_from_an_internal_network(name: str) -> None:
    reply = answer(name, policy=Policy())
    assert isinstance(reply, Reply)
    assert (reply.rcode, reply.answers) == (Rcode.SERVER_FAILURE, [])


def test_names_without_a_dot_wait_for_their_search_domain_when_the_user_chose_ndots() -> None:
    policy = Policy(("192.0.2.53",), searches=True)
    assert contents(answer("unknown", policy=policy)) == []
    assert contents(answer("unknown", Type.AAAA, policy=policy)) == []
    assert isinstance(answer("unknown.example", policy=policy), Question)
    assert isinstance(answer("unknown", TXT, policy=policy), Question)


def test_only_the_internet_has_our_names() -> None:
    assert isinstance(answer("web", record_class=3), Question)


def test_nonsense_is_refused_or_not_answered() -> None:
    assert decide(b"", BOOK, OUTSIDE, stream=False) is None
    reply = decide(ask("web")[:-1], BOOK, OUTSIDE, stream=False)
    assert isinstance(reply, bytes)
    assert read(reply).rcode == Rcode.FORMAT_ERROR


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_it(packet: bytes) -> None:
    decide(packet, BOOK, OUTSIDE, stream=True)
    decide(b"\0\1\1\0\0\1\0\0\0\0\0\0" + packet, BOOK, OUTSIDE, stream=False)


def test_an_address_whose_container_has_a_name_that_no_label_holds_has_no_name() -> None:
    assert contents(answer("8.0.0.10.in-addr.arpa", Type.PTR)) == []
