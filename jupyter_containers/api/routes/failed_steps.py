"""/build/failures: steps of builds that failed, kept to look at and to go on in. Docker's API has nothing of the kind.

    GET    /build/failures                    what is kept, the newest first
    GET    /build/failures/NAME               one: `last`, an id or its beginning, or the name of the image to be
    POST   /build/failures/NAME/container     a container there; body, query and answer as of /containers/create
    DELETE /build/failures/NAME

The container has the step's root, environment, working directory, user, network and mounts, and runs its shell; what
the body says comes before. From then on it is a container like all others: start, attach, exec and commit it as usual.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from jupyter_containers.api.routing import Route, engine_of, json_answer, json_body, text, version_of
from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.container_config import settings_from_wire
from jupyter_containers.api.wire.endpoints import endpoints_from_wire
from jupyter_containers.api.wire.failed_steps import failure_json
from jupyter_containers.api.wire.host_config import host_settings_from_wire
from jupyter_containers.engine.failed_steps import FailedSteps, Failure
from jupyter_containers.errors import InvalidParameter


async def list_failures(request: web.Request) -> web.Response:
    failed_steps = engine_of(request).failed_steps
    return json_answer([_json(failed_steps, failure) for failure in failed_steps.all()])


async def inspect(request: web.Request) -> web.Response:
    failed_steps = engine_of(request).failed_steps
    return json_answer(_json(failed_steps, _failure(request)))


async def create(request: web.Request) -> web.Response:
    body = await json_body(request)
    if body.get("Image"):
        raise InvalidParameter(f"Image {body['Image']!r}: a container of a failed step has its root; leave Image out")
    if platform := text(request, "platform"):
        raise InvalidParameter(f"platform {platform!r}: a failed step is of this host's platform; leave platform out")
    host = host_settings_from_wire(fields.mapping(body, "HostConfig"), version=version_of(request))
    endpoints = endpoints_from_wire(fields.mapping(body, "NetworkingConfig"), version_of(request))
    created = await engine_of(request).failed_steps.create(
        _failure(request), settings_from_wire(body), host, name=text(request, "name"), endpoints=endpoints
    )
    return json_answer({"Id": created.container.id, "Warnings": list(created.warnings)}, status=201)


async def remove(request: web.Request) -> web.Response:
    freed = await engine_of(request).failed_steps.forget(_failure(request))
    return json_answer({"SpaceReclaimed": freed})


def _failure(request: web.Request) -> Failure:
    return engine_of(request).failed_steps.find(request.match_info["name"])


def _json(failed_steps: FailedSteps, failure: Failure) -> dict[str, Any]:
    return failure_json(
        failure,
        size=failed_steps.size(failure),
        in_use=failed_steps.is_used(failure),
        missing=failed_steps.missing(failure),
    )


ROUTES = (
    Route("GET", "/build/failures", list_failures),
    Route("GET", "/build/failures/{name:.+}", inspect),
    Route("POST", "/build/failures/{name:.+}/container", create),
    Route("DELETE", "/build/failures/{name:.+}", remove),
)
