"""Legacy links: hosts, variables, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.engine.containers import links
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.record import HostSettings, Record, Settings, State, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from jupyter_containers.network.values import Attachment
from tests.support.roster import roster

DB = Record(
    "d" * 64, "db", 1, "x",
    settings=Settings(hostname="d" * 12, env=("PW=x=y", "PATH=/bin"), exposed_ports=("6000/udp", "5432/tcp")),
    state=State(Status.RUNNING, 7, started_at=1),
)  # fmt: skip
WEB = Record("e" * 64, "web", 2, "x", host=HostSettings(links=(f"{'d' * 64}:my-db",)), state=DB.state)


@pytest.fixture
def ours(tmp_path: Path) -> Roster:
    made = roster(tmp_path)
    made.add(DB).attachments = {"bridge": Attachment("e", "10.0.0.2", 16, "10.0.0.1", "m", "jc1")}
    made.add(WEB)
    return made


def test_names_become_ids_and_survive_a_rename(ours: Roster) -> None:
    wish = HostSettings(links=("db:my-db", "/db"))
    assert links.settle_links(ours, wish) == (f"{'d' * 64}:my-db", f"{'d' * 64}:db")
    ours.rename(ours.find("db"), "store")
    assert links.shown_links(ours, WEB) == ("/store:/web/my-db",)


def test_what_cannot_be_linked_is_refused(ours: Roster) -> None:
    with pytest.raises(InvalidParameter, match=r"^could not get container for ghost: No such container: ghost$"):
        links.settle_links(ours, HostSettings(links=("ghost:x",)))
    with pytest.raises(InvalidParameter, match=r"host type networking can't be used with links"):
        links.settle_links(ours, HostSettings(links=("db",), network_mode="host"))


def test_the_links_of_other_networks_are_left_to_their_endpoints(ours: Roster) -> None:
    wish = HostSettings(links=("db:x",), network_mode="mine")
    assert links.settle_links(ours, wish) == ("db:x",)
    assert links.shown_links(ours, Record("f" * 64, "f", 1, "x", host=wish)) is None


def test_a_link_is_a_name_until_it_is_removed(ours: Roster) -> None:
    owner = ours.find("web")
    assert links.find_link(ours, owner, "my-db").record.name == "db"
    with pytest.raises(NotFound, match=r"No such container: web/ghost"):
        links.find_link(ours, owner, "ghost")
    links.remove_link(ours, owner, "my-db")
    assert owner.record.host.links == ()
    with pytest.raises(NotFound):
        links.remove_link(ours, owner, "my-db")


def test_hosts_get_alias_short_id_and_name(ours: Roster) -> None:
    assert links.host_entries(ours, WEB) == [f"my-db {'d' * 12} db:10.0.0.2"]


def test_variables_tell_of_ports_and_environment(ours: Roster) -> None:
    assert links.link_environment(ours, WEB) == (
        "MY_DB_PORT=tcp://10.0.0.2:5432",
        "MY_DB_PORT_5432_TCP=tcp://10.0.0.2:5432",
        "MY_DB_PORT_5432_TCP_ADDR=10.0.0.2",
        "MY_DB_PORT_5432_TCP_PORT=5432",
        "MY_DB_PORT_5432_TCP_PROTO=tcp",
        "MY_DB_PORT_6000_UDP=udp://10.0.0.2:6000",
        "MY_DB_PORT_6000_UDP_ADDR=10.0.0.2",
        "MY_DB_PORT_6000_UDP_PORT=6000",
        "MY_DB_PORT_6000_UDP_PROTO=udp",
        "MY_DB_NAME=/web/my-db",
        "MY_DB_ENV_PW=x=y",
    )


def test_a_start_needs_the_linked_container_to_run_on_the_bridge(ours: Roster) -> None:
    links.check_links(ours, WEB)
    target = ours.find("db")
    target.attachments = {}
    with pytest.raises(ContainersError, match=r"Cannot link to /db, as it does not belong to the default network"):
        links.check_links(ours, WEB)
    ours.save_state(target, status=Status.EXITED)
    with pytest.raises(ContainersError, match=r"Cannot link to a non running container: /db AS /web/my-db"):
        links.check_links(ours, WEB)
    ours.forget(target)
    with pytest.raises(ContainersError, match=r"Cannot link to a non running container"):
        links.check_links(ours, WEB)


def test_those_who_link_are_found_while_they_run(ours: Roster) -> None:
    def names(of: Container) -> list[str]:
        return [container.record.name for container in links.linked_from(ours, of)]

    assert names(ours.find("db")) == ["web"]
    assert names(ours.find("web")) == []
    ours.save_state(ours.find("web"), status=Status.EXITED)
    assert names(ours.find("db")) == []
