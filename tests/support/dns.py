"""DNS messages as a client writes and reads them, independent of the code under test."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field


@dataclass
class Reply:
    """An answer, taken apart. `answers` are (name, type, TTL, content)."""

    id: int
    rcode: int
    truncated: bool
    recursion_available: bool
    question: tuple[str, int] | None = None
    answers: list[tuple[str, int, int, bytes]] = field(default_factory=list)
    edns: int | None = None


def ask(name: str, kind: int = 1, *, number: int = 1, edns: int = 0, record_class: int = 1) -> bytes:
    """Return a query; with `edns`, it tells this size."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"
    option = b"\0" + struct.pack("!HHIH", 41, edns, 0, 0) if edns else b""
    head = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 1 if edns else 0)
    return head + labels + struct.pack("!HH", kind, record_class) + option


def read(packet: bytes) -> Reply:
    """Take an answer apart."""
    number, flags, questions, answers, authorities, additional = struct.unpack_from("!HHHHHH", packet)
    assert flags & 0x8000, "not an answer"
    reply = Reply(number, flags & 15, bool(flags & 0x200), bool(flags & 0x80))
    offset = 12
    for _ in range(questions):
        name, offset = _name(packet, offset)
        kind, _class = struct.unpack_from("!HH", packet, offset)
        reply.question = (name, kind)
        offset += 4
    for index in range(answers + authorities + additional):
        name, offset = _name(packet, offset)
        kind, record_class, ttl, length = struct.unpack_from("!HHIH", packet, offset)
        content = packet[offset + 10 : offset + 10 + length]
        offset += 10 + length
        if kind == 41:
            reply.edns = record_class
        elif index < answers:
            reply.answers.append((name, kind, ttl, content))
    assert offset == len(packet), "something behind the last record"
    return reply


def _name(packet: bytes, offset: int) -> tuple[str, int]:
    labels = []
    while size := packet[offset]:
        if size >= 0xC0:
            rest, _ = _name(packet, int.from_bytes(packet[offset : offset + 2], "big") & 0x3FFF)
            return ".".join([*labels, rest]), offset + 2
        labels.append(packet[offset + 1 : offset + 1 + size].decode("latin-1"))
        offset += 1 + size
    return ".".join(labels), offset + 1
