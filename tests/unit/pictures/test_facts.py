"""Tests of pictures.facts."""

from __future__ import annotations

from jupyter_containers.pictures.facts import facts

PUBLISHED = {"HostIp": "0.0.0.0", "HostPort": "8080"}


def test_facts_of_a_container() -> None:
    body = {
        "Id": "0123456789abcdef",
        "Name": "/web",
        "Path": "sh",
        "Args": ["-c", "a b"],
        "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": True},
        "Config": {"Image": "busybox"},
        "HostConfig": {"Memory": 64_000_000, "NanoCpus": 500_000_000},
        "NetworkSettings": {"IPAddress": "10.0.0.2", "Ports": {"80/tcp": [PUBLISHED], "81/tcp": None}},
        "Mounts": [{"Source": "/a", "Destination": "/b"}],
    }  # fmt: skip
    assert facts("container", body) == [
        ("Name", "web"),
        ("Id", "0123456789ab"),
        ("State", "exited (137) · killed at the memory limit"),
        ("Image", "busybox"),
        ("Command", "sh -c 'a b'"),
        ("Address", "10.0.0.2"),
        ("Ports", "0.0.0.0:8080→80/tcp"),
        ("Memory limit", "64MB"),
        ("Processors", "0.5"),
        ("Mounts", "/a → /b"),
    ]


def test_a_running_container_has_a_pid() -> None:
    assert ("State", "running (pid 7)") in facts("container", {"State": {"Status": "running", "Pid": 7}})


def test_facts_of_an_image() -> None:
    body = {
        "RepoTags": ["x:1"],
        "Size": 2000,
        "Os": "linux",
        "Architecture": "amd64",
        "Config": {"Cmd": ["sh"], "Env": ["A=1", "B=2"]},
    }
    found = dict(facts("image", body))
    assert (found["Names"], found["Size"], found["Platform"], found["Command"], found["Environment"]) == (
        "x:1", "2kB", "linux/amd64", "sh", "A=1\nB=2",
    )  # fmt: skip


def test_facts_of_networks_and_volumes() -> None:
    network = {"Id": "1", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "10.0.0.0/8", "Gateway": "10.0.0.1"}]}}
    assert ("Subnet", "10.0.0.0/8") in facts("network", network)
    assert facts("volume", {"Driver": "local", "Mountpoint": "/v"}) == [("Driver", "local"), ("Folder", "/v")]


def test_a_body_with_nulls_is_no_problem() -> None:
    assert facts("image", {"Config": None, "RepoTags": None, "RootFS": None})
    assert facts("container", {"State": None, "Config": None, "Mounts": None, "NetworkSettings": None}) is not None
