"""hostname, hosts and resolv.conf of a container."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.hostfiles import add_addresses, write_files
from jupyter_containers.engine.containers.record import HostSettings, Record, Settings
from jupyter_containers.network.values import Attachment
from tests.support.roster import roster


class Bridge:
    """The default bridge, as the network room tells of it."""

    def __init__(self, gateway: str = "10.0.0.1") -> None:
        self._gateway = gateway

    def describe(self) -> dict[str, str]:
        return {"gateway": self._gateway}


def record(**host: object) -> Record:
    return Record("a" * 64, "web", 1, "x", settings=Settings(domainname="example.org"), host=HostSettings(**host))  # type: ignore[arg-type]


def test_names_are_written_and_the_address_added_in_place(tmp_path: Path) -> None:
    ours = roster(tmp_path, networking=Bridge())
    wished = record(extra_hosts=("db:10.9.9.9", "up:host-gateway"), dns=("10.8.8.8",), dns_search=("example.com",))
    write_files(ours, wished, "box")
    folder = ours.files_path(wished)
    assert (folder / "hostname").read_text() == "box\n"
    assert "10.9.9.9\tdb\n10.0.0.1\tup\n" in (folder / "hosts").read_text()
    assert (folder / "resolv.conf").read_text().startswith("nameserver 10.8.8.8\nsearch example.com\n")
    inode = (folder / "hosts").stat().st_ino
    container = Container(wished, {"bridge": Attachment("e", "10.0.0.7", 16, "10.0.0.1", "m", "jc1")})
    add_addresses(ours, container, "box")
    assert (folder / "hosts").read_text().endswith("10.0.0.7\tbox.example.org box\n")
    assert (folder / "hosts").stat().st_ino == inode


def test_with_the_hosts_network_it_is_the_hosts_names(tmp_path: Path) -> None:
    ours = roster(tmp_path, networking=Bridge())
    wished = record(network_mode="host", extra_hosts=("db:10.9.9.9",))
    write_files(ours, wished, "box")
    text = (ours.files_path(wished) / "hosts").read_text()
    assert text.startswith(Path("/etc/hosts").read_text().rstrip())
    assert text.endswith("10.9.9.9\tdb\n")


@pytest.mark.parametrize(("mode", "line"), [("host", "127.0.0.1\tup\n"), ("none", "")])
def test_without_a_bridge_the_host_is_near_or_out_of_reach(tmp_path: Path, mode: str, line: str) -> None:
    ours = roster(tmp_path, networking=Bridge(""))
    wished = record(network_mode=mode, extra_hosts=("up:host-gateway",))
    write_files(ours, wished, "box")
    lines = (ours.files_path(wished) / "hosts").read_text().splitlines(keepends=True)
    assert [text for text in lines if "up" in text.split()] == ([line] if line else [])


def test_on_a_network_of_ones_own_the_name_server_beside_it_is_asked(tmp_path: Path) -> None:
    ours = roster(tmp_path, networking=Bridge())
    wished = record(network_mode="mine", dns=("10.8.8.8",), dns_search=("example.com",))
    write_files(ours, wished, "box")
    text = (ours.files_path(wished) / "resolv.conf").read_text()
    assert text.startswith("nameserver 127.0.0.11\nsearch example.com\noptions ")
    assert "10.8.8.8" not in text


def test_in_anothers_network_nothing_is_written(tmp_path: Path) -> None:
    ours = roster(tmp_path, networking=Bridge())
    wished = record(network_mode="container:x")
    write_files(ours, wished, "box")
    assert not ours.files_path(wished).exists()
