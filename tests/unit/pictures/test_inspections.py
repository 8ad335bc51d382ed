"""Tests of pictures.inspections."""

from __future__ import annotations

from jupyter_containers.commands.inspecting import Inspection
from tests.support.pictures import words


def test_the_few_facts_come_first_and_all_of_it_is_there() -> None:
    text = words(Inspection([("web", "container", {"Name": "/web", "Config": {"Image": "busybox"}})]))
    assert text.index("Imagebusybox") < text.index("all of it") < text.index('"Image": "busybox"')
