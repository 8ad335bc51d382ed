"""What a container is to be: Docker's flags of `run` as a value, and as the body of a create request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_containers.client.values import Json
from jupyter_containers.errors import InvalidParameter


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """`-p`: an empty host port lets the daemon choose one, a range of them one out of it. `each` resolves ranges."""

    container_port: str
    host_port: str = ""
    host_ip: str = ""

    def __str__(self) -> str:
        host_ip = f"[{self.host_ip}]" if ":" in self.host_ip else self.host_ip
        outside = f"{host_ip}:{self.host_port}" if host_ip else self.host_port
        return f"{outside}:{self.container_port}" if outside else self.container_port

    @classmethod
    def parse(cls, text: str) -> PublishedPort:
        """Read `8080:80`, `80`, `127.0.0.1:8080:80/udp`, `8000-8009:80-89`. Raises InvalidParameter."""
        outside, _, inside = text.rpartition(":")
        host_ip, _, host_port = outside.rpartition(":")
        port, _, protocol = inside.partition("/")
        ports, host_ports = _range(port), _range(host_port) if host_port else None
        if not ports or host_ports == range(0) or protocol not in ("", "tcp", "udp", "sctp"):
            raise InvalidParameter(f"invalid port to publish: {text!r}; expected [[IP:]HOST_PORT:]PORT[/PROTOCOL]")
        if host_ports is not None and len(ports) not in (1, len(host_ports)):
            raise InvalidParameter(f"invalid port to publish: {text!r}; its two ranges are of different lengths")
        return cls(f"{port}/{protocol or 'tcp'}", host_port, host_ip.strip("[]"))

    def each(self) -> Iterator[PublishedPort]:
        """Yield the ports of a range inside, one by one."""
        port, _, protocol = self.container_port.partition("/")
        ports, host_ports = _range(port), _range(self.host_port) if self.host_port else range(0)
        if len(ports) < 2:
            yield self
            return
        for number, one in enumerate(ports):
            yield PublishedPort(f"{one}/{protocol}", str(host_ports[number]) if host_ports else "", self.host_ip)


def _range(text: str) -> range:
    """Return the ports of `80` or `8000-8009`, none if it is neither."""
    first, dash, last = text.partition("-")
    if not (_is_port(first) and _is_port(last if dash else first)):
        return range(0)
    return range(int(first), int(last or first) + 1)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 65536


@dataclass(frozen=True, slots=True)
class RunSettings:
    """A container to be made from `image`. `command` and `entrypoint` None: the image's own. Sizes in bytes.

    With `failed_step` it is made where that step of a build has failed, and `image` is "".
    """

    image: str
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    name: str = ""
    environment: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    workdir: str = ""
    user: str = ""
    hostname: str = ""
    network: str = ""
    memory_bytes: int = 0
    memory_swap_bytes: int = 0
    cpus: float = 0.0
    pids_limit: int = 0
    read_only: bool = False
    privileged: bool = False
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_options: tuple[str, ...] = ()
    init: bool = False
    terminal: bool = False
    stdin: bool = False
    attached: bool = True
    auto_remove: bool = False
    restart: str = ""
    console_size: tuple[int, int] | None = None
    failed_step: str = ""
    platform: str = ""
    # What else the request has, by the API's own names: in the body, and in its HostConfig.
    further: Json = field(default_factory=dict)
    further_host: Json = field(default_factory=dict)

    def to_wire(self) -> Json:
        """Write the body of a create request; what is not set is left to the daemon."""
        body: Json = {
            "Image": self.image,
            "Cmd": _list(self.command),
            "Entrypoint": _list(self.entrypoint),
            "Env": list(self.environment),
            "Labels": _mapping(self.labels),
            "WorkingDir": self.workdir,
            "User": self.user,
            "Hostname": self.hostname,
            "ExposedPorts": {port.container_port: {} for ports in self.ports for port in ports.each()},
            "Tty": self.terminal,
            "OpenStdin": self.stdin,
            "StdinOnce": self.stdin and self.attached,
            "AttachStdin": self.stdin and self.attached,
            "AttachStdout": self.attached,
            "AttachStderr": self.attached,
        }
        written = {name: value for name, value in body.items() if value not in (None, "", [], {}, False)}
        return {**joined(written, self.further), "HostConfig": joined(self._host_to_wire(), self.further_host)}

    def _host_to_wire(self) -> Json:
        host: Json = {
            "Binds": [absolute_source(volume) for volume in self.volumes if _is_bind(volume)],
            "Mounts": [{"Type": "volume", "Target": volume} for volume in self.volumes if not _is_bind(volume)],
            "Tmpfs": {path: options for path, _, options in (text.partition(":") for text in self.tmpfs)},
            "PortBindings": self._port_bindings(),
            "NetworkMode": self.network,
            "Memory": self.memory_bytes,
            "MemorySwap": self.memory_swap_bytes,
            "NanoCpus": round(self.cpus * 1e9),
            "PidsLimit": self.pids_limit,
            "ReadonlyRootfs": self.read_only,
            "Privileged": self.privileged,
            "CapAdd": list(self.cap_add),
            "CapDrop": list(self.cap_drop),
            "SecurityOpt": list(self.security_options),
            "Init": self.init,
            "AutoRemove": self.auto_remove,
            "RestartPolicy": restart_policy(self.restart),
            "ConsoleSize": _list(self.console_size),
        }
        return {name: value for name, value in host.items() if value not in (None, "", [], {}, 0, False)}

    def _port_bindings(self) -> Json:
        bindings: dict[str, list[Json]] = {}
        for port in (one for ports in self.ports for one in ports.each()):
            entry = {"HostIp": port.host_ip, "HostPort": port.host_port}
            bindings.setdefault(port.container_port, []).append(entry)
        return bindings


def joined(body: Json, further: Json) -> Json:
    """Return both; lists and mappings that both have are put together."""
    found = dict(body)
    for name, value in further.items():
        before = found.get(name)
        if isinstance(before, list) and isinstance(value, list):
            found[name] = [*before, *value]
        else:
            found[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return found


def absolute_source(volume: str, folder: Path | None = None) -> str:
    """Return `-v` text with a relative source (`.`, `./x`, `~/x`) made absolute: the daemon knows no current folder."""
    source, separator, rest = volume.partition(":")
    if source.startswith("~"):
        return f"{Path(source).expanduser()}{separator}{rest}"
    if source in (".", "..") or source.startswith(("./", "../")):
        return f"{(folder or Path.cwd()).joinpath(source).resolve()}{separator}{rest}"
    return volume


def _is_bind(volume: str) -> bool:
    """Tell `source:target` from a bare target, which is a new volume without a name."""
    return ":" in volume


def restart_policy(text: str) -> Json:
    """Read `on-failure:3` as the API has it; {} for no policy. Raises InvalidParameter."""
    name, _, count = text.partition(":")
    if count and not count.isdigit():
        raise InvalidParameter(f"invalid restart policy {text!r}: expected NAME or on-failure:COUNT")
    return {"Name": name, "MaximumRetryCount": int(count or 0)} if name else {}


def _list(values: tuple[object, ...] | None) -> list[object] | None:
    return None if values is None else list(values)


def _mapping(texts: tuple[str, ...]) -> Mapping[str, str]:
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


@dataclass(frozen=True, slots=True)
class ExecSettings:
    """One more process in a running container."""

    command: tuple[str, ...]
    environment: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""
    privileged: bool = False
    terminal: bool = False
    stdin: bool = False
    detached: bool = False
    console_size: tuple[int, int] | None = field(default=None)

    def to_wire(self) -> Json:
        """Write the body of an exec's create request."""
        return {
            "Cmd": list(self.command),
            "Env": list(self.environment),
            "WorkingDir": self.workdir,
            "User": self.user,
            "Privileged": self.privileged,
            "Tty": self.terminal,
            "AttachStdin": self.stdin and not self.detached,
            "AttachStdout": not self.detached,
            "AttachStderr": not self.detached,
        }
