"""The parts of the architecture, their places in the picture, and which of them a request, an event or a call is of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jupyter_containers.client.values import Event
from jupyter_containers.commands.results import visible
from jupyter_containers.commands.trace_result import Call, Process, Request, Trace

WIDTH, HEIGHT = 800, 340
PART_WIDTH, PART_HEIGHT = 150, 46


@dataclass(frozen=True, slots=True)
class Part:
    """A box: `x` and `y` are its upper left corner; `about` says what it is."""

    name: str
    x: int
    y: int
    about: str


PARTS: tuple[Part, ...] = (
    Part("client", 10, 145, "this notebook or shell: words become requests"),
    Part("daemon", 215, 145, "answers requests on a socket, and keeps all records"),
    Part("registry", 420, 10, "where images are pulled from and pushed to"),
    Part("store", 420, 80, "images, layers, volumes, and what containers have written"),
    Part("builder", 420, 150, "makes images of Dockerfiles, step by step"),
    Part("runtime", 420, 220, "makes a process a container: privileges, filter, program"),
    Part("namespaces", 635, 150, "what a container sees: its own processes, mounts, names, network"),
    Part("cgroups", 635, 220, "what a container may use: memory, processors, processes, devices"),
    Part("network", 635, 290, "how packets get in and out: bridge, cable, addresses, ports"),
)
EDGES: tuple[tuple[str, str], ...] = (
    ("client", "daemon"), ("daemon", "registry"), ("daemon", "store"), ("daemon", "builder"), ("daemon", "runtime"),
    ("runtime", "namespaces"), ("runtime", "cgroups"), ("runtime", "network"),
)  # fmt: skip
_LONGEST_LINE = 160


@dataclass(frozen=True, slots=True)
class Light:
    """A part that has done something: the last line of it, what that is for, and how many lines there were."""

    part: str
    line: str
    sentence: str = ""
    count: int = 1

    def to_json(self) -> list[str | int]:
        return [self.part, self.line, self.sentence, self.count]


# The first that fits a request's method and path tells which parts are at work behind the daemon.
_REQUESTS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), parts)
    for pattern, parts in (
        (r"POST /images/create", ("registry", "store")),
        (r"POST /images/.+/push", ("store", "registry")),
        (r"POST /(auth|distribution)", ("registry",)),
        (r"POST /build(\?|$)", ("builder", "store")),
        (r"POST /containers/create", ("store",)),
        (r"DELETE /containers/", ("store",)),
        (r"POST /containers/[^/]+/(start|restart|stop|kill|pause|unpause|exec|attach|wait|resize)", ("runtime",)),
        (r"POST /containers/[^/]+/update", ("cgroups",)),
        (r"GET /containers/[^/]+/(stats|top)", ("cgroups",)),
        (r"POST /exec/", ("runtime",)),
        (r"\w+ /networks", ("network",)),
        (r"\w+ /(images|volumes|commit|containers/[^/]+/(archive|changes|export|logs))", ("store",)),
        (r"\w+ /build/", ("builder",)),
    )
)
_EVENTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("container", "create"): ("store",),
    ("container", "start"): ("runtime", "namespaces", "cgroups"),
    ("container", "destroy"): ("store",),
    ("container", "oom"): ("cgroups",),
    ("container", "update"): ("cgroups",),
    ("image", "pull"): ("registry", "store"),
    ("image", "push"): ("store", "registry"),
}
_KINDS: Mapping[str, tuple[str, ...]] = {
    "container": ("runtime",), "image": ("store",), "volume": ("store",), "network": ("network",),
    "builder": ("builder",),
}  # fmt: skip
_NETWORK = frozenset({"netlink", "nftables"})
_NAMESPACES = frozenset({
    "clone", "unshare", "setns", "mount", "umount2", "pivot_root", "fsopen", "fsconfig", "fsmount", "open_tree",
    "move_mount", "mount_setattr", "openat2", "mkdir", "mknod", "symlink", "sethostname", "setdomainname",
})  # fmt: skip
# Requests behind which a process is made, or a registry is asked.
_MAKES_PROCESSES = re.compile(
    r"POST .*/(containers/[^/]+/(start|restart)|exec/[^/]+/start|build|images/create|images/.+/push)(\?|$)"
)


def of_request(request: Request) -> list[Light]:
    """Return what a request lights: the client, the daemon, and who is at work behind it."""
    line = _cut(f"{request.method} {request.path}")
    answer = f"answers {request.status}" if request.status else "does not answer"
    took = f"after {request.microseconds / 1000:.1f} ms"
    bare = re.sub(r"/v\d+\.\d+/", "/", line, count=1)
    behind = next((parts for pattern, parts in _REQUESTS if pattern.match(bare)), ())
    return [
        Light("client", line, "asks the daemon"),
        Light("daemon", line, f"{answer} {took}"),
        *(Light(part, line, "works for this request") for part in behind),
    ]


def of_event(event: Event) -> list[Light]:
    """Return what an event of the daemon lights."""
    name = event.attributes.get("name") or event.actor_id[:12]
    line = _cut(f"{event.type} {event.action} {name}")
    parts = _EVENTS.get((event.type, event.action)) or _KINDS.get(event.type, ("daemon",))
    return [Light(part, line, "the daemon tells that this has happened") for part in parts]


def of_call(call: Call) -> str:
    """Return the part that a call to the kernel belongs to."""
    if call.side == "registry":
        return "registry"
    if call.name in _NETWORK:
        return "network"
    if call.name in ("write", "mkdir") and call.arguments[:1] and call.arguments[0].startswith("/sys/fs/cgroup"):
        return "cgroups"
    return "namespaces" if call.name in _NAMESPACES else "runtime"


def of_process(process: Process) -> list[Light]:
    """Return what the making of a process lights: one light for all calls in a row that are of the same part."""
    lights: list[Light] = []
    for call in process.calls:
        part, before = of_call(call), lights[-1] if lights else None
        count = before.count + 1 if before is not None and before.part == part else 1
        light = Light(part, _cut(call.line), call.sentence, count)
        lights[len(lights) - (count > 1) :] = [light]
    return lights


def of_trace(trace: Trace) -> list[Light]:
    """Return what a whole trace lights, in order: what is made for a request comes behind it."""
    return [light for group in _in_order(trace.requests, trace.processes) for light in group]


def _in_order(requests: Sequence[Request], processes: Sequence[Process]) -> Iterator[Iterable[Light]]:
    waiting = list(processes)
    makers = [one for one in requests if _MAKES_PROCESSES.match(f"{one.method} {one.path}")]
    for request in requests:
        yield of_request(request)
        if waiting and request in makers:
            made, waiting = (waiting, []) if request is makers[-1] else (waiting[:1], waiting[1:])
            for process in made:
                yield _with_builder(process)
    for process in waiting:
        yield _with_builder(process)


def _with_builder(process: Process) -> list[Light]:
    """A step of a build is the builder's; all others are asked for directly."""
    own = [Light("builder", _cut(process.name), "runs this step")] if process.kind == "build step" else []
    return [*own, *of_process(process)]


def _cut(line: str) -> str:
    line = visible(line)
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
