"""/images/host, which Docker has not: this machine as an image that shows some more of its folders than `host` does.

    POST /images/host   {"Folders": [PATH, …], "Prefixes": [PATH, …]}
                        -> {"Id": …, "Name": "host:…", "Unseen": [PATH, …], "Secrets": [NAME, …]}

`Folders` are shown without what usually is secret in them, names such as those of `Secrets` (`*.key`), and `Prefixes`
(of Python) as they are. `Unseen` lie on another file system than /, or are not there, and cannot be shown. Whoever may
ask this may mount any folder into a container, too.
"""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api.routing import Route, engine_of, json_answer, json_body
from jupyter_containers.api.wire import fields
from jupyter_containers.engine.host_images import show
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images.host_folders import SECRET_NAMES, Shown

_FIELDS = frozenset({"Folders", "Prefixes"})


async def create(request: web.Request) -> web.Response:
    body = await json_body(request)
    if unknown := body.keys() - _FIELDS:
        raise InvalidParameter(f"unknown field {', '.join(sorted(unknown))}")
    shown = Shown.parse(fields.texts(body, "Folders") or (), fields.texts(body, "Prefixes") or ())
    view = await show(engine_of(request).images, shown)
    unseen = [str(folder) for folder in shown.unseen()]
    body = {"Id": str(view.id), "Name": view.tags[0], "Unseen": unseen, "Secrets": list(SECRET_NAMES)}
    return json_answer(body, status=201)


ROUTES = (Route("POST", "/images/host", create),)
