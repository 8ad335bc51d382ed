"""Builds: a context goes out, events come back, and at the end there is an image."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_containers.client.build_body import body_of
from jupyter_containers.client.build_caches import Cache, chunks, receive
from jupyter_containers.client.build_layouts import Layout
from jupyter_containers.client.build_outputs import STORED, Output, check, deliver
from jupyter_containers.client.build_reader import BuildEvent, BuildReader, ImageBuilt, Warned
from jupyter_containers.client.containers import Filters, filters_text
from jupyter_containers.client.credentials import header_for_builds
from jupyter_containers.client.failures import failure_in_stream
from jupyter_containers.client.images import Images
from jupyter_containers.client.other_contexts import AnyContext
from jupyter_containers.client.ssh_agents import DEFAULT, known_hosts
from jupyter_containers.client.streams import json_lines
from jupyter_containers.client.values import Json
from jupyter_containers.errors import ContainersError, NotFound, Unsupported

if TYPE_CHECKING:
    import requests

    from jupyter_containers.client.transport import Transport


_LOADED = "Loaded image ID: "
_LINE = re.compile(r"\bline:? (\d+)")


class BuildFailed(ContainersError):
    """A build ended without an image. Details, where known: code, line, end_line and source of the Dockerfile."""

    def __init__(self, message: str, *, status: int = 500, **details: Any) -> None:
        super().__init__(message, **details)
        # A Dockerfile that nobody can build is the caller's, a step that failed is nobody's.
        self.status = status  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class BuildLimits:
    """What the steps may use; 0 and empty is no limit. Sizes in bytes, times in microseconds; see docker build."""

    memory: int = 0
    memory_swap: int = 0
    cpu_shares: int = 0
    cpu_period: int = 0
    cpu_quota: int = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    shm_size: int = 0
    ulimits: tuple[tuple[str, int, int], ...] = ()

    def query(self) -> dict[str, Any]:
        names = ("Name", "Soft", "Hard")
        ulimits = [dict(zip(names, ulimit, strict=True)) for ulimit in self.ulimits]
        return {
            "memory": self.memory or None, "memswap": self.memory_swap or None, "cpushares": self.cpu_shares or None,
            "cpuperiod": self.cpu_period or None, "cpuquota": self.cpu_quota or None, "cpusetcpus": self.cpuset_cpus,
            "cpusetmems": self.cpuset_mems, "shmsize": self.shm_size or None,
            "ulimits": json.dumps(ulimits) if ulimits else "",
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """What a build check found; `line` and `end_line` are of the Dockerfile, 0 for the whole."""

    rule: str
    text: str
    line: int
    end_line: int
    description: str = ""
    url: str = ""

    @classmethod
    def from_wire(cls, warning: Json) -> Finding:
        ranges = (warning.get("location") or {}).get("ranges") or [{}]
        line = int((ranges[0].get("start") or {}).get("line", 0))
        end = int((ranges[-1].get("end") or {}).get("line", line))
        texts = (str(warning.get(name, "")) for name in ("ruleName", "detail", "description", "url"))
        rule, text, description, url = texts
        return cls(rule, text, line, end, description, url)


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What a build is told beside its context, by docker's names. A build argument None takes no value."""

    tags: tuple[str, ...] = ()
    target: str = ""
    build_args: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    no_cache: bool = False
    pull: bool = False
    network: str = ""
    platform: str = ""
    no_cache_filter: tuple[str, ...] = ()
    # Named contexts: folders and tars here, and what the daemon finds itself (docker-image://…, a URL).
    folders: Mapping[str, Path] = field(default_factory=dict, hash=False)
    contexts: Mapping[str, str] = field(default_factory=dict, hash=False)
    layouts: Mapping[str, Layout] = field(default_factory=dict, hash=False)
    secrets: Mapping[str, bytes] = field(default_factory=dict, hash=False, repr=False)
    # Sockets of ssh agents on this machine, by id.
    agents: Mapping[str, str] = field(default_factory=dict, hash=False)
    # Files of private keys here, by id, for which an agent runs as long as the build.
    keys: Mapping[str, Sequence[Path]] = field(default_factory=dict, hash=False)
    hosts: tuple[str, ...] = ()
    limits: BuildLimits = field(default_factory=BuildLimits)
    # What RUN may have of the daemon's machine, by BuildKit's names: security.insecure.
    allowed: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    cache_from: tuple[Cache, ...] = ()
    cache_to: tuple[Cache, ...] = ()

    def own_wishes(self) -> list[str]:
        """Return what is asked for that only a daemon of ours understands."""
        wishes = (
            ("a secret", self.secrets), ("an ssh agent", self.agents or self.keys),
            ("a named context", self.folders or self.contexts or self.layouts),
            ("--no-cache-filter", self.no_cache_filter), ("--allow", self.allowed),
            ("a cache that is no image", [cache for cache in self.cache_from if not cache.image]),
            ("--cache-to", self.cache_to),
            ("--output", [output for output in self.outputs if output != STORED]),
        )  # fmt: skip
        return [name for name, value in wishes if value]


class Builds:
    """Builds of a daemon."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def build(self, context: AnyContext, settings: BuildSettings, progress: Callable[[BuildEvent], None]) -> ImageBuilt:
        """Build an image, bring what its outputs want here, and return it.

        Raises BuildFailed, with the lines of the Dockerfile where known, and what deliver raises. Leaving by an
        exception (an interrupt) closes the connection, which ends the build in the daemon.
        """
        check(settings.outputs)
        self._check_daemon(settings.own_wishes())
        with self._with_agents(settings) as forwarded:
            settings = replace(self._loaded(forwarded), cache_from=tuple(map(self._uploaded, settings.cache_from)))
            built = self._build(context, settings, progress)
        fetched = [output for output in settings.outputs if output.is_fetched]
        if fetched and not built.result:
            raise Unsupported("this daemon does not hand out the results of builds; leave --output out")
        try:
            for output in fetched:
                self._fetch(built, output, progress)
            for cache in settings.cache_to:
                if cache.folder is not None:
                    receive(cache, self._transport.chunks(self._result(built, "cache")))
        finally:
            if built.result:
                # A daemon may have let it go by itself.
                with suppress(NotFound):
                    self._transport.request("DELETE", f"/build/results/{built.result}")
        return built

    @contextmanager
    def _with_agents(self, settings: BuildSettings) -> Iterator[BuildSettings]:
        """Yield settings whose keys have become agents, which are there while the block runs."""
        address = self._transport.address
        if (settings.agents or settings.keys) and (address.ssh or address.path is None):
            raise Unsupported(
                f"an ssh agent cannot be forwarded to the daemon at {address}, which is elsewhere; build on "
                "the agent's machine, or give what the step needs as a secret"
            )
        if not settings.keys:
            yield settings
            return
        # Here, and not at the top: asyncio takes its time to import, and few builds name a key.
        from jupyter_containers.client.key_agent import served

        with served(settings.keys) as sockets:
            yield replace(settings, agents={**settings.agents, **sockets}, keys={})

    def _fetch(self, built: ImageBuilt, output: Output, progress: Callable[[BuildEvent], None]) -> None:
        answer = self._result(built, output.form)
        left_out = deliver(output, self._transport.chunks(answer), sys.stdout.buffer)
        if left_out:
            names = f"{', '.join(left_out[:5])}{', …' if len(left_out) > 5 else ''}"
            progress(Warned(0, f"device files were left out of {output.destination}: {names}"))

    def _result(self, built: ImageBuilt, form: str) -> requests.Response:
        path = f"/build/results/{built.result}"
        return self._transport.request("GET", path, query={"type": form}, stream=True)

    def _loaded(self, settings: BuildSettings) -> BuildSettings:
        """Send the images in folders to the daemon, where they have no name: prunes take them after the build."""
        contexts = dict(settings.contexts)
        platform = "" if "," in settings.platform else settings.platform
        for name, layout in settings.layouts.items():
            lines = Images(self._transport).load(layout.chunks(), platform=platform, leases=True)
            ids = [line.removeprefix(_LOADED) for line in lines if line.startswith(_LOADED)]
            if len(ids) != 1:
                raise Unsupported(
                    f"--build-context {name}: {layout.folder} has {len(ids)} images under that name, for several "
                    "platforms; choose one by --platform, or by its digest: FOLDER@sha256:…"
                )
            contexts[name] = f"docker-image://{ids[0]}"
        return replace(settings, contexts=contexts, layouts={})

    def _uploaded(self, cache: Cache) -> Cache:
        """Send a cache in a folder to the daemon; others it finds itself."""
        if cache.folder is None:
            return cache
        answer = self._transport.request(
            "POST", "/build/caches", body=chunks(cache), headers={"Content-Type": "application/x-tar"}
        )  # fmt: skip
        return cache.uploaded(str(answer.json()["Id"]))

    def _build(
        self, context: AnyContext, settings: BuildSettings, progress: Callable[[BuildEvent], None]
    ) -> ImageBuilt:
        reader, built = BuildReader(), ImageBuilt("")
        kind, body = body_of(context, settings.secrets, settings.folders, _known_hosts(settings))
        try:
            answer = self._transport.request(
                "POST", "/build", query={**_query(context, settings), **self._result_query(settings)}, body=body,
                stream=True,
                headers={"Content-Type": kind, **header_for_builds()},
            )  # fmt: skip
            with closing(answer):
                for line in json_lines(self._transport.chunks(answer)):
                    if problem := failure_in_stream(line):
                        raise problem
                    for event in reader.read(line):
                        progress(event)
                        built = event if isinstance(event, ImageBuilt) else built
        except ContainersError as error:
            raise _placed(error) from error
        return built

    def _result_query(self, settings: BuildSettings) -> dict[str, Any]:
        if not self._transport.is_own_daemon:
            # Docker's classic builder knows only images that are there.
            return {
                "cachefrom": json.dumps([cache.image for cache in settings.cache_from]) if settings.cache_from else ""
            }
        lists: dict[str, Sequence[Cache | Output]] = {
            "cacheimports": settings.cache_from, "cacheexports": settings.cache_to, "outputs": settings.outputs,
        }  # fmt: skip
        wishes = {name: json.dumps([one.to_wire() for one in found]) if found else "" for name, found in lists.items()}
        return {**wishes, "graph": True}

    def check(self, context: AnyContext, settings: BuildSettings) -> tuple[Finding, ...]:
        """Return what the build checks find; nothing is built. Raises BuildFailed for what is no Dockerfile."""
        self._check_daemon(["a check", *settings.own_wishes()])
        with self._with_agents(settings) as forwarded:
            settings = self._loaded(forwarded)
            kind, body = body_of(context, {}, settings.folders, _known_hosts(settings))
            query = {**_query(context, settings), "call": "check"}
            headers = {"Content-Type": kind}
            answer: Json = self._transport.request("POST", "/build", query=query, body=body, headers=headers).json()
        failure = answer.get("buildError")
        if failure:
            found = Finding.from_wire(failure)
            place = {"line": found.line, "end_line": found.end_line} if found.line else {}
            raise BuildFailed(str(failure.get("message", "")), status=400, **place)
        return tuple(Finding.from_wire(warning) for warning in answer.get("warnings") or ())

    def _check_daemon(self, wishes: Sequence[str]) -> None:
        """Raise Unsupported for what Docker's API has no words for, before anything of it is sent to another daemon."""
        if wishes and not self._transport.is_own_daemon:
            raise Unsupported(
                f"{' and '.join(wishes)} in a build: the daemon at {self._transport.address} is not ours, and Docker's "
                "API has nothing for it; leave it out, or build with jupyter-containers' own daemon"
            )

    def prune(self, *, every: bool = True, filters: Filters | None = None) -> Json:
        """Forget the cache of builds; without `every` only the steps that no image shares."""
        query = {"all": every, "filters": filters_text(filters)}
        body: Json = self._transport.request("POST", "/build/prune", query=query).json()
        return body


def _query(context: AnyContext, settings: BuildSettings) -> dict[str, Any]:
    return {
        "dockerfile": context.dockerfile_name,
        "t": list(settings.tags),
        "target": settings.target,
        "buildargs": json.dumps(settings.build_args) if settings.build_args else "",
        "labels": json.dumps(settings.labels) if settings.labels else "",
        "nocache": settings.no_cache,
        "pull": settings.pull,
        "networkmode": settings.network,
        "remote": context.remote,
        "platform": settings.platform,
        "nocachefilter": json.dumps(settings.no_cache_filter) if settings.no_cache_filter else "",
        "contexts": json.dumps(settings.contexts) if settings.contexts else "",
        "ssh": json.dumps(settings.agents) if settings.agents else "",
        "extrahosts": list(settings.hosts),
        "allow": json.dumps(settings.allowed) if settings.allowed else "",
        **settings.limits.query(),
        "forcerm": True,
        # The classic builder's protocol: BuildKit's own is another one, without HTTP.
        "version": "1",
    }


def _known_hosts(settings: BuildSettings) -> bytes:
    """Return which servers may be trusted, when git can log in to one."""
    return known_hosts() if DEFAULT in settings.agents else b""


def _placed(error: ContainersError) -> ContainersError:
    """Return the error of a build with its line, which before the first step is told in its text only."""
    details = dict(error.details)
    status = details.pop("status", error.status)
    if status == 503:
        return error
    if "line" not in details and (match := _LINE.search(error.message)):
        details["line"] = details["end_line"] = int(match[1])
    return BuildFailed(error.message, status=status, **details)
