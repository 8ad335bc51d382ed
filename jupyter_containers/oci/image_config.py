"""Image configs: default process, history, and the chain of layers they describe."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform

MAX_CONFIG_BYTES = 4 * 1024 * 1024
ZERO_TIME = "0001-01-01T00:00:00Z"
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """How to probe a container; durations in nanoseconds as in Docker's JSON, 0 means the default."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class ProcessDefaults:
    """What a container of the image runs unless told otherwise. Source: OCI image-spec, config.md, property config."""

    user: str = ""
    exposed_ports: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    volumes: tuple[str, ...] = ()
    working_dir: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    stop_signal: str = ""
    shell: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()
    healthcheck: Healthcheck | None = None
    args_escaped: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """One instruction that made the image; `created` is RFC 3339 text."""

    created: str = ZERO_TIME
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"created": self.created}
        texts = (("created_by", self.created_by), ("author", self.author), ("comment", self.comment))
        data |= {key: value for key, value in texts if value}
        if self.empty_layer:
            data["empty_layer"] = True
        return data


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """The image config JSON as a value. Its bytes' digest is the image id, so keep the bytes that were pulled.

    Source: OCI image-spec, config.md.
    """

    platform: Platform
    diff_ids: tuple[Digest, ...] = ()
    process: ProcessDefaults = ProcessDefaults()
    history: tuple[History, ...] = ()
    created: str = ZERO_TIME
    author: str = ""

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read a config from its bytes. Raises InvalidParameter for what is not an image's config."""
        if len(content) > MAX_CONFIG_BYTES:
            raise InvalidParameter(f"image config of {len(content)} bytes is over the limit of {MAX_CONFIG_BYTES}")
        try:
            data = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise InvalidParameter(f"image config is not JSON: {error}") from error
        rootfs = data.get("rootfs") if isinstance(data, dict) else None
        if not isinstance(rootfs, dict) or not isinstance(rootfs.get("diff_ids") or [], list):
            raise InvalidParameter("image config has no rootfs with diff_ids: this is not a container image")
        return cls(
            platform=Platform.from_json(data),
            diff_ids=tuple(Digest.parse(str(diff_id)) for diff_id in rootfs.get("diff_ids") or ()),
            process=process_from_json(_object(data, "config")),
            history=tuple(_history(entry) for entry in _items(data, "history") if isinstance(entry, dict)),
            created=str(data.get("created") or ZERO_TIME),
            author=str(data.get("author") or ""),
        )

    def to_bytes(self) -> bytes:
        data: dict[str, Any] = {"architecture": self.platform.architecture, "os": self.platform.os}
        if self.platform.variant:
            data["variant"] = self.platform.variant
        if self.author:
            data["author"] = self.author
        data |= {
            "created": self.created,
            "config": process_to_json(self.process),
            "rootfs": {"type": "layers", "diff_ids": [str(diff_id) for diff_id in self.diff_ids]},
            "history": [entry.to_json() for entry in self.history],
        }
        return json.dumps(data, separators=(",", ":")).encode()

    def with_layer(self, diff_id: Digest, history: History) -> Self:
        """Return the config of this image with one more layer on top."""
        return replace(self, diff_ids=(*self.diff_ids, diff_id), history=(*self.history, history))


def chain_ids(diff_ids: Iterable[Digest]) -> tuple[Digest, ...]:
    """Return the chain id of every prefix of the stack of layers. Source: OCI image-spec, config.md, Layer ChainID."""
    chain: list[Digest] = []
    for diff_id in diff_ids:
        chain.append(chained(str(chain[-1]), diff_id) if chain else diff_id)
    return tuple(chain)


def chained(below: str, diff_id: Digest) -> Digest:
    """Return the chain id of one more layer on a stack that has the chain id `below`."""
    return Digest("sha256", hashlib.sha256(f"{below} {diff_id}".encode()).hexdigest())


def moment_ns(created: str) -> int:
    """Return an RFC 3339 time as nanoseconds since the epoch; 0 for Go's zero time, and for what is no time.

    Strangers write it into their images: it must sort, not fail.
    """
    return 0 if created.startswith("0001-") else _parsed_ns(created) or 0


def as_moment(created: str) -> str:
    """Return the text if it is a time, else Go's zero time: clients refuse a whole answer for one bad time in it."""
    return created if _parsed_ns(created) is not None else ZERO_TIME


def _parsed_ns(created: str) -> int | None:
    match = _MOMENT.fullmatch(created)
    if match is None:
        return None
    try:
        whole = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[4].replace('Z', '+00:00').replace('z', '+00:00')}")
    except ValueError:
        return None
    return int(whole.timestamp()) * 10**9 + int((match[3] or "0")[:9].ljust(9, "0"))


def process_from_json(data: Mapping[str, Any]) -> ProcessDefaults:
    """Read the `config` object of an image config; Docker's container Config has the same field names."""
    health = _object(data, "Healthcheck")
    return ProcessDefaults(
        user=str(data.get("User") or ""),
        exposed_ports=tuple(str(port) for port in _items(data, "ExposedPorts")),
        env=_texts(data, "Env") or (),
        entrypoint=_texts(data, "Entrypoint"),
        cmd=_texts(data, "Cmd"),
        volumes=tuple(str(volume) for volume in _items(data, "Volumes")),
        working_dir=str(data.get("WorkingDir") or ""),
        labels={str(k): str(v) for k, v in _object(data, "Labels").items()},
        stop_signal=str(data.get("StopSignal") or ""),
        shell=_texts(data, "Shell") or (),
        on_build=_texts(data, "OnBuild") or (),
        healthcheck=_healthcheck(health) if health else None,
        args_escaped=bool(data.get("ArgsEscaped")),
    )


def process_to_json(process: ProcessDefaults) -> dict[str, Any]:
    """Write the `config` object; fields without a value are left out, as image builders do."""
    data: dict[str, Any] = {
        "User": process.user,
        "ExposedPorts": {port: {} for port in process.exposed_ports},
        "Env": list(process.env),
        "Entrypoint": None if process.entrypoint is None else list(process.entrypoint),
        "Cmd": None if process.cmd is None else list(process.cmd),
        "Volumes": {volume: {} for volume in process.volumes},
        "WorkingDir": process.working_dir,
        "Labels": dict(process.labels),
        "StopSignal": process.stop_signal,
        "Shell": list(process.shell),
        "OnBuild": list(process.on_build),
        "Healthcheck": _healthcheck_json(process.healthcheck) if process.healthcheck else None,
        "ArgsEscaped": process.args_escaped,
    }
    return {key: value for key, value in data.items() if value or (value == [] and key in ("Entrypoint", "Cmd"))}


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        # Docker's JSON allows one string for a list of one (strslice).
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidParameter(f"{key} must be a list of strings, not {value!r}")
    return tuple(value)


def _object(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidParameter(f"{key} must be a JSON object, not {type(value).__name__}")
    return value


def _items(data: Mapping[str, Any], key: str) -> Collection[Any]:
    """Return a list, or the keys of an object: the Go type behind ports and volumes is a map with empty values."""
    value = data.get(key)
    if value is None:
        return ()
    if not isinstance(value, list | dict):
        raise InvalidParameter(f"{key} must be a list or an object, not {type(value).__name__}")
    return value


def _count(data: Mapping[str, Any], key: str) -> int:
    value = data.get(key)
    if value is not None and not isinstance(value, int):
        raise InvalidParameter(f"{key} must be a whole number, not {value!r}")
    return value or 0


def _history(entry: Mapping[str, Any]) -> History:
    return History(
        created=str(entry.get("created") or ZERO_TIME),
        created_by=str(entry.get("created_by") or ""),
        author=str(entry.get("author") or ""),
        comment=str(entry.get("comment") or ""),
        empty_layer=bool(entry.get("empty_layer")),
    )


def _healthcheck(data: Mapping[str, Any]) -> Healthcheck:
    return Healthcheck(
        test=_texts(data, "Test") or (),
        interval=_count(data, "Interval"),
        timeout=_count(data, "Timeout"),
        start_period=_count(data, "StartPeriod"),
        start_interval=_count(data, "StartInterval"),
        retries=_count(data, "Retries"),
    )


def _healthcheck_json(health: Healthcheck) -> dict[str, Any]:
    data: dict[str, Any] = {
        "Test": list(health.test), "Interval": health.interval, "Timeout": health.timeout,
        "StartPeriod": health.start_period, "StartInterval": health.start_interval, "Retries": health.retries,
    }  # fmt: skip
    return {key: value for key, value in data.items() if value}
