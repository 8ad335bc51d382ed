"""One container seen closely: each look is bounded, and gives text only."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.client import Client
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.widgets.closeups import SEARCHED_LINES, SHOWN_LINES, actions
from tests.support.api_client import Api
from tests.support.eventually import eventually


def look(client: Client, name: str, id_: str, **given: Any) -> Any:
    return actions(client)[name]({"id": id_, **given})


def test_logs_are_searched_in_their_end_and_colours_are_gone(client: Client, api: Api) -> None:
    container = api.run("sh", "-c", "seq 6000; printf '\\033[31m<b>Red</b>\\033[0m\\n' >&2")
    api.wait(container)
    everything = look(client, "logs", container)
    assert (len(everything["lines"]), everything["found"]) == (SHOWN_LINES, SEARCHED_LINES)
    assert everything["lines"][-1] == [2, "<b>Red</b>"]
    assert look(client, "logs", container, search="rED")["lines"] == [[2, "<b>Red</b>"]]
    assert look(client, "logs", container, search="500")["found"] == 15  # 1500 … 5500, and 5000 … 5009
    assert look(client, "logs", container, search="nowhere")["found"] == 0


def test_processes_changes_folders_events_and_the_whole(client: Client, api: Api) -> None:
    container = api.run("sh", "-c", 'mkdir /d && touch "/d/<i>x" && sleep 60', name="web")
    eventually(lambda: look(client, "changes", container)["count"] == 2)
    assert ["A", "/d/<i>x"] in look(client, "changes", container)["rows"]
    [entry] = look(client, "folder", container, path="/d")["rows"]
    assert (entry["name"], entry["kind"], entry["size"]) == ("<i>x", "file", 0)
    found = look(client, "processes", container)
    assert any("sleep" in cell for row in found["rows"] for cell in row)
    lines = look(client, "events", container)["lines"]
    assert any("container start web" in line for line in lines)
    assert '"Name": "/web"' in look(client, "inspect", container)["text"]
    with pytest.raises(NotFound):
        look(client, "folder", container, path="/nothing")


def test_a_name_that_is_no_text_is_shown_but_not_sent_back(client: Client, api: Api) -> None:
    container = api.run("sh", "-c", "mkdir /d && touch \"/d/$(printf 'a\\377')\" && sleep 60")
    [entry] = eventually(lambda: look(client, "folder", container, path="/d")["rows"])
    assert (entry["name"], entry["shown"]) == ("", "a?")


def test_each_verb_does_what_it_says(client: Client, api: Api) -> None:
    container = api.run("sleep", "60", name="web")

    def done(verb: str) -> tuple[str, str]:
        said = look(client, "act", container, verb=verb)["said"]
        return said, client.containers.inspect(container)["State"]["Status"]

    assert done("pause") == ("paused web", "paused")
    assert done("unpause") == ("unpaused web", "running")
    assert done("kill")[0] == "killed web"
    eventually(lambda: client.containers.inspect(container)["State"]["Status"] == "exited")
    assert done("start") == ("started web", "running")
    assert look(client, "act", container, verb="remove")["said"] == "removed web"
    with pytest.raises(NotFound):
        done("start")


def test_what_cannot_be_done_is_refused(client: Client, api: Api) -> None:
    container = api.create("true", name="new")
    with pytest.raises(Conflict):
        look(client, "act", container, verb="pause")
    with pytest.raises(InvalidParameter, match="no action is called 'rename'"):
        look(client, "act", container, verb="rename")
