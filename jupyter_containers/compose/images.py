"""Images of services: what `build` says, as a context and settings for the client's builder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.client import build_caches, ssh_agents
from jupyter_containers.client.build_layouts import SCHEME, Layout
from jupyter_containers.client.builds import BuildLimits, BuildSettings
from jupyter_containers.client.context import gather
from jupyter_containers.client.ignore import FILE_NAME
from jupyter_containers.client.other_contexts import DOCKERFILE, AnyContext, RemoteContext
from jupyter_containers.compose import labels
from jupyter_containers.compose.model import Json, Project, Service
from jupyter_containers.compose.operations import BuildImage, PullImage
from jupyter_containers.compose.places import is_remote
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.version import __version__

_OF_SERVICE = "service:"
_INSECURE = "security.insecure"


@dataclass(frozen=True, slots=True)
class BuildWishes:
    """What `build` is asked for beyond the file."""

    no_cache: bool = False
    pull: bool = False
    args: Mapping[str, str | None] | None = None


def context_of(service: Service) -> tuple[AnyContext, str]:
    """Return the build context, and the text of the Dockerfile where it is known here. Raises InvalidParameter."""
    given = service.build or {}
    place, inline = str(given["context"]), given.get("dockerfile_inline")
    if inline is not None and "dockerfile" in given:
        raise InvalidParameter(f"build of {service.name}: both dockerfile and dockerfile_inline; leave one of them out")
    if is_remote(place):
        if inline is not None:
            raise InvalidParameter(f"build of {service.name}: dockerfile_inline needs a folder as its context")
        return RemoteContext(place, str(given.get("dockerfile", DOCKERFILE))), ""
    folder = Path(place)
    if not folder.is_dir():
        raise InvalidParameter(f"build of {service.name}: there is no folder {folder}")
    if inline is not None:
        return gather(str(inline), folder), str(inline)
    path = folder / str(given.get("dockerfile", DOCKERFILE))
    try:
        text = path.read_bytes().decode()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidParameter(f"build of {service.name}: cannot read {path}: {reason}") from None
    return gather(text, folder, path.with_name(path.name + FILE_NAME)), text


def settings_of(project: Project, service: Service, wishes: BuildWishes) -> BuildSettings:
    """Return what the build is told. Raises InvalidParameter."""
    given = service.build or {}
    own = {labels.PROJECT: project.name, labels.SERVICE: service.name, labels.VERSION: __version__}
    folders, elsewhere, layouts = _contexts(project, given.get("additional_contexts", {}))
    agents = [f"{name}={value or ''}" for name, value in given.get("ssh", {}).items()]
    wanted = ssh_agents.wanted(agents, (str(given["context"]), *elsewhere.values()))
    forwards = ssh_agents.parse(wanted, project.folder, f"build of {service.name}: ssh")
    platforms = given.get("platforms") or [service.definition.get("platform", "")]
    return BuildSettings(
        tags=(service.image, *given.get("tags", ())),
        target=given.get("target", ""),
        build_args={**given.get("args", {}), **(wishes.args or {})},
        labels={**_texts(given.get("labels", {})), **own},
        no_cache=wishes.no_cache or given.get("no_cache", False),
        no_cache_filter=tuple(given.get("no_cache_filter", ())),
        pull=wishes.pull or given.get("pull", False),
        network=given.get("network", ""),
        platform=platforms[0],
        folders=folders,
        contexts=elsewhere,
        layouts=layouts,
        secrets=service.build_secrets,
        allowed=_allowed(given),
        agents=forwards.sockets,
        keys=forwards.keys,
        hosts=tuple(f"{name}:{one}" for name, some in given.get("extra_hosts", {}).items() for one in some),
        limits=BuildLimits(
            shm_size=given.get("shm_size", 0),
            ulimits=tuple((name, one["soft"], one["hard"]) for name, one in given.get("ulimits", {}).items()),
        ),
        cache_from=tuple(
            build_caches.parse(text, place="src").below(project.folder) for text in given.get("cache_from", ())
        ),
        cache_to=tuple(
            build_caches.parse(text, place="dest").below(project.folder) for text in given.get("cache_to", ())
        ),
    )


def _allowed(given: Json) -> tuple[str, ...]:
    """Return what RUN may have of the machine; `privileged` is a word for it, as in Docker Compose."""
    own = [_INSECURE] if given.get("privileged") else []
    return tuple(dict.fromkeys([*given.get("entitlements", ()), *own]))


def _texts(pairs: Json) -> dict[str, str]:
    return {name: value or "" for name, value in pairs.items()}


def _contexts(project: Project, given: Json) -> tuple[dict[str, Path], dict[str, str], dict[str, Layout]]:
    layouts: dict[str, Layout] = {}
    folders: dict[str, Path] = {}
    elsewhere: dict[str, str] = {}
    for name, source in given.items():
        text = str(source or "")
        if text.startswith(_OF_SERVICE):
            other = text.removeprefix(_OF_SERVICE)
            if other not in project.services:
                raise InvalidParameter(f"additional_contexts.{name}: there is no service {other[:60]!r}")
            elsewhere[name] = f"docker-image://{project.services[other].image}"
        elif text.startswith(SCHEME):
            layouts[name] = Layout.parse(text.removeprefix(SCHEME), project.folder)
        elif is_remote(text):
            elsewhere[name] = text
        else:
            folders[name] = Path(text)
    return folders, elsewhere, layouts


def in_order(project: Project, operations: Iterable[BuildImage | PullImage]) -> list[BuildImage | PullImage]:
    """Return builds behind those whose images they take from."""
    waiting = {operation.service.name: operation for operation in operations}
    found: list[BuildImage | PullImage] = []
    while waiting:
        ready = [name for name, one in waiting.items() if not _sources(project, one.service) & set(waiting) - {name}]
        if not ready:
            raise InvalidParameter(f"builds wait for each other: {', '.join(sorted(waiting))}")
        found += [waiting.pop(name) for name in ready]
    return found


def _sources(project: Project, service: Service) -> set[str]:
    given = ((service.build or {}).get("additional_contexts") or {}).values()
    return {str(text).removeprefix(_OF_SERVICE) for text in given if str(text).startswith(_OF_SERVICE)}
