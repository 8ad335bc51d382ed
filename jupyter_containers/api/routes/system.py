"""/_ping, /version, /info, /events: what this daemon is, and what happens in it."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from datetime import datetime

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.json_lines import JsonLines
from jupyter_containers.api.routing import API_VERSION, Route, engine_of, json_answer
from jupyter_containers.api.wire.system import event_json, info_json, version_json
from jupyter_containers.engine.events import Event
from jupyter_containers.errors import InvalidParameter

_EVENT_FILTERS = {"container", "daemon", "event", "image", "label", "network", "scope", "type", "volume"}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


async def ping(request: web.Request) -> web.Response:
    headers = {
        "Api-Version": "{}.{}".format(*API_VERSION),
        # 1 is the classic builder: clients that have both then send `version=1` builds, which we answer.
        "Builder-Version": "1",
        "Cache-Control": "no-cache, no-store, must-revalidate",
        "Docker-Experimental": "false",
        "Ostype": "linux",
        "Pragma": "no-cache",
        "Swarm": "inactive",
    }
    return web.Response(text="" if request.method == "HEAD" else "OK", headers=headers)


async def version(request: web.Request) -> web.Response:
    system = engine_of(request).system
    return json_answer(version_json(system.daemon(), system.host(), system.architecture()))


async def info(request: web.Request) -> web.Response:
    engine = engine_of(request)
    system, warning = engine.system, engine.networks.warning()
    daemon = system.daemon()
    if warning:
        daemon = replace(daemon, warnings=(*daemon.warnings, f"WARNING: {warning}"))
    counts, images = system.count_containers(), system.count_images()
    return json_answer(info_json(daemon, system.host(), counts=counts, images=images))


async def events(request: web.Request) -> web.StreamResponse:
    source, wanted = engine_of(request).events, filters.parse(request, _EVENT_FILTERS)
    since, until = _moment(request, "since"), _moment(request, "until")
    async with JsonLines(request) as lines:
        with source.subscribe() as subscription:
            await lines.start()
            for event in source.since(since) if since is not None else ():
                if _matches(event, wanted) and (until is None or event.at_ns <= until):
                    await lines.send(event_json(event))
            try:
                async with asyncio.timeout(None if until is None else max(0.0, (until - time.time_ns()) / 1e9)):
                    async for event in subscription:
                        if _matches(event, wanted):
                            await lines.send(event_json(event))
            except TimeoutError:
                pass  # `until` has come: the stream ends as it should
    return lines.response


def _moment(request: web.Request, name: str) -> int | None:
    """Read a time as Docker takes it: seconds with a fraction, RFC 3339, or a duration back from now."""
    value = request.query.get(name)
    if not value:
        return None
    if re.fullmatch(r"-?\d+(\.\d{1,9})?", value):
        seconds, _, fraction = value.partition(".")
        return int(seconds) * 10**9 + int(fraction.ljust(9, "0") or 0)
    duration = _DURATION.fullmatch(value)
    if duration:
        hours, minutes, rest = (float(part or 0) for part in duration.groups())
        return time.time_ns() - int((hours * 3600 + minutes * 60 + rest) * 1e9)
    try:
        return int(datetime.fromisoformat(value).timestamp() * 1e9)
    except ValueError:
        raise InvalidParameter(f"invalid value for {name!r}: {value!r} is neither a time nor a duration") from None


def _matches(event: Event, wanted: filters.Filters) -> bool:
    actions = wanted.get("event", ())
    # "exec_start" matches the action "exec_start: sh -c true", as in dockerd.
    if actions and not any(event.action == action or event.action.startswith(action + ":") for action in actions):
        return False
    if event.type not in wanted.get("type", (event.type,)) or "local" not in wanted.get("scope", ("local",)):
        return False
    if not filters.label_matches(event.attributes, wanted.get("label", ())):
        return False
    return all(
        _names(event, kind, wanted[kind]) for kind in ("container", "image", "network", "volume") if kind in wanted
    )


def _names(event: Event, kind: str, names: tuple[str, ...]) -> bool:
    if kind == "image" and event.type == "container":
        return event.attributes.get("image", "") in names
    actual = event.attributes.get("name", "")
    return event.type == kind and any(
        name in (event.actor_id, actual, actual.partition(":")[0]) or event.actor_id.startswith(name) for name in names
    )


ROUTES = (
    Route("GET", "/_ping", ping),
    Route("HEAD", "/_ping", ping),
    Route("GET", "/version", version),
    Route("GET", "/info", info),
    Route("GET", "/events", events),
)
