"""/containers/stats/history: what containers used in the last hour, all in one answer. Docker's API has no such thing.

    GET /containers/stats/history?since=TIME&container=NAME&container=…

`since` leaves out what is not newer, `container` all but these. Who asks again with `Now` of the last answer gets only
what is new. Samples are columns; counters begin again with each run.
"""

from __future__ import annotations

import time

from aiohttp import web

from jupyter_containers.api.routing import Route, engine_of, json_answer, text
from jupyter_containers.api.wire.histories import courses_json
from jupyter_containers.api.wire.times import parse_time


async def look(request: web.Request) -> web.Response:
    containers = engine_of(request).containers
    since = parse_time(text(request, "since"), "since", now=time.time_ns()) // 10**6
    names = request.query.getall("container", [])
    return json_answer(courses_json(await containers.courses(since, [containers.find(n) for n in names] or None)))


ROUTES = (Route("GET", "/containers/stats/history", look),)
