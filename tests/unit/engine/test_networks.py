"""Networks: the three predefined ones, and what is refused before anything is made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_containers.engine.containers.record_json import to_json
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.network_values import Endpoint, Network, NetworkRequest, PoolSettings
from jupyter_containers.engine.networks import Daemon, Networks
from jupyter_containers.errors import (
    Conflict,
    ContainersError,
    Forbidden,
    InvalidParameter,
    NotFound,
    Unsupported,
)
from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.networks import Networks as NetworkRecords
from jupyter_containers.network.values import Segment

FACTS = {"name": "jc0", "subnet": "172.20.0.0/16", "gateway": "172.20.0.1", "mtu": "1500", "warning": "no forwarding"}


class Room:
    """The network room without a kernel: it remembers segments, and refuses when it is told to."""

    def __init__(self) -> None:
        self.segments: dict[str, Segment] = {}
        self.failure: Exception | None = None

    def describe(self) -> dict[str, str]:
        return FACTS

    def know(self, segment: Segment) -> None:
        self.segments[segment.id] = segment

    def knows(self, network_id: str) -> bool:
        return network_id in self.segments

    async def open_segment(self, segment: Segment) -> None:
        if self.failure is not None:
            raise self.failure
        self.segments[segment.id] = segment

    async def close_segment(self, network_id: str) -> None:
        if self.failure is not None:
            raise self.failure
        del self.segments[network_id]

    async def occupied(self) -> list[Any]:
        return []

    def subnets(self) -> list[Any]:
        return [one.pool.subnet for one in self.segments.values()]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[NetworkRecords]:
    database = Database(tmp_path / "metadata.db")
    yield NetworkRecords(database)
    database.close()


def of(records: NetworkRecords, room: Room, *, daemon: str = "daemon-1", events: Events | None = None) -> Networks:
    return Networks(Daemon(daemon, "2026-01-01T00:00:00Z", lambda: "now"), cast(Any, room), records, events or Events())


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def networks(records: NetworkRecords, room: Room) -> Networks:
    return of(records, room)


def create(networks: Networks, request: NetworkRequest) -> Network:
    return asyncio.run(networks.create(request))


def test_there_are_three_and_only_the_bridge_has_addresses(networks: Networks) -> None:
    found = {network.name: network for network in networks.all()}
    assert {name: network.driver for name, network in found.items()} == {
        "bridge": "bridge", "host": "host", "none": "null",
    }  # fmt: skip
    assert found["bridge"].pools == (PoolSettings("172.20.0.0/16", gateway="172.20.0.1"),)
    assert found["bridge"].bridge_name == networks.describe("bridge").bridge_name == "jc0"
    assert found["host"].pools == found["none"].pools == ()
    assert networks.warning() == "no forwarding"


def test_an_id_stays_over_restarts_and_differs_between_daemons(records: NetworkRecords, networks: Networks) -> None:
    again, other = of(records, Room()), of(records, Room(), daemon="daemon-2")
    assert networks.network_id("bridge") == again.network_id("bridge") != other.network_id("bridge")


def test_a_network_is_found_by_name_id_and_prefix(networks: Networks) -> None:
    network_id = networks.network_id("none")
    assert {networks.get(text).name for text in ("none", network_id, network_id[:12])} == {"none"}
    for text in ("", "ghost"):
        with pytest.raises(NotFound, match=f"network {text} not found"):
            networks.get(text)


def test_what_was_made_is_there_after_a_restart_and_gone_after_its_removal(records: NetworkRecords) -> None:
    first = Room()
    made = create(of(records, first), NetworkRequest("mine", labels={"a": "b"}, pools=(PoolSettings("10.0.0.0/24"),)))
    assert made.has_own_subnets
    assert first.segments[made.id] == made.segment()
    second = Room()
    again = of(records, second)
    again.recover()
    assert again.get("mine") == again.get(made.id[:10]) == made
    assert second.segments == first.segments
    asyncio.run(again.remove("mine"))
    assert second.segments == {}
    assert records.all() == []
    with pytest.raises(NotFound):
        again.get("mine")


@pytest.mark.parametrize(
    ("request_", "kind", "words"),
    [
        (NetworkRequest(""), InvalidParameter, "^invalid name: "),
        (NetworkRequest(" "), InvalidParameter, "^invalid name: "),
        (NetworkRequest("bridge"), Forbidden, "^operation is not permitted on predefined bridge network $"),
        (NetworkRequest("mine"), Conflict, "^network with name mine already exists$"),
        (NetworkRequest("x", driver="host"), Forbidden, '^only one instance of "host" network is allowed$'),
        (NetworkRequest("x", driver="null"), Forbidden, '^only one instance of "null" network is allowed$'),
        (NetworkRequest("x", driver="ghost"), NotFound, '^plugin "ghost" not found$'),
        (NetworkRequest("x", driver="overlay"), Unsupported, "driver overlay: there is no swarm here"),
        (
            NetworkRequest("x", driver="macvlan", options={"macvlan_mode": "y"}),
            InvalidParameter,
            "^requested macvlan mode 'y' is not valid",
        ),
        (NetworkRequest("x", ipam_driver="ghost"), NotFound, '^plugin "ghost" not found$'),
        (NetworkRequest("x", ipv6=True, options={"com.docker.network.driver.mtu": "1279"}), InvalidParameter, "1280"),
        (NetworkRequest("x", ipv4=False), Unsupported, "EnableIPv4=false"),
        (
            NetworkRequest("x", pools=(PoolSettings("y"),)),
            InvalidParameter,
            "^invalid network config:\ninvalid subnet y",
        ),
        (NetworkRequest("x", pools=(PoolSettings("10.0.0.0/25"),)), Forbidden, "^Pool overlaps with other one"),
    ],
)
def test_what_cannot_be_made_is_refused(
    networks: Networks, records: NetworkRecords, request_: NetworkRequest, kind: type[ContainersError], words: str
) -> None:
    create(networks, NetworkRequest("mine", pools=(PoolSettings("10.0.0.0/24"),)))
    with pytest.raises(kind, match=words):
        create(networks, request_)
    assert [entry["name"] for entry in records.all()] == ["mine"]


def test_a_failure_below_leaves_no_row_and_the_name_free(
    networks: Networks, records: NetworkRecords, room: Room
) -> None:
    room.failure = OSError("no bridge")
    with pytest.raises(OSError, match="no bridge"):
        create(networks, NetworkRequest("mine"))
    assert records.all() == []
    room.failure = None
    create(networks, NetworkRequest("mine"))
    room.failure = OSError("busy")
    with pytest.raises(OSError, match="busy"):
        asyncio.run(networks.remove("mine"))
    assert networks.get("mine").name == "mine"
    assert len(records.all()) == 1


def test_removal_is_refused_in_dockers_words(networks: Networks) -> None:
    with pytest.raises(Forbidden, match=r"^host is a pre-defined network and cannot be removed$"):
        asyncio.run(networks.remove("host"))
    with pytest.raises(NotFound, match="ghost"):
        asyncio.run(networks.remove("ghost"))
    made = create(networks, NetworkRequest("mine"))
    networks.endpoints = lambda _name: {"c": Endpoint("web", "e", "m", "10.0.0.2", 24)}
    with pytest.raises(Forbidden, match=f"network mine id {made.id} has active endpoints"):
        asyncio.run(networks.remove("mine"))


def test_prune_takes_what_nobody_uses_and_somebody_picks(networks: Networks) -> None:
    for name in ("used", "kept", "idle"):
        create(networks, NetworkRequest(name))
    in_use = {"c": Endpoint("web", "e", "m", "10.0.0.2", 24)}
    networks.endpoints = lambda name: in_use if name == "used" else {}
    assert asyncio.run(networks.prune(lambda network: network.name != "kept")) == ["idle"]
    assert [network.name for network in networks.all()] == ["bridge", "host", "none", "used", "kept"]


def test_events_tell_of_networks(records: NetworkRecords, room: Room) -> None:
    events = Events()
    networks = of(records, room, events=events)
    made = create(networks, NetworkRequest("mine"))
    networks.tell("connect", made, "c")
    asyncio.run(networks.remove("mine"))
    told = [(event.type, event.action, event.actor_id, event.attributes) for event in events.since(0)]
    names = {"name": "mine", "type": "bridge"}
    assert told == [
        ("network", "create", made.id, names),
        ("network", "connect", made.id, {"container": "c", **names}),
        ("network", "destroy", made.id, names),
    ]


def test_a_subnet_of_ipv6_means_nothing_until_it_is_switched_on(networks: Networks, room: Room) -> None:
    made = create(networks, NetworkRequest("mine", pools=(PoolSettings("fd00:7::/64"),)))
    assert [pool.subnet for pool in made.pools][1:] == ["fd00:7::/64"]
    assert room.segments[made.id].pool6 is None
    assert made.keeps_unused("fd00:7::9")
    assert not made.keeps_unused("fd00:8::9")
    made = create(networks, NetworkRequest("other", ipv6=True, pools=(PoolSettings("fd00:7::/64"),)))
    assert not made.keeps_unused("fd00:7::9")


def test_a_row_keeps_everything(networks: Networks, records: NetworkRecords) -> None:
    options = {"com.docker.network.bridge.name": "br-mine", "note": "x"}
    made = create(networks, NetworkRequest("mine", internal=True, attachable=True, ipv6=True, options=options))
    assert records.all() == [to_json(made)]
    assert made.bridge_name == "br-mine"
    assert [pool.subnet.partition(":")[0][:2] for pool in made.pools][1] == "fd"


def test_a_parent_has_one_network_only(networks: Networks) -> None:
    def on(name: str, parent: str, driver: str = "macvlan") -> Network:
        return create(networks, NetworkRequest(name, driver=driver, options={"parent": parent} if parent else {}))

    first = on("one", "eth9")
    assert (first.segment().driver, first.segment().parent, first.segment().mode) == ("macvlan", "eth9", "bridge")
    assert first.leads_outside
    assert not first.segment().internal
    with pytest.raises(Forbidden, match=r"^network one is already using parent interface eth9"):
        on("two", "eth9", "ipvlan")
    on("three", "eth8")
    # Without a parent each has one of its own, which leads nowhere.
    alone, other = on("four", ""), on("five", "")
    assert not alone.leads_outside
    assert alone.segment().internal
    assert alone.segment().id != other.segment().id


def test_a_network_that_cannot_be_read_keeps_nobody_from_the_others(
    records: NetworkRecords, room: Room, networks: Networks, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("later", "broken", "web"):
        create(networks, NetworkRequest(name))
    rows = {row["name"]: row for row in records.all()}
    changed = {"later": rows["later"] | {"options": {"com.docker.network.bridge.later": "1"}}, "broken": {"name": "x"}}
    for name, row in changed.items():
        records.remove(rows[name]["id"])
        records.add(rows[name]["id"], name, row)
    again = of(records, Room())
    again.recover()
    assert [network.name for network in again.all() if not network.is_predefined] == ["web"]
    assert caplog.text.count("a network is left out, its record cannot be read") == 2
