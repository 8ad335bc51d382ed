"""The few facts of an inspection that are looked for most, taken from Docker's JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_containers.client.values import short_id
from jupyter_containers.commands.quantities import size_text

Json = Mapping[str, Any]


def facts(kind: str, body: Json) -> list[tuple[str, str]]:
    """Return names and values; what is not set is left out."""
    sources = {"container": _container, "image": _image, "network": _network, "volume": _volume}
    return [(name, value) for name, value in sources[kind](body) if value]


def _container(body: Json) -> Iterator[tuple[str, str]]:
    state, config, host = body.get("State") or {}, body.get("Config") or {}, body.get("HostConfig") or {}
    network = body.get("NetworkSettings") or {}
    yield "Name", str(body.get("Name", "")).removeprefix("/")
    yield "Id", short_id(str(body.get("Id", "")))
    yield "State", _state(state)
    yield "Image", str(config.get("Image", ""))
    yield "Command", shlex.join([str(body.get("Path", "")), *(body.get("Args") or ())])
    yield "Created", str(body.get("Created", ""))
    yield "Address", str(network.get("IPAddress") or "")
    yield "Ports", ", ".join(_ports(network.get("Ports") or {}))
    yield "Memory limit", size_text(host["Memory"]) if host.get("Memory") else ""
    yield "Processors", f"{host['NanoCpus'] / 1e9:g}" if host.get("NanoCpus") else ""
    yield "Mounts", "\n".join(f"{m.get('Source', '')} → {m.get('Destination', '')}" for m in body.get("Mounts") or ())


def _state(state: Json) -> str:
    status = str(state.get("Status", ""))
    if status == "exited":
        return f"exited ({state.get('ExitCode')}){' · killed at the memory limit' if state.get('OOMKilled') else ''}"
    return f"{status} (pid {state['Pid']})" if state.get("Pid") else status


def _ports(ports: Json) -> Iterator[str]:
    for inside, published in ports.items():
        for entry in published or ():
            yield f"{entry.get('HostIp', '')}:{entry.get('HostPort', '')}→{inside}"


def _image(body: Json) -> Iterator[tuple[str, str]]:
    config = body.get("Config") or {}
    yield "Names", ", ".join(body.get("RepoTags") or ())
    yield "Id", short_id(str(body.get("Id", "")))
    yield "Created", str(body.get("Created", ""))
    yield "Size", size_text(body.get("Size") or 0)
    yield "Platform", f"{body.get('Os', '')}/{body.get('Architecture', '')}"
    yield "Entrypoint", shlex.join(config.get("Entrypoint") or ())
    yield "Command", shlex.join(config.get("Cmd") or ())
    yield "Working folder", str(config.get("WorkingDir") or "")
    yield "User", str(config.get("User") or "")
    yield "Environment", "\n".join(config.get("Env") or ())
    yield "Ports", ", ".join(config.get("ExposedPorts") or ())
    yield "Layers", str(len((body.get("RootFS") or {}).get("Layers") or ()))


def _network(body: Json) -> Iterator[tuple[str, str]]:
    yield "Id", short_id(str(body.get("Id", "")))
    yield "Driver", str(body.get("Driver", ""))
    subnets = (body.get("IPAM") or {}).get("Config") or ()
    yield "Subnet", ", ".join(str(subnet.get("Subnet", "")) for subnet in subnets)
    yield "Gateway", ", ".join(str(subnet.get("Gateway", "")) for subnet in subnets)


def _volume(body: Json) -> Iterator[tuple[str, str]]:
    yield "Driver", str(body.get("Driver", ""))
    yield "Folder", str(body.get("Mountpoint", ""))
    yield "Created", str(body.get("CreatedAt", ""))
