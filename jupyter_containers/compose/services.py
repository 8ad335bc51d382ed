"""One service of the tree becomes a Service: its references are followed, its files of variables are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jupyter_containers.compose import env_files
from jupyter_containers.compose.model import STARTED, Dependency, Grant, Json, Service
from jupyter_containers.compose.refusals import check_service
from jupyter_containers.compose.shapes import near
from jupyter_containers.compose.source import Node, Place, WrongFile, plain

MAX_FILE_BYTES = 1 << 20
MAX_SCALE = 1000

_SHARED_MODES = ("network_mode", "ipc", "pid")


@dataclass(slots=True)
class ServiceReader:
    """Reads one service; the names are those that it may refer to. `warnings` grows."""

    project: str
    name: str
    node: Node
    variables: Mapping[str, str]
    services: tuple[str, ...]
    active: tuple[str, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]
    files: Mapping[str, Mapping[str, Node]]
    warnings: list[str]

    def service(self) -> Service:
        """Return it. Raises WrongFile, UnsupportedKey."""
        self.warnings += check_service(self.name, self.node)
        definition: Json = plain(self.node)
        image = str(definition.get("image", ""))
        if not image and "build" not in definition:
            raise WrongFile(self.node.place, f"{self._path()}: it has neither image nor build")
        if definition.get("build", {}).get("args"):
            # A bare name takes its value from here, as in docker's --build-arg.
            given = definition["build"]["args"]
            known = {name: self.variables.get(name) if value is None else value for name, value in given.items()}
            definition["build"]["args"] = {name: value for name, value in known.items() if value is not None}
        definition["networks"] = {key: definition.get("networks", {}).get(key, {}) for key in self._networks()}
        self._check_mounts()
        service = Service(
            name=self.name,
            image=image or f"{self.project}-{self.name}",
            scale=self._scale(definition),
            depends_on=tuple(self._depends_on()),
            networks=tuple(definition["networks"]),
            environment=self._environment(),
            labels=self._labels(),
            grants=tuple(grant for kind in ("secrets", "configs") for grant in self._grants(kind, self._at(kind))),
            build_secrets=self._build_secrets(),
            definition=definition,
        )
        if service.scale > 1 and "container_name" in definition:
            raise self._wrong("container_name", "one name is not enough for several containers; leave it out, or scale")
        return service

    def _path(self, key: str = "") -> str:
        return f"services.{self.name}{f'.{key}' if key else ''}"

    def _at(self, key: str) -> Node:
        return self.node.mapping.get(key) or Node(None, self.node.place)

    def _wrong(self, key: str, message: str) -> WrongFile:
        return WrongFile(self._at(key).place, f"{self._path(key)}: {message}")

    def _scale(self, definition: Json) -> int:
        replicas = definition.get("deploy", {}).get("replicas")
        scale = definition.get("scale", 1 if replicas is None else replicas)
        if "scale" in definition and replicas not in (None, scale):
            raise self._wrong("scale", f"it is {scale}, but deploy.replicas is {replicas}; leave one of them out")
        if not 0 <= scale <= MAX_SCALE:
            raise self._wrong("scale" if "scale" in definition else "deploy", f"{scale} is not from 0 to {MAX_SCALE}")
        return int(scale)

    def _networks(self) -> list[str]:
        given = self._at("networks").mapping
        mode = self._at("network_mode").value
        if mode:
            if given:
                raise self._wrong("network_mode", "it has networks, too; leave one of them out")
            return []
        for key in given:
            if key not in self.networks:
                raise self._wrong("networks", f"there is no network {key[:60]!r}{near(key, self.networks)}")
        # The one with the highest priority comes first, as it is the container's main one.
        return sorted(given, key=lambda key: -_priority(given[key])) or ["default"]

    def _check_mounts(self) -> None:
        for mount in self._at("volumes").items:
            source = mount.mapping.get("source")
            if mount.mapping["type"].value != "volume" or source is None:
                continue
            name = str(source.value)
            if name not in self.volumes:
                hint = (
                    near(name, self.volumes) or f"; write it under volumes: at the top, or ./{name[:60]} for a folder"
                )
                raise WrongFile(mount.place, f"{self._path('volumes')}: there is no volume {name[:60]!r}{hint}")

    def _depends_on(self) -> Iterator[Dependency]:
        given = self._at("depends_on").mapping
        for name, node in given.items():
            options = plain(node)
            is_required = bool(options.get("required", True))
            if self._is_there(name, node.place, is_required=is_required):
                yield Dependency(name, options["condition"], is_required, bool(options.get("restart", False)))
        for name in dict.fromkeys(self._implied()):
            if name not in given and self._is_there(name, self.node.place, is_required=True):
                yield Dependency(name, STARTED)

    def _is_there(self, name: str, place: Place, *, is_required: bool) -> bool:
        if name in self.active:
            return True
        if name in self.services and not is_required:
            return False
        if name in self.services:
            raise WrongFile(
                place, f"{self._path()}: it needs {name}, which its profile leaves out; ask for the profile"
            )
        if not is_required:
            return False
        raise WrongFile(
            place, f"{self._path()}: it depends on {name[:60]!r}, which is not there{near(name, self.services)}"
        )

    def _implied(self) -> Iterator[str]:
        """Yield the services that this one refers to in other ways than depends_on."""
        for key in _SHARED_MODES:
            mode = str(self._at(key).value or "")
            if mode.startswith("service:"):
                yield mode.removeprefix("service:")
        for link in self._at("links").items:
            yield str(link.value).partition(":")[0]
        for source in self._at("volumes_from").items:
            if not str(source.value).startswith("container:"):
                yield str(source.value).partition(":")[0]

    def _environment(self) -> dict[str, str]:
        found: dict[str, str | None] = {}
        for file in self._at("env_file").items:
            given = plain(file)
            path = Path(given["path"])
            if not given.get("required", True) and not path.exists():
                continue
            if given.get("format", "raw") != "raw":
                raise WrongFile(
                    file.place, f"{self._path('env_file')}: its format is raw, or the usual one, if left out"
                )
            found |= env_files.read_file(path, self.variables, is_raw="format" in given)
        found |= {name: child.value for name, child in self._at("environment").mapping.items()}  # type: ignore[misc]
        for name in found:
            if not name or "\0" in name or "\0" in (found[name] or ""):
                raise self._wrong("environment", f"{name[:60]!r} is no variable that a process can have")
        known = {name: self.variables.get(name) if value is None else value for name, value in found.items()}
        return {name: value for name, value in known.items() if value is not None}

    def _labels(self) -> dict[str, str]:
        found: dict[str, str | None] = {}
        for file in self._at("label_file").items:
            found |= env_files.read_file(Path(str(file.value)), self.variables)
        found |= {name: child.value for name, child in self._at("labels").mapping.items()}  # type: ignore[misc]
        for name in found:
            if name.startswith("com.docker.compose."):
                raise self._wrong("labels", f"{name[:80]} is Compose's own; choose another name")
        return {name: value or "" for name, value in found.items()}

    def _build_secrets(self) -> dict[str, bytes]:
        """Return what RUN --mount=type=secret may ask for, by the id that it asks with."""
        given = self._at("build").mapping.get("secrets")
        found = {}
        for grant in self._grants("secrets", given) if given is not None else ():
            file = self.files["secrets"][grant.source]
            found[PurePosixPath(grant.target).name] = self._content("secrets", grant.source, plain(file), file)
        return found

    def _grants(self, kind: str, wanted: Node) -> Iterator[Grant]:
        for node in wanted.items:
            given = plain(node)
            source = given["source"]
            if source not in self.files[kind]:
                there = near(source, self.files[kind])
                raise WrongFile(node.place, f"{self._path(kind)}: there is no {kind[:-1]} {source[:60]!r}{there}")
            yield self._grant(kind, node, given, self.files[kind][source])

    def _grant(self, kind: str, node: Node, given: Json, file: Node) -> Grant:
        folder = "/run/secrets/" if kind == "secrets" else "/"
        target = str(given.get("target") or given["source"])
        target = target if target.startswith("/") else folder + target
        uid, gid = (_number(given.get(key, "0"), node, f"{self._path(kind)}.{key}") for key in ("uid", "gid"))
        is_owned = bool({"uid", "gid", "mode"} & set(given))
        source = plain(file)
        path, content = str(source.get("file", "")), None
        if not path or is_owned:
            content, path = self._content(kind, given["source"], source, file), ""
        return Grant(kind, given["source"], target, path, content, uid, gid, given.get("mode", 0o444))

    def _content(self, kind: str, name: str, source: Json, file: Node) -> bytes:
        if "content" in source:
            return str(source["content"]).encode()
        if "environment" in source:
            variable = source["environment"]
            if variable not in self.variables:
                raise WrongFile(file.place, f"{kind}.{name}: the variable {variable[:60]} is not set")
            return self.variables[variable].encode(errors="surrogateescape")
        try:
            with Path(source["file"]).open("rb") as opened:
                content = opened.read(MAX_FILE_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise WrongFile(file.place, f"{kind}.{name}: cannot read {source['file']}: {reason}") from None
        if len(content) > MAX_FILE_BYTES:
            raise WrongFile(file.place, f"{kind}.{name}: {source['file']} has more than {MAX_FILE_BYTES} bytes")
        return content


def _priority(node: Node) -> float:
    found = node.mapping.get("priority")
    return float(found.value) if found is not None and isinstance(found.value, (int, float)) else 0.0


def _number(text: str, node: Node, path: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 11):
        raise WrongFile(node.place, f"{path}: {text[:40]!r} is not a number; names of users are not known here")
    return int(text)
