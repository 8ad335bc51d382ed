from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.network.dns import messages
from jupyter_containers.network.dns.messages import Malformed, Question, Rcode, Type
from tests.support.dns import ask, read

LABELS = st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=8)


def parse(name: str = "web", kind: int = Type.A, **options: int) -> Question:
    return messages.parse(ask(name, kind, **options))


def malformed(packet: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        messages.parse(packet)
    return caught.value


def test_a_question_is_read() -> None:
    question = messages.parse(ask("Web.Front", Type.AAAA, number=0x1234))
    assert (question.id, question.name, question.type, question.record_class) == (0x1234, "web.front", 28, 1)
    assert question.udp_size is None


def test_the_size_that_edns_tells_is_read() -> None:
    assert parse(edns=1400).udp_size == 1400
    assert parse(edns=1400).room(stream=False) == 1400
    assert parse(edns=100).room(stream=False) == 512
    assert parse().room(stream=False) == 512
    assert parse().room(stream=True) == 65535


def test_addresses_come_with_their_time_to_live_under_the_name_as_it_was_asked() -> None:
    question = messages.parse(ask("Web", Type.A, number=7))
    reply = read(messages.addresses(question, [IPv4Address("10.0.0.2")], 600, stream=False))
    assert (reply.id, reply.rcode, reply.truncated) == (7, Rcode.NO_ERROR, False)
    assert reply.question == ("Web", Type.A)
    assert reply.answers == [("Web", Type.A, 600, IPv4Address("10.0.0.2").packed)]
    assert reply.recursion_available
    assert reply.edns is None


def test_an_answer_to_edns_has_edns() -> None:
    question = parse("web", Type.AAAA, edns=4096)
    reply = read(messages.addresses(question, [IPv6Address("fd00::2")], 600, stream=False))
    assert reply.edns == 1232
    assert reply.answers == [("web", Type.AAAA, 600, IPv6Address("fd00::2").packed)]


def test_what_does_not_fit_a_datagram_is_cut_off_and_told_but_not_on_a_stream() -> None:
    many = [IPv4Address(0x0A000000 + number) for number in range(200)]
    cut = messages.addresses(parse(), many, 600, stream=False)
    assert len(cut) <= 512
    assert read(cut).truncated
    assert 0 < len(read(cut).answers) < 200
    whole = read(messages.addresses(parse(), many, 600, stream=True))
    assert (whole.truncated, len(whole.answers)) == (False, 200)


def test_a_reverse_question_is_answered_with_a_name() -> None:
    question = parse("2.0.0.10.in-addr.arpa", Type.PTR)
    reply = read(messages.pointer(question, "web.front", 600, stream=False))
    assert reply.answers == [("2.0.0.10.in-addr.arpa", Type.PTR, 600, b"\x03web\x05front\x00")]


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64, ".".join(["x" * 60] * 5)])
def test_a_name_that_dns_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 63"):
        messages.pointer(parse("2.0.0.10.in-addr.arpa", Type.PTR), name, 600, stream=False)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("2.0.0.10.in-addr.arpa", "10.0.0.2"),
        ("0.0.10.in-addr.arpa", None),
        ("x.0.0.10.in-addr.arpa", None),
        ("2.0.0.10.in-addr.arpa.evil", None),
        (".".join(reversed("fd00" + "0" * 27 + "2")) + ".ip6.arpa", "fd00::2"),
        ("2.0.ip6.arpa", None),
        (".".join("g" * 32) + ".ip6.arpa", None),
        ("web", None),
    ],
)
def test_the_address_in_a_reverse_name(name: str, address: str | None) -> None:
    assert messages.reversed_address(name) == (ip_address(address) if address else None)


def test_a_compressed_question_is_answered_with_a_whole_one() -> None:
    # A record name after the question that points back to it is legal; so is a second question's, which we refuse.
    packet = ask("web", Type.A)
    edns = b"\xc0\x0c" + struct.pack("!HHIH", 41, 1500, 0, 0)
    with_opt = packet[:10] + b"\0\1" + packet[12:] + edns
    assert messages.parse(with_opt).udp_size == 1500


@pytest.mark.parametrize("target", [12, 13, 40, 0x3FFF, 0, 5])
def test_pointers_do_not_lead_round_in_a_circle(target: int) -> None:
    packet = ask("web", Type.A)[:12] + b"\x03abc" + (0xC000 | target).to_bytes(2, "big") + b"\0\1\0\1"
    if target == 12:
        # "abc" and again from its start: each jump must go further back than all before.
        assert "backwards" in str(malformed(packet))
    assert malformed(packet).reply is not None


def test_what_is_wrong_is_told_under_the_same_id() -> None:
    whole = ask("web", Type.A, number=77)
    reply = malformed(whole[:-1]).reply
    assert reply is not None
    assert (read(reply).id, read(reply).rcode) == (77, Rcode.FORMAT_ERROR)
    update = whole[:2] + b"\x28\x00" + whole[4:]
    reply = malformed(update).reply
    assert reply is not None
    assert read(reply).rcode == Rcode.NOT_IMPLEMENTED
    two = whole[:4] + b"\0\2" + whole[6:]
    assert "2 questions" in str(malformed(two))


def test_answers_and_snippets_are_not_answered() -> None:
    whole = ask("web", Type.A)
    assert malformed(whole[:11]).reply is None
    assert malformed(whole[:2] + b"\x81\x00" + whole[4:]).reply is None


def test_a_dot_in_a_label_is_not_one_between_labels() -> None:
    packet = ask("x", Type.A)[:12] + b"\x03a.b\x00\0\1\0\1"
    assert messages.parse(packet).name == "a\\.b"


def test_an_answer_is_known_by_its_id_and_its_question() -> None:
    question = parse("web.example", Type.A, number=5)
    sent = 4711
    good = messages.failure(messages.parse(question.with_id(sent)), Rcode.SERVER_FAILURE)
    assert messages.answers(good, question, sent)
    assert messages.rcode(good) == Rcode.SERVER_FAILURE
    assert not messages.answers(good, question, sent + 1)
    assert not messages.answers(question.with_id(sent), question, sent), "a question is not an answer"
    other = messages.failure(parse("other.example", Type.A, number=sent), Rcode.NO_ERROR)
    assert not messages.answers(other, question, sent)
    other_type = messages.failure(parse("web.example", Type.AAAA, number=sent), Rcode.NO_ERROR)
    assert not messages.answers(other_type, question, sent)
    assert messages.answers(struct.pack("!HHHHHH", sent, 0x8005, 0, 0, 0, 0), question, sent), "a bare refusal"
    assert not messages.answers(struct.pack("!HHHHHH", sent, 0x8000, 0, 0, 0, 0), question, sent)


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_no_bytes_break_the_reader(packet: bytes) -> None:
    try:
        messages.parse(packet)
    except Malformed:
        pass
    messages.answers(packet, parse(), 1)


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, 3), st.integers(0, 3))
def test_no_body_behind_a_good_header_breaks_the_reader(body: bytes, questions: int, others: int) -> None:
    packet = struct.pack("!HHHHHH", 1, 0x0100, questions, others, others, others) + body
    try:
        question = messages.parse(packet)
    except Malformed as error:
        assert error.reply is not None
    else:
        reply = read(messages.addresses(question, [IPv4Address("10.0.0.1")], 1, stream=False))
        assert reply.id == 1
        assert len(reply.answers) == 1


@settings(deadline=None)
@given(LABELS, st.sampled_from(list(Type)), st.integers(0, 65535))
def test_a_name_of_any_bytes_comes_back_as_it_was(labels: list[bytes], kind: int, number: int) -> None:
    wire = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    packet = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + wire + struct.pack("!HH", kind, 1)
    question = messages.parse(packet)
    reply = messages.failure(question, Rcode.NO_ERROR)
    assert reply[12:] == packet[12:]
    assert messages.answers(reply, question, number)
