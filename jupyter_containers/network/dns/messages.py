"""DNS messages as far as a forwarder needs them: read a question, write an answer, check an answer to a question.

Pure, and sure to end: names may be compressed, but a pointer must lead backwards. Source: RFC 1035, section 4;
RFC 6891 (EDNS).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

MIN_UDP_SIZE = 512
MAX_SIZE = 0xFFFF
IN = 1

_HEADER = struct.Struct("!HHHHHH")
_QUESTION_TAIL = struct.Struct("!HH")
_RECORD_TAIL = struct.Struct("!HHIH")
_MAX_NAME = 255
_OPT = 41
_OUR_UDP_SIZE = 1232  # what fits everywhere without fragments: the DNS flag day's recommendation

_QR = 0x8000
_OPCODE = 0x7800
_TC = 0x0200
_RD = 0x0100
_RA = 0x0080
_CD = 0x0010
_RCODE = 0x000F

Address = IPv4Address | IPv6Address


class Type(IntEnum):
    A = 1
    PTR = 12
    MX = 15
    AAAA = 28


class Rcode(IntEnum):
    NO_ERROR = 0
    FORMAT_ERROR = 1
    SERVER_FAILURE = 2
    NOT_IMPLEMENTED = 4
    REFUSED = 5


class Malformed(ValueError):
    """Not a question that can be worked on. `reply` is what to say to it; None when nothing can be said."""

    def __init__(self, reason: str, reply: bytes | None = None) -> None:
        super().__init__(reason)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `name` is lower-case, without the final dot; `section` the question as it stands in the packet."""

    packet: bytes
    name: str
    type: int
    record_class: int
    section: bytes
    udp_size: int | None

    @property
    def id(self) -> int:
        return int.from_bytes(self.packet[:2], "big")

    def with_id(self, number: int) -> bytes:
        """Return the packet to send on, under another id."""
        return number.to_bytes(2, "big") + self.packet[2:]

    def room(self, *, stream: bool) -> int:
        """Return how long an answer may be."""
        return MAX_SIZE if stream else max(self.udp_size or 0, MIN_UDP_SIZE)


def parse(packet: bytes) -> Question:
    """Read a query. Raises Malformed."""
    if len(packet) < _HEADER.size:
        raise Malformed("shorter than a header")
    number, flags, questions, *counts = _HEADER.unpack_from(packet)
    if flags & _QR:
        raise Malformed("an answer, not a question")
    if flags & _OPCODE:
        raise Malformed("not a standard query", _bare(number, flags, Rcode.NOT_IMPLEMENTED))
    try:
        if questions != 1:
            raise Malformed(f"{questions} questions instead of one")
        labels, offset = _name(packet, _HEADER.size)
        kind, record_class = _QUESTION_TAIL.unpack_from(packet, offset)
        udp_size = _edns_size(packet, offset + _QUESTION_TAIL.size, counts)
    except (Malformed, struct.error) as error:
        raise Malformed(str(error), _bare(number, flags, Rcode.FORMAT_ERROR)) from None
    # Written anew: a compressed name would point somewhere else in the answer.
    section = _wire(labels) + _QUESTION_TAIL.pack(kind, record_class)
    return Question(packet, _text(labels), kind, record_class, section, udp_size)


def failure(question: Question, code: Rcode) -> bytes:
    """Return an answer that has only a code."""
    return _message(question, code, [], truncated=False)


def addresses(question: Question, found: Sequence[Address], ttl_seconds: int, *, stream: bool) -> bytes:
    """Return an answer with addresses of the type that was asked for, as many as there is room for; none is fine."""
    return _answer(question, [address.packed for address in found], ttl_seconds, stream)


def pointer(question: Question, name: str, ttl_seconds: int, *, stream: bool) -> bytes:
    """Return an answer to a reverse question. Raises ValueError for a name that DNS cannot carry."""
    return _answer(question, [_wire([label.encode() for label in name.split(".")])], ttl_seconds, stream)


def answers(packet: bytes, question: Question, number: int) -> bool:
    """Tell whether a packet that came from a resolver is its answer to what was sent under the id `number`."""
    if len(packet) < _HEADER.size:
        return False
    found, flags, questions, *_ = _HEADER.unpack_from(packet)
    if found != number or not flags & _QR:
        return False
    if questions == 0:
        return bool(flags & _RCODE)  # some refuse without repeating the question
    try:
        labels, offset = _name(packet, _HEADER.size)
        kind, record_class = _QUESTION_TAIL.unpack_from(packet, offset)
    except (Malformed, struct.error):
        return False
    return (_text(labels), kind, record_class) == (question.name, question.type, question.record_class)


def rcode(packet: bytes) -> int:
    """Return the code of an answer."""
    return packet[3] & _RCODE


def reversed_address(name: str) -> Address | None:
    """Return the address that a name below in-addr.arpa or ip6.arpa stands for; None for any other name."""
    try:
        if name.endswith(".in-addr.arpa"):
            return IPv4Address(".".join(reversed(name.split(".")[:-2])))
        if name.endswith(".ip6.arpa"):
            digits = name.split(".")[:-2]
            if len(digits) == 32 and all(len(digit) == 1 for digit in digits):
                return IPv6Address(int("".join(reversed(digits)), 16))
    except ValueError:
        pass
    return None


def _answer(question: Question, contents: Sequence[bytes], ttl_seconds: int, stream: bool) -> bytes:
    # 0xC00C points to the name in the question.
    records = [
        b"\xc0\x0c" + _RECORD_TAIL.pack(question.type, IN, ttl_seconds, len(content)) + content for content in contents
    ]
    room = question.room(stream=stream) - len(_message(question, Rcode.NO_ERROR, [], truncated=False))
    fitting = []
    for record in records:
        room -= len(record)
        if room < 0:
            break
        fitting.append(record)
    return _message(question, Rcode.NO_ERROR, fitting, truncated=len(fitting) < len(records))


def _message(question: Question, code: Rcode, records: Sequence[bytes], *, truncated: bool) -> bytes:
    number, flags = _HEADER.unpack_from(question.packet)[:2]
    # Root's name, type, the size in the place of the class, no extended code, version or flags, no content.
    edns = b"" if question.udp_size is None else b"\0" + _RECORD_TAIL.pack(_OPT, _OUR_UDP_SIZE, 0, 0)
    reply_flags = _QR | _RA | (flags & (_RD | _CD)) | (_TC if truncated else 0) | code
    head = _HEADER.pack(number, reply_flags, 1, len(records), 0, 1 if edns else 0)
    return b"".join((head, question.section, *records, edns))


def _bare(number: int, flags: int, code: Rcode) -> bytes:
    return _HEADER.pack(number, _QR | (flags & (_OPCODE | _RD)) | code, 0, 0, 0, 0)


def _edns_size(packet: bytes, offset: int, counts: Sequence[int]) -> int | None:
    """Walk over the records behind the question; return the size that an OPT record among them tells."""
    size = None
    for _ in range(sum(counts)):
        _labels, offset = _name(packet, offset)
        kind, record_class, _ttl, length = _RECORD_TAIL.unpack_from(packet, offset)
        offset += _RECORD_TAIL.size + length
        if offset > len(packet):
            raise Malformed("a record longer than the message")
        if kind == _OPT:
            size = record_class
    return size


def _name(packet: bytes, offset: int) -> tuple[list[bytes], int]:
    """Return the labels of a name and where it ends. Raises Malformed."""
    labels: list[bytes] = []
    length, end, lowest = 0, -1, offset
    while True:
        if offset >= len(packet):
            raise Malformed("a name longer than the message")
        size = packet[offset]
        if size >= 0xC0:
            if offset + 2 > len(packet):
                raise Malformed("half a pointer")
            target = int.from_bytes(packet[offset : offset + 2], "big") & 0x3FFF
            if not _HEADER.size <= target < lowest:
                raise Malformed("a pointer that does not lead backwards")
            end = offset + 2 if end < 0 else end
            offset = lowest = target
            continue
        if size > 63:
            raise Malformed("an unknown type of label")
        if size == 0:
            return labels, offset + 1 if end < 0 else end
        label = packet[offset + 1 : offset + 1 + size]
        length += size + 1
        if len(label) < size or length >= _MAX_NAME:
            raise Malformed("a name that is too long")
        labels.append(label)
        offset += 1 + size


def _text(labels: Sequence[bytes]) -> str:
    # A dot inside a label is not one between labels.
    return ".".join(label.decode("utf-8", "replace").replace(".", "\\.").lower() for label in labels)


def _wire(labels: Sequence[bytes]) -> bytes:
    if any(not 0 < len(label) < 64 for label in labels) or sum(len(label) + 1 for label in labels) >= _MAX_NAME:
        raise ValueError("a label of 1 to 63 bytes, and a name of 253 at most, is expected")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
