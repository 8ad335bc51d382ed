"""What to say to a query: decided here, without a socket. Docker's rules, as its embedded server has them.

    A, AAAA   of a known name: its addresses in random order; none of that family: an empty answer, never forwarded
    MX        of a known name: an empty answer, so that mail goes to the address (RFC 5321, section 5.1)
    PTR       of a known address: container.network
    others    of a known name without a dot, which means nothing outside: an empty answer
    all else  forwarded; where that may not be, or nobody answers: SERVFAIL

A user who chose ndots above 0 wants search domains tried for names without a dot: those get an empty answer.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from jupyter_containers.network.dns import messages
from jupyter_containers.network.dns.messages import IN, Address, Question, Rcode, Type

TTL_SECONDS = 600

_FAMILIES: dict[int, type[Address]] = {Type.A: IPv4Address, Type.AAAA: IPv6Address}


class Names(Protocol):
    """Who is called what, as one container sees it now."""

    def addresses(self, name: str) -> Sequence[Address] | None:
        """Return the addresses behind a name (lower-case, no final dot); None for one that is not known."""

    def name_of(self, address: Address) -> str | None:
        """Return "container.network" for an address on a network that the container is on."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`servers` are asked for names that are not ours, in this order; those that are `inside`, from the container.

    `searches`: the user has set ndots above 0.
    """

    servers: tuple[str, ...] = ()
    searches: bool = False
    inside: frozenset[str] = frozenset()


def decide(packet: bytes, names: Names, policy: Policy, *, stream: bool) -> bytes | Question | None:
    """Return the answer; or the question, when others have to be asked; or None, when there is nothing to say."""
    try:
        question = messages.parse(packet)
    except messages.Malformed as error:
        return error.reply
    answer = _own_answer(question, names, stream) if question.record_class == IN else None
    if answer is not None:
        return answer
    if policy.searches and question.type in _FAMILIES and "." not in question.name:
        return messages.addresses(question, (), TTL_SECONDS, stream=stream)
    if not policy.servers:
        return messages.failure(question, Rcode.SERVER_FAILURE)
    return question


def _pointer(question: Question, name: str, stream: bool) -> bytes:
    try:
        return messages.pointer(question, name, TTL_SECONDS, stream=stream)
    except ValueError:
        # A container may be called what no label of DNS holds: it is known, and has no name there.
        return messages.addresses(question, (), TTL_SECONDS, stream=stream)


def _own_answer(question: Question, names: Names, stream: bool) -> bytes | None:
    if question.type == Type.PTR:
        address = messages.reversed_address(question.name)
        name = None if address is None else names.name_of(address)
        return None if name is None else _pointer(question, name, stream)
    known = names.addresses(question.name)
    if known is None:
        return None
    family = _FAMILIES.get(question.type)
    if family is None and question.type != Type.MX and "." in question.name:
        return None
    found = [address for address in known if family is not None and isinstance(address, family)]
    random.shuffle(found)
    return messages.addresses(question, found, TTL_SECONDS, stream=stream)
