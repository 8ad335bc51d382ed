"""One container seen closely: what it wrote, its processes, files, events, all that is known; what is done to it.

Actions of views: they get and return JSON. Each is bounded: what is asked for is looked at, not fetched whole.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import partial

from jupyter_containers.client import Client
from jupyter_containers.client.folders import Entry
from jupyter_containers.commands.changes import LETTERS
from jupyter_containers.commands.happening import line as event_line
from jupyter_containers.commands.output import Output
from jupyter_containers.commands.results import visible
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.pictures.ansi import without
from jupyter_containers.widgets.view import Action, Json

# Of the output the last lines are searched, and of those found the last are shown.
SEARCHED_LINES, SHOWN_LINES = 5000, 500
MOST_ROWS = 500
EVENT_SECONDS = 3600.0
INSPECTED_CHARACTERS = 200_000
STOP_SECONDS = 10


def actions(client: Client) -> Mapping[str, Action]:
    """Return the actions by name; each is given the `id` of a container."""
    looks: Mapping[str, Callable[[Client, str, Json], Json]] = {
        "logs": logs, "processes": processes, "changes": changes, "folder": folder, "events": events,
        "inspect": inspect, "act": act,
    }  # fmt: skip
    return {name: partial(_with_id, client, look) for name, look in looks.items()}


def _with_id(client: Client, look: Callable[[Client, str, Json], Json], given: Json) -> Json:
    return look(client, str(given.get("id", "")), given)


def shown(text: str) -> str:
    """Return a name as text that every message can carry, in one line."""
    return visible(text).encode("utf-8", "replace").decode()


def logs(client: Client, id_: str, given: Json) -> Json:
    """Return the last lines as [stream, text]; with `search` those of the last SEARCHED_LINES that contain it."""
    wanted = str(given.get("search", "")).casefold()
    output = Output()
    for stream, content in client.containers.logs(id_, tail=str(SEARCHED_LINES)):
        output.add(stream, content)
    lines = [
        [stream, without(line)]
        for stream, text in output.last(SEARCHED_LINES, 4 << 20)
        for line in text.removesuffix("\n").split("\n")
    ]
    found = [line for line in lines if wanted in str(line[1]).casefold()] if wanted else lines
    return {"lines": found[-SHOWN_LINES:], "found": len(found), "searched": len(lines)}


def processes(client: Client, id_: str, _: Json) -> Json:
    found = client.containers.top(id_)
    rows = found.get("Processes") or []
    return {
        "titles": [shown(title) for title in found["Titles"]],
        "rows": [[shown(cell) for cell in row] for row in rows[:MOST_ROWS]],
        "count": len(rows),
    }


def changes(client: Client, id_: str, _: Json) -> Json:
    """Return what differs from the image as [letter, path]."""
    found = client.containers.changes(id_)
    rows = [[LETTERS.get(change["Kind"], "?"), shown(change["Path"])] for change in found[:MOST_ROWS]]
    return {"rows": rows, "count": len(found)}


def folder(client: Client, id_: str, given: Json) -> Json:
    """Return what is in the folder `path`."""
    path = str(given.get("path") or "/")
    found = client.archives.folder(id_, path)
    rows = [_entry(entry) for entry in found.entries[:MOST_ROWS]]
    return {"path": path, "rows": rows, "count": found.count, "isWhole": found.count == len(rows)}


def _entry(entry: Entry) -> Json:
    return {
        # A name that is no text can be shown in part, but not be sent back to ask for more.
        "name": entry.name if entry.name.isprintable() else "", "shown": shown(entry.name), "kind": entry.kind,
        "size": entry.size, "mode": f"{entry.mode:04o}", "changed": f"{entry.changed_at:%Y-%m-%d %H:%M}",
        "target": shown(entry.link_target),
    }  # fmt: skip


def events(client: Client, id_: str, _: Json) -> Json:
    """Return what happened to it in the last hour, the newest first."""
    now = time.time()
    found = client.system.events_between(now - EVENT_SECONDS, now, container=id_)
    return {"lines": [event_line(event) for event in reversed(found[-MOST_ROWS:])], "count": len(found)}


def inspect(client: Client, id_: str, _: Json) -> Json:
    text = json.dumps(client.containers.inspect(id_), indent=2, ensure_ascii=False)
    return {"text": text[:INSPECTED_CHARACTERS], "isWhole": len(text) <= INSPECTED_CHARACTERS}


def act(client: Client, id_: str, given: Json) -> Json:
    """Do what `verb` says. Raises InvalidParameter for a verb that is none, and what the daemon says."""
    containers, verb = client.containers, str(given.get("verb", ""))
    verbs: Mapping[str, tuple[Callable[[], object], str]] = {
        "start": (partial(containers.start, id_), "started"),
        "stop": (partial(containers.stop, id_, timeout_seconds=STOP_SECONDS), "stopped"),
        "restart": (partial(containers.restart, id_, timeout_seconds=STOP_SECONDS), "restarted"),
        "pause": (partial(containers.pause, id_), "paused"),
        "unpause": (partial(containers.unpause, id_), "unpaused"),
        "kill": (partial(containers.kill, id_), "killed"),
        "remove": (partial(containers.remove, id_, force=True), "removed"),
    }
    if verb not in verbs:
        raise InvalidParameter(f"no action is called {verb!r}; there are {', '.join(verbs)}")
    name = str(client.containers.inspect(id_)["Name"]).removeprefix("/")
    work, done = verbs[verb]
    work()
    return {"said": f"{done} {name}"}
