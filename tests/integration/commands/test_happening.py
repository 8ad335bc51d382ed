"""Tests of commands.happening."""

from __future__ import annotations

from jupyter_containers.commands.happening import Events
from tests.integration.commands.conftest import Do


def test_what_has_happened_is_shown(do: Do, box: str) -> None:
    do("kill", box)
    do("wait", box)
    found = do("events", "--since", "1h", "--until", "0s", "--filter", "container=box", "--filter", "event=die")
    assert isinstance(found, Events)
    assert [(event.type, event.action) for event in found.events] == [("container", "die")]
    assert found.text().endswith("Z container die box")
