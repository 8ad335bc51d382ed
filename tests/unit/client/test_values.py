"""Tests of client.values, with JSON as dockerd sends it."""

from __future__ import annotations

from datetime import UTC, datetime

from jupyter_containers.client.values import ContainerSummary, Event, ImageSummary, Port, Progress, short_id


def test_a_line_of_the_list_of_containers() -> None:
    container = ContainerSummary.from_wire(
        {
            "Id": "abc",
            "Names": ["/other/alias", "/web"],
            "Image": "x",
            "Command": "sleep 1",
            "Created": 86400,
            "State": "running",
            "Status": "Up 2 minutes",
            "Ports": [
                {"PrivatePort": 80, "Type": "tcp", "IP": "0.0.0.0", "PublicPort": 8080},
                {"PrivatePort": 53, "Type": "udp"},
            ],
            "Labels": None,
        }
    )
    assert container.name == "web"
    assert container.created_at == datetime(1970, 1, 2, tzinfo=UTC)
    assert [str(port) for port in container.ports] == ["0.0.0.0:8080->80/tcp", "53/udp"]
    assert container.labels == {}


def test_an_image_without_a_name_has_none() -> None:
    for names in (None, ["<none>:<none>"]):
        assert ImageSummary.from_wire({"Id": "sha256:1", "RepoTags": names}).names == ()


def test_an_event_has_its_time_to_the_nanosecond() -> None:
    event = Event.from_wire({"Type": "container", "Action": "die", "Actor": {"ID": "a"}, "timeNano": 1_500_000_000})
    assert (event.action, event.actor_id, event.at.microsecond) == ("die", "a", 500_000)


def test_progress_without_numbers() -> None:
    assert Progress.from_wire({"status": "Waiting", "id": "a", "progressDetail": {}}) == Progress("a", "Waiting")


def test_the_short_id_has_twelve_characters() -> None:
    assert short_id("sha256:0123456789abcdef") == "0123456789ab"


def test_an_exposed_port_has_no_outside() -> None:
    assert str(Port(80, "tcp")) == "80/tcp"
