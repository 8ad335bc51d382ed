"""/build: the classic builder's face. What a parameter asks for and we do not do is refused."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.build_body import Enclosed, read_body
from jupyter_containers.api.json_lines import JsonLines, Outbox
from jupyter_containers.api.routing import (
    Route,
    engine_of,
    flag,
    integer,
    json_answer,
    json_list,
    json_query,
    text,
)  # fmt: skip
from jupyter_containers.api.tracing import recorded
from jupyter_containers.api.wire.build_outputs import built_json, cache_sources, cache_targets, outputs_from_wire
from jupyter_containers.api.wire.builds import BuildLines, is_directory_prunable, is_prunable, limits_from_wire
from jupyter_containers.api.wire.checks import check_json, failed_check
from jupyter_containers.api.wire.failed_steps import is_failure_prunable
from jupyter_containers.api.wire.times import parse_time
from jupyter_containers.build import entitlements
from jupyter_containers.build.builder import BuildOptions
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.executor import NetworkMode, StepLimits
from jupyter_containers.build.progress import Event
from jupyter_containers.engine.build_outputs import names_in
from jupyter_containers.engine.build_platforms import parse_platforms
from jupyter_containers.engine.builds import BuildRequest
from jupyter_containers.engine.cache_room import NO_ROOM, Room
from jupyter_containers.engine.contexts import Tars
from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported
from jupyter_containers.registry import from_config_header

IMAGE = "docker-image://"
_NETWORKS: Mapping[str, NetworkMode] = {"": "default", "default": "default", "bridge": "default"}

# Parameters that ask for something this builder does not do, with the values that ask for nothing.
_REFUSED = {
    "cgroupparent": ("",),
    "securityopt": ("", "null", "[]"),
}
_PRUNE_FILTERS = {
    "all", "id", "inuse", "label", "label!", "parent", "private", "shared", "type", "unused-for", "until",
}  # fmt: skip
# Parameters of a prune that say how much of the cache to keep.
_ROOM = ("max-used-space", "min-free-space", "reserved-space", "keep-storage")


async def build(request: web.Request) -> web.StreamResponse:
    enclosed, tars = await read_body(request)
    wanted = _request(request, enclosed)
    if text(request, "call") == "check":
        return await _check(request, wanted, tars)
    quiet, formatter = flag(request, "q"), _lines(request)
    async with JsonLines(request) as lines, Outbox(lines) as outbox:

        def tell(event: Event) -> None:
            if not quiet:
                for line in formatter.lines(event):
                    outbox.put(line)

        try:
            built = await engine_of(request).builds.build(tars, wanted, tell)
        except (InvalidParameter, Unsupported):
            raise
        except ContainersError:
            # What was understood and went wrong is told in the answer, where dockerd tells it.
            if not wanted.remote:
                await lines.start()
            raise
        outbox.put({"aux": {"ID": str(built.id)}})
        text_of_it = f"{built.id}\n" if quiet else f"Successfully built {built.id.short}\n"
        outbox.put({"stream": text_of_it, "built": built_json(built)})
        if quiet:
            return lines.response
        for name in built.names:
            outbox.put({"stream": f"Successfully tagged {name.familiar}\n"})
    return lines.response


def _lines(request: web.Request) -> BuildLines:
    # Steps never leave a container behind; clients that want to keep them (rm=0) are not told that one has gone.
    removal = flag(request, "rm", default=True) or flag(request, "forcerm")
    return BuildLines(tells_removal=removal, tells_graph=flag(request, "graph"))


async def _check(request: web.Request, wanted: BuildRequest, tars: Tars) -> web.Response:
    """Answer with what the build checks find, as `docker buildx build --call=check,format=json` prints it."""
    try:
        checked = await engine_of(request).builds.check(tars, wanted)
    except DockerfileError as error:
        return json_answer(failed_check(error))
    return json_answer(check_json(checked))


def _request(request: web.Request, enclosed: Enclosed) -> BuildRequest:
    _refuse(request)
    contexts = {name: source or "" for name, source in _texts(request, "contexts").items()}
    images = {name: source.removeprefix(IMAGE) for name, source in contexts.items() if source.startswith(IMAGE)}
    platforms = parse_platforms(text(request, "platform"))
    return BuildRequest(
        dockerfile=text(request, "dockerfile") or "Dockerfile",
        names=names_in(request.query.getall("t", [])),
        remote=text(request, "remote"),
        contexts={name: source for name, source in contexts.items() if name not in images},
        cache_from=tuple(map(str, json_list(request, "cachefrom"))) or None,
        options=BuildOptions(
            target=text(request, "target"),
            build_args=_texts(request, "buildargs"),
            labels={name: value or "" for name, value in _texts(request, "labels").items()},
            platform=platforms[0] if platforms else None,
            no_cache=flag(request, "nocache"),
            no_cache_filter=tuple(map(str, json_list(request, "nocachefilter"))),
            pull=flag(request, "pull"),
            network=_NETWORKS.get(text(request, "networkmode"), text(request, "networkmode")),
            limits=_limits(request),
            secrets=enclosed.secrets,
            agents=_agents(request),
            known_hosts=enclosed.known_hosts,
            images=images,
            allowed=entitlements.parse([str(name) for name in json_list(request, "allow")]),
        ),
        cache_sources=cache_sources(json_list(request, "cacheimports")),
        cache_targets=cache_targets(json_list(request, "cacheexports")),
        credentials=from_config_header(request.headers.get("X-Registry-Config")),
        outputs=outputs_from_wire(json_list(request, "outputs")),
        platforms=platforms,
    )


def _texts(request: web.Request, name: str) -> dict[str, str | None]:
    """Return a JSON object of texts in the query. Raises InvalidParameter."""
    found = dict(json_query(request, name))
    for key, value in found.items():
        if value is not None and not isinstance(value, str):
            raise InvalidParameter(f"{key} in parameter {name} must be text, not {type(value).__name__}")
    return found


def _agents(request: web.Request) -> dict[str, Path]:
    """Return the sockets of ssh agents. Only who is on this machine may name one: elsewhere it is another's."""
    found = {name: Path(path or "") for name, path in _texts(request, "ssh").items()}
    transport = request.transport
    listener = transport.get_extra_info("socket") if transport is not None else None
    if found and (listener is None or listener.family != socket.AF_UNIX):
        raise Unsupported(
            "an ssh agent cannot be forwarded to a daemon elsewhere: build on the daemon of the agent's machine, "
            "or give what the step needs as a secret"
        )
    for name, path in found.items():
        if not path.is_absolute():
            raise InvalidParameter(f"ssh agent {name}: {path} is not an absolute path of a socket")
    return found


def _refuse(request: web.Request) -> None:
    for name, harmless in _REFUSED.items():
        if text(request, name) not in harmless:
            raise Unsupported(f"build parameter {name}={text(request, name)!r} is not supported; leave it out")
    if flag(request, "squash"):
        # Nobody can switch on what dockerd calls so, but its words are what clients know.
        raise InvalidParameter("squash is only supported with experimental mode")
    if text(request, "call") not in ("", "build", "check"):
        raise Unsupported(f"build parameter call={text(request, 'call')!r} is not supported; choose build or check")
    if text(request, "version") == "2":
        raise Unsupported("BuildKit's protocol is not supported; set DOCKER_BUILDKIT=0")
    if text(request, "networkmode").startswith("container:"):
        raise Unsupported(f"network {text(request, 'networkmode')!r} is not supported in builds; use a network's name")


def _limits(request: web.Request) -> StepLimits:
    numbers = {
        name: integer(request, parameter, 0) or 0
        for name, parameter in (
            ("memory", "memory"), ("memory_swap", "memswap"), ("cpu_shares", "cpushares"),
            ("cpu_period", "cpuperiod"), ("cpu_quota", "cpuquota"), ("shm_size", "shmsize"),
        )
    }  # fmt: skip
    return limits_from_wire(
        numbers,
        json_list(request, "ulimits"),
        extra_hosts=request.query.getall("extrahosts", []),
        cpuset_cpus=text(request, "cpusetcpus"),
        cpuset_mems=text(request, "cpusetmems"),
    )


async def prune(request: web.Request) -> web.Response:
    engine, wanted = engine_of(request), filters.parse(request, _PRUNE_FILTERS)
    users, takes_all = engine.images.layer_users(), flag(request, "all")
    lost = {step.key for step in engine.builds.unreachable_steps()}
    until = [
        parse_time(moment, name, now=time.time_ns()) / 1e9
        for name in ("until", "unused-for")
        for moment in wanted.get(name, ())
    ]
    # `keep-storage` is what `reserved-space` was called before 1.48.
    most, free, reserved, storage = (integer(request, name, 0) or 0 for name in _ROOM)
    room = Room(most, free, max(reserved, storage))
    pruned, freed = await engine.builds.prune(
        lambda step: (takes_all or step.key in lost) and is_prunable(step, wanted, until, users[step.chain] > 0),
        room=room,
        directories=lambda found: takes_all and is_directory_prunable(found, wanted, until),
        failures=lambda failure: room == NO_ROOM and is_failure_prunable(failure, wanted, until),
    )
    return json_answer({"CachesDeleted": pruned or None, "SpaceReclaimed": freed})


ROUTES = (
    Route("POST", "/build", recorded(build), cancels=True),
    Route("POST", "/build/prune", prune),
)
