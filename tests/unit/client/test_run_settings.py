"""Tests of client.run_settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client.run_settings import ExecSettings, PublishedPort, RunSettings, absolute_source
from jupyter_containers.errors import InvalidParameter


def test_what_is_not_set_is_left_to_the_daemon() -> None:
    assert RunSettings("x", attached=False).to_wire() == {"Image": "x", "HostConfig": {}}


def test_an_attached_container_wants_its_output() -> None:
    body = RunSettings("x", ("ls", "-l"), stdin=True).to_wire()
    assert {name: body[name] for name in ("Cmd", "AttachStdin", "AttachStdout", "OpenStdin", "StdinOnce")} == {
        "Cmd": ["ls", "-l"],
        "AttachStdin": True,
        "AttachStdout": True,
        "OpenStdin": True,
        "StdinOnce": True,
    }


def test_limits_are_in_dockers_units() -> None:
    settings = RunSettings("x", memory_bytes=64 << 20, cpus=0.5, pids_limit=7, memory_swap_bytes=-1)
    assert settings.to_wire()["HostConfig"] == {
        "Memory": 67108864,
        "NanoCpus": 500_000_000,
        "PidsLimit": 7,
        "MemorySwap": -1,
    }


def test_ports_are_exposed_and_bound() -> None:
    body = RunSettings("x", ports=(PublishedPort.parse("8080:80"), PublishedPort.parse("127.0.0.1::80"))).to_wire()
    assert body["ExposedPorts"] == {"80/tcp": {}}
    assert body["HostConfig"]["PortBindings"] == {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": ""}]
    }


def test_a_range_of_ports_is_each_of_them() -> None:
    texts = ("8000-8001:80-81/udp", "127.0.0.1:9000-9009:90", "70-71")
    body = RunSettings("x", ports=tuple(map(PublishedPort.parse, texts))).to_wire()
    assert body["HostConfig"]["PortBindings"] == {
        "80/udp": [{"HostIp": "", "HostPort": "8000"}], "81/udp": [{"HostIp": "", "HostPort": "8001"}],
        "90/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9000-9009"}],
        "70/tcp": [{"HostIp": "", "HostPort": ""}], "71/tcp": [{"HostIp": "", "HostPort": ""}],
    }  # fmt: skip
    assert body["ExposedPorts"].keys() == body["HostConfig"]["PortBindings"].keys()
    with pytest.raises(InvalidParameter, match="'1-3:1-2'; its two ranges are of different lengths"):
        PublishedPort.parse("1-3:1-2")


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("80", PublishedPort("80/tcp")),
        ("8080:80", PublishedPort("80/tcp", "8080")),
        ("53:53/udp", PublishedPort("53/udp", "53")),
        ("127.0.0.1:8080:80", PublishedPort("80/tcp", "8080", "127.0.0.1")),
        ("[::1]:8080:80", PublishedPort("80/tcp", "8080", "::1")),
    ],
)
def test_a_published_port_is_read(text: str, port: PublishedPort) -> None:
    assert PublishedPort.parse(text) == port


@pytest.mark.parametrize(
    "text", ["", "x", "80:", "80/icmp", "99999:80", "80:http", "9-8:80", "80-", "8-9-10:80", "70-99999"]
)
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid port to publish"):
        PublishedPort.parse(text)


@pytest.mark.parametrize(
    ("volume", "absolute"),
    [
        ("/a:/b", "/a:/b"),
        ("name:/b:ro", "name:/b:ro"),
        (".:/b", "/here:/b"),
        ("./a:/b:ro", "/here/a:/b:ro"),
        ("../a:/b", "/a:/b"),
        ("/only", "/only"),
    ],
)
def test_relative_sources_become_absolute(volume: str, absolute: str) -> None:
    assert absolute_source(volume, Path("/here")) == absolute


def test_a_bare_target_is_a_nameless_volume() -> None:
    host = RunSettings("x", volumes=("/data", "/a:/b")).to_wire()["HostConfig"]
    assert host == {"Binds": ["/a:/b"], "Mounts": [{"Type": "volume", "Target": "/data"}]}


def test_an_empty_entrypoint_takes_the_images_away() -> None:
    assert RunSettings("x", entrypoint=("",)).to_wire()["Entrypoint"] == [""]


def test_a_restart_policy_may_count() -> None:
    host = RunSettings("x", restart="on-failure:3").to_wire()["HostConfig"]
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    with pytest.raises(InvalidParameter, match="invalid restart policy"):
        RunSettings("x", restart="on-failure:x").to_wire()


def test_a_detached_exec_attaches_nothing() -> None:
    body = ExecSettings(("ls",), stdin=True, detached=True).to_wire()
    assert (body["AttachStdin"], body["AttachStdout"], body["AttachStderr"]) == (False, False, False)
