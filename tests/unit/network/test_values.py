from __future__ import annotations

import json

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.network.values import Attachment, PortMapping, Published


@pytest.mark.parametrize(
    ("words", "mapping"),
    [
        (("80/tcp", "", ""), PortMapping(80)),
        (("80", "", "8080"), PortMapping(80, "tcp", "", 8080)),
        (("53/UDP", "127.0.0.1", "53"), PortMapping(53, "udp", "127.0.0.1", 53)),
        (("80/tcp", "[::1]", "8000-8010"), PortMapping(80, "tcp", "::1", 8000, 8010)),
        (("80/tcp", "0:0::1", "0"), PortMapping(80, "tcp", "::1")),
    ],
)
def test_docker_words_become_a_mapping(words: tuple[str, str, str], mapping: PortMapping) -> None:
    assert PortMapping.parse(*words) == mapping


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("80/sctp",), "protocol must be tcp or udp"),
        (("0",), "invalid port '0'"),
        (("65536",), "invalid port '65536'"),
        (("80", "", "x"), "invalid port 'x'"),
        (("80", "", "10-5"), "the end is below the start"),
        (("80", "here", "10"), "invalid host address 'here'"),
        (("٣",), "invalid port"),
    ],
)
def test_what_is_no_mapping_is_refused(words: tuple[str, ...], reason: str) -> None:
    with pytest.raises(InvalidParameter, match=reason):
        PortMapping.parse(*words)


def test_an_attachment_survives_the_database() -> None:
    attachment = Attachment(
        endpoint_id="e" * 64,
        ip_address="172.31.0.2",
        prefix_length=16,
        gateway="172.31.0.1",
        mac_address="02:42:ac:1f:00:02",
        host_interface="jc0123456789",
        published=(Published(80, "tcp", "0.0.0.0", 8080), Published(80, "tcp", "::", 8080)),
    )
    assert Attachment.from_json(json.loads(json.dumps(attachment.to_json()))) == attachment
