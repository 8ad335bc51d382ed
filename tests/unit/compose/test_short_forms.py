"""Tests of compose.short_forms."""

from __future__ import annotations

import pytest

from jupyter_containers.compose import short_forms
from jupyter_containers.compose.source import Place, WrongFile, plain, planted

HERE = Place("f", 3)


def port(target: int, published: str = "", ip: str = "", protocol: str = "tcp") -> dict[str, object]:
    found = {"mode": "ingress", "host_ip": ip, "target": target, "published": published, "protocol": protocol}
    return {key: value for key, value in found.items() if value != ""}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("80", [port(80)]),
        (80, [port(80)]),
        ("8080:80", [port(80, "8080")]),
        ("8080:80/udp", [port(80, "8080", protocol="udp")]),
        ("127.0.0.1:8080:80", [port(80, "8080", "127.0.0.1")]),
        ("127.0.0.1::80", [port(80, "", "127.0.0.1")]),
        ("[::1]:8080:80", [port(80, "8080", "::1")]),
        ("80-82", [port(80), port(81), port(82)]),
        ("8080-8081:80-81", [port(80, "8080"), port(81, "8081")]),
        ("8000-8010:80", [port(80, "8000-8010")]),
        ("0:80", [port(80)]),
        ("127.0.0.1:0:80", [port(80, "", "127.0.0.1")]),
    ],
)
def test_ports(text: object, found: list[object]) -> None:
    assert [plain(node) for node in short_forms.ports(planted(text, HERE), "p")] == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http", "'http' is not a port; it is [[IP:]HOST:]PORT[/PROTOCOL]"),
        ("0", "0 is no range of ports"),
        ("70000", "70000 is no range of ports"),
        ("9-8", "9-8 is no range of ports"),
        ("1-3:1-2", "the two ranges are of different lengths"),
        ("1-60000", "more than 4096 ports"),
        ("80/icmp", "is not a port"),
    ],
)
def test_what_is_no_port(text: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        short_forms.ports(planted(text, HERE), "p")
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/data", {"type": "volume", "target": "/data"}),
        ("data:/data", {"type": "volume", "source": "data", "target": "/data"}),
        ("data:/data:ro,nocopy",
         {"type": "volume", "source": "data", "target": "/data", "read_only": True, "volume": {"nocopy": True}}),
        ("./a:/b", {"type": "bind", "source": "./a", "target": "/b", "bind": {"create_host_path": True}}),
        ("~/a:/b:rw", {"type": "bind", "source": "~/a", "target": "/b", "read_only": False,
                       "bind": {"create_host_path": True}}),
        ("/a:/b:ro,z,rslave", {"type": "bind", "source": "/a", "target": "/b", "read_only": True,
                               "bind": {"create_host_path": True, "selinux": "z", "propagation": "rslave"}}),
        ("/a:/b:cached", {"type": "bind", "source": "/a", "target": "/b", "consistency": "cached",
                          "bind": {"create_host_path": True}}),
    ],
)  # fmt: skip
def test_volumes(text: str, found: object) -> None:
    assert plain(short_forms.volume(planted(text, HERE), "v")) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [("a:", "is not a volume"), (":/b", "is not a volume"), ("a:b", "'b' in the container must begin with /"),
     ("a:/b:fast", "unknown option 'fast'")],
)  # fmt: skip
def test_what_is_no_volume(text: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        short_forms.volume(planted(text, HERE), "v")
    assert message in caught.value.message


def test_devices() -> None:
    found = [plain(short_forms.device(planted(text, HERE), "d")) for text in ("/dev/a", "/dev/a:/dev/b:r")]
    assert found == [
        {"source": "/dev/a", "target": "/dev/a", "permissions": "rwm"},
        {"source": "/dev/a", "target": "/dev/b", "permissions": "r"},
    ]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (["a=1.2.3.4", "b:::1", "a:5.6.7.8", "c=[::2]"], {"a": ["1.2.3.4", "5.6.7.8"], "b": ["::1"], "c": ["::2"]}),
        ({"a": "1.2.3.4", "b": ["::1", "[::2]"]}, {"a": ["1.2.3.4"], "b": ["::1", "::2"]}),
    ],
)
def test_hosts(value: object, found: object) -> None:
    assert plain(short_forms.hosts(planted(value, HERE), "h")) == found


@pytest.mark.parametrize("value", ["a=1", ["a"], ["=1"], [["a"]]])
def test_what_is_no_host(value: object) -> None:
    with pytest.raises(WrongFile):
        short_forms.hosts(planted(value, HERE), "h")
