"""Connect and disconnect of containers that do not run, and what is refused; running ones are in tests/compat."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_containers.engine.containers.endpoints import endpoints_of
from jupyter_containers.engine.containers.plugging import connect, disconnect
from jupyter_containers.engine.containers.record import AddressWish, EndpointSettings, HostSettings, Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import Conflict, Forbidden, InvalidParameter, NotFound
from tests.support.roster import roster, with_number_of_another


@pytest.fixture
def ours(tmp_path: Path) -> Roster:
    made = roster(tmp_path)
    for number, mode in enumerate(("default", "none", "host", "container:x")):
        made.add(Record(f"{number}" * 64, mode.partition(":")[0], number, "x", host=HostSettings(network_mode=mode)))
    return made


def names(ours: Roster, container: str) -> list[str]:
    return list(endpoints_of(ours.find(container).record))


def plug(ours: Roster, container: str, network: str, settings: EndpointSettings | None = None) -> None:
    asyncio.run(connect(ours, ours.find(container), network, settings or EndpointSettings()))


def unplug(ours: Roster, container: str, network: str) -> None:
    asyncio.run(disconnect(ours, ours.find(container), network))


def test_a_stopped_container_changes_its_networks_in_the_record(ours: Roster) -> None:
    unplug(ours, "default", "bridge")
    plug(ours, "default", "none")
    assert names(ours, "default") == ["none"]
    unplug(ours, "default", "none")
    assert ours.find("default").record.endpoints == {}


def test_networks_that_exclude_each_other_are_refused_in_dockers_words(ours: Roster) -> None:
    for container, network, words in (
        ("default", "host", "container cannot be disconnected from host network or connected to host network"),
        ("default", "none", "private .none. mode"),
        ("none", "bridge", "private .none. mode"),
        ("host", "bridge", "container sharing network namespace with another container or host"),
        ("container", "bridge", "container sharing network namespace with another container or host"),
    ):
        with pytest.raises(Forbidden, match=words):
            plug(ours, container, network)
    with pytest.raises(Forbidden, match="cannot be disconnected from host network"):
        unplug(ours, "host", "host")


def test_what_is_not_there_is_told(ours: Roster) -> None:
    with pytest.raises(NotFound, match="network ghost not found"):
        plug(ours, "default", "ghost")
    with pytest.raises(Forbidden, match=f"container {'0' * 64} is not connected to the network ghost"):
        unplug(ours, "default", "ghost")
    with pytest.raises(Forbidden, match=f"container {'0' * 64} is not connected to network none"):
        unplug(ours, "default", "none")


def test_a_wish_that_the_network_cannot_fulfil_is_refused(ours: Roster) -> None:
    with pytest.raises(InvalidParameter, match="user specified IP address is supported on user defined networks only"):
        plug(ours, "default", "bridge", EndpointSettings(AddressWish("10.0.0.2")))


def test_what_is_left_of_a_network_that_is_gone_can_be_disconnected(ours: Roster) -> None:
    container = ours.find("default")
    ours.save(container, endpoints={"gone": EndpointSettings(network_id="9" * 64)})
    unplug(ours, "default", "gone")
    assert names(ours, "default") == []


def test_the_network_of_a_process_that_has_the_pid_by_now_is_left_alone(ours: Roster) -> None:
    container = with_number_of_another(ours, Record("f" * 64, "ended", 9, "x"))
    container.attachments.clear()
    with pytest.raises(Conflict, match=f"Container {'f' * 64} is not running"):
        plug(ours, "ended", "bridge")
