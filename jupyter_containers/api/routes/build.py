"""/build: the classic builder's face. What a parameter asks for and we do not do is refused."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.json_lines import JsonLines, Outbox
from jupyter_containers.api.routing import Route, engine_of, flag, json_answer, json_query, text
from jupyter_containers.api.wire.builds import BuildLines
from jupyter_containers.api.wire.times import parse_time
from jupyter_containers.build.builder import BuildOptions
from jupyter_containers.build.executor import NetworkMode
from jupyter_containers.build.progress import Event
from jupyter_containers.engine.builds import BuildRequest, CachedStep, names_of
from jupyter_containers.errors import Unsupported
from jupyter_containers.oci.platform import Platform, host_platform
from jupyter_containers.registry import from_config_header

_CHUNK = 256 * 1024
_NETWORKS: Mapping[str, NetworkMode] = {
    "": "default",
    "default": "default",
    "bridge": "default",
    "none": "none",
    "host": "host",
}

# Parameters of a prune that say how much of the cache to keep.
_ROOM = ("keep-storage", "reserved-space", "max-used-space", "min-free-space")
# Parameters that ask for something this builder does not do yet, with the values that ask for nothing.
_REFUSED = {
    "remote": ("",),
    "memory": ("", "0"),
    "memswap": ("", "0", "-1"),
    "cpushares": ("", "0"),
    "cpusetcpus": ("",),
    "cpuperiod": ("", "0"),
    "cpuquota": ("", "0"),
    "shmsize": ("", "0"),
    "squash": ("", "0", "false"),
    "extrahosts": ("", "null", "[]"),
    "ulimits": ("", "null", "[]"),
    "cachefrom": ("", "null", "[]"),
    "cgroupparent": ("",),
    "securityopt": ("", "null", "[]"),
    "outputs": ("", "null", "[]"),
}


async def build(request: web.Request) -> web.StreamResponse:
    wanted = _request(request)
    quiet, formatter = flag(request, "q"), BuildLines()
    async with JsonLines(request) as lines, Outbox(lines) as outbox:

        def tell(event: Event) -> None:
            if not quiet:
                outbox.put(formatter.line(event))

        image = await engine_of(request).builds.build(request.content.iter_chunked(_CHUNK), wanted, tell)
        outbox.put({"aux": {"ID": str(image.config_digest)}})
        if quiet:
            outbox.put({"stream": f"{image.config_digest}\n"})
            return lines.response
        outbox.put({"stream": f"Successfully built {image.config_digest.short}\n"})
        for name in wanted.names:
            outbox.put({"stream": f"Successfully tagged {name.familiar}\n"})
    return lines.response


def _request(request: web.Request) -> BuildRequest:
    for name, harmless in _REFUSED.items():
        if text(request, name) not in harmless:
            raise Unsupported(f"build parameter {name}={text(request, name)!r} is not supported yet; leave it out")
    if text(request, "version") == "2":
        raise Unsupported("BuildKit's protocol is not supported; set DOCKER_BUILDKIT=0")
    if text(request, "platform") and Platform.parse(text(request, "platform")) != host_platform():
        raise Unsupported(f"cannot build for {text(request, 'platform')} here: this machine is {host_platform()}")
    network = _NETWORKS.get(text(request, "networkmode"))
    if network is None:
        raise Unsupported(f"network {text(request, 'networkmode')!r} is not supported in builds; use none or host")
    return BuildRequest(
        dockerfile=text(request, "dockerfile") or "Dockerfile",
        names=names_of(request.query.getall("t", [])),
        options=BuildOptions(
            target=text(request, "target"),
            build_args=dict(json_query(request, "buildargs")),
            labels=dict(json_query(request, "labels")),
            no_cache=flag(request, "nocache"),
            pull=flag(request, "pull"),
            network=network,
        ),
        credentials=from_config_header(request.headers.get("X-Registry-Config")),
    )


async def prune(request: web.Request) -> web.Response:
    wanted = filters.parse(request, {"all", "id", "label", "label!", "type", "unused-for", "until"})
    for name in _ROOM:
        if text(request, name) not in ("", "0"):
            raise Unsupported(f"{name}={text(request, name)!r} is not supported: the build cache has no size to keep")
    moments = [
        parse_time(value, name, now=time.time_ns())
        for name in ("until", "unused-for")
        for value in wanted.get(name, ())
    ]

    def matches(step: CachedStep) -> bool:
        return (
            # A step has no labels.
            not wanted.get("label")
            and "regular" in wanted.get("type", ("regular",))
            and any(step.key.startswith(prefix) for prefix in wanted.get("id", ("",)))
            and all(step.last_used * 1e9 < moment for moment in moments)
        )

    removed, freed = await engine_of(request).builds.prune(matches)
    return json_answer({"CachesDeleted": removed, "SpaceReclaimed": freed})


ROUTES = (
    Route("POST", "/build", build, cancels=True),
    Route("POST", "/build/prune", prune),
)
