"""Requests made up from the Engine API's description: sensible ones, and ones that nobody should send.

What a request may do to the host of the tests is bounded by what is drawn for names of files, devices, addresses and
registries: these come from short lists of harmless ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from tests.support.openapi import Description
from tests.support.tiny_image import tar_of

NOWHERE = "127.0.0.1:1"  # a registry, and a host, that refuses connections
EXEC = "the-exec"  # the tests put the id of one in its place
MAX_DEPTH = 5
_CONTEXT = tar_of({"Dockerfile": b"FROM busybox\nRUN true\n"})

_ODD_TEXTS = (
    "", " ", "0", "-1", "x" * 5000, "\0", "..", "../../etc", "a/b", "%2e%2e", "é\U0001f40d", "{", "[]", "null", "1e400",
    "9" * 40, "nan", "-", ",", ":", "a:b:c:d", "@sha256:0", "true", "*", "\n", "\ud7ff",
)  # fmt: skip
_ODD_VALUES: tuple[Any, ...] = (
    None, "", "odd", 0, -1, 1.5, 2**31, 2**63, -(2**63) - 1, 10**30, True, [], {}, [None], [[]], {"": None},
    {"a": {"b": []}}, [1, "a"], "\0", "x" * 5000,
)  # fmt: skip
# Fields whose values touch the host; the names are those of the description, in any object.
_HARMLESS: Mapping[str, Sequence[Any]] = {
    "Binds": (["/tmp:/b:ro"], ["no-such-volume:/v"], ["relative"], [":"], ["a:b:c:d"], [""], [None], ["/tmp:/"]),
    "Source": ("/tmp", "/no/such", "relative", "", "\0"),
    "Target": ("/t", "/", "relative", "", "/proc"),
    "Destination": ("/t", "relative"),
    "VolumesFrom": (["box"], ["no-such"], [""], ["box:odd"]),
    "PathOnHost": ("/dev/null", "/dev/no-such", "relative", ""),
    "PathInContainer": ("/dev/x", "relative", ""),
    "Path": ("/dev/null", "/dev/no-such", ""),
    "CgroupParent": ("", "/jc-odd", "relative", ".."),
    "NetworkMode": ("none", "bridge", "no-such", "container:box", "container:", "container:no-such", "default",
                    "odd mode"),
    "PidMode": ("", "host", "container:box", "container:no-such", "odd"),
    "IpcMode": ("", "private", "shareable", "host", "none", "container:no-such", "odd"),
    "Subnet": ("198.18.7.0/24", "198.18.7.0/33", "odd", "fd00:18:7::/64", "127.0.0.0/8", "0.0.0.0/0"),
    "IPRange": ("198.18.7.128/25", "odd", "10.0.0.0/8"),
    "Gateway": ("198.18.7.1", "10.0.0.1", "odd"),
    "IPv4Address": ("198.18.7.9", "odd", "0.0.0.0"),
    "IPv6Address": ("fd00:18:7::9", "odd"),
    "MacAddress": ("02:42:ac:11:00:99", "odd"),
    "Image": ("busybox", "busybox", "busybox", "no/such:image", "", "NOT", f"{NOWHERE}/x", "busybox@sha256:00"),
    "fromImage": (f"{NOWHERE}/x", f"{NOWHERE}/x@sha256:00", "NOT", ""),
    "fromSrc": ("-", f"http://{NOWHERE}/x", "odd"),
    "remote": (f"http://{NOWHERE}/x", "odd", "client-session"),
    "serveraddress": (NOWHERE, f"http://{NOWHERE}", "odd://", ""),
    "ServerAddress": (NOWHERE, f"http://{NOWHERE}", "odd://", ""),
    "Driver": ("", "bridge", "local", "host", "null", "odd"),
    "DriverOpts": (
        {}, {"odd": "1"}, {"type": "tmpfs", "device": "tmpfs"}, {"type": "odd"}, {"o": "bind"}, {"device": "/no/such"},
    ),
    "Options": ({}, {"com.docker.network.bridge.name": "lo"}, {"com.docker.network.driver.mtu": "odd"}, {"odd": "1"}),
    "Sysctls": ({"net.ipv4.ip_forward": "1"}, {"kernel.panic": "1"}, {"odd": "odd"}, {"net.odd": ""}),
    "Memory": (0, -1, 1, 6 << 20, 64 << 20, 2**63 - 1),
    "platform": ("linux/amd64", "linux/amd64", "linux", "linux/arm64", "odd", "{}"),
    "WorkingDir": ("/x", "/", "", "relative"),
    "ExposedPorts": ({}, {"80/tcp": {}}, {"80": {}}, {"odd": {}}, {"80/odd": {}}, {"1-3/udp": {}}),
    "PortBindings": (
        {}, {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}, {"80/tcp": [{"HostPort": "odd"}]}, {"80/tcp": None},
        {"80/sctp": [{}]}, {"80/tcp": [{"HostIp": "odd", "HostPort": "0"}]}, {"odd": []},
    ),
    "t": ("0", "odd", "generated", "NOT"),
    "since": ("0", "1", "odd", "1.999999999", "10m", "2020-01-01T00:00:00Z", "-1"),
    "until": ("0", "1", "2", "odd", "1.5"),
    "ps_args": ("", "-ef", "aux", "-o pid", "-o odd", "--help", "; true"),
    "path": ("/", "/etc/passwd", "/no/such", "..", "relative", "/tmp", "/\0", ""),
}  # fmt: skip

# What a body has when nothing else is drawn for it: without that it would come to nothing.
_BASES: Mapping[str, Mapping[str, Any]] = {
    "POST /containers/create": {"Image": "busybox", "Cmd": ["true"]},
    "POST /containers/{id}/exec": {"Cmd": ["true"]},
    "POST /networks/create": {"Name": "generated"},
    "POST /networks/{id}/connect": {"Container": "box"},
    "POST /networks/{id}/disconnect": {"Container": "box"},
}


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    body: bytes | None
    headers: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"{self.method} {self.url} {(self.body or b'')[:2000]!r} {dict(self.headers)}"


def requests(description: Description, method: str, path: str) -> st.SearchStrategy[Request]:
    """Return requests for one operation."""
    parameters = description.parameters(method, path)
    things = _mostly(st.sampled_from(_things_of(path)), st.sampled_from(_ODD_TEXTS), 3)
    holes = re.findall(r"{(\w+)}", path)
    in_path = st.fixed_dictionaries(dict.fromkeys(holes, things))
    query = st.fixed_dictionaries(
        {}, optional={each["name"]: _in_query(each) for each in parameters if each["in"] == "query"}
    )
    base = _BASES.get(f"{method} {path}", {})
    bodies = [_body(description, each, base) for each in parameters if each["in"] == "body"]
    body = bodies[0] if bodies else st.just(None)
    headers = st.sampled_from(
        ((), (("X-Registry-Auth", "e30="),), (("X-Registry-Auth", "odd"),), (("Upgrade", "tcp"),))
    )

    def build(holes: dict[str, str], query: dict[str, str], body: bytes | None, more: Any) -> Request:
        url = re.sub(r"{(\w+)}", lambda hole: quote(holes[hole.group(1)], safe=""), path)
        kind = (("Content-Type", "application/json"),) if body is not None else ()
        return Request(method, url + (f"?{urlencode(query)}" if query else ""), body, (*kind, *more))

    return st.builds(build, in_path, query, body, headers)


def _mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any], times: int) -> st.SearchStrategy[Any]:
    """Return `odd` once in `times` or so."""
    return st.integers(1, times).flatmap(lambda dice: odd if dice == times else usual)


def _things_of(path: str) -> tuple[str, ...]:
    family = path.split("/")[1]
    known = {
        "containers": ("box", "stopped", "paused"), "images": ("busybox", "generated"),
        "volumes": ("volume", "generated"), "networks": ("bridge", "none", "network", "generated"),
        "exec": (EXEC,), "distribution": (f"{NOWHERE}/x",),
    }  # fmt: skip
    return known.get(family, ("odd",))


def _in_query(parameter: Mapping[str, Any]) -> st.SearchStrategy[str]:
    name, kind = parameter["name"], parameter.get("type")
    if name in _HARMLESS:
        return st.sampled_from([str(value) for value in _HARMLESS[name]])
    if name in ("filters", "buildargs", "labels", "cachefrom", "outputs"):
        return _mostly(_filters(), st.sampled_from(_ODD_TEXTS), 3)
    sensible = {
        "boolean": ("0", "1", "true", "false"), "integer": ("0", "1", "10", "-1"), "array": ("a", "b"),
    }.get(str(kind), ("a", "generated", "box", "latest", "ctrl-a", "SIGTERM"))  # fmt: skip
    return _mostly(st.sampled_from(parameter.get("enum") or sensible).map(str), st.sampled_from(_ODD_TEXTS), 4)


def _filters() -> st.SearchStrategy[str]:
    names = ("label", "name", "id", "status", "until", "reference", "dangling", "before", "since", "driver", "type",
             "scope", "network", "volume", "ancestor", "exited", "publish", "expose", "health", "event",
             "odd")  # fmt: skip
    value = st.sampled_from(("box", "a=b", "running", "true", "1", "10m", "80/tcp", "odd", "", "*", "["))
    values = st.one_of(
        st.lists(value, max_size=2), st.dictionaries(value, st.booleans(), max_size=2), st.sampled_from(_ODD_VALUES)
    )
    return st.dictionaries(st.sampled_from(names), values, max_size=2).map(json.dumps)


def _body(
    description: Description, parameter: Mapping[str, Any], base: Mapping[str, Any]
) -> st.SearchStrategy[bytes | None]:
    schema = parameter["schema"]
    if schema.get("format") == "binary" or schema.get("type") == "string":
        return st.sampled_from(
            (
                None,
                b"",
                b"odd",
                bytes(1024),
                tar_of({"Dockerfile": b"FROM busybox\nRUN true\n"}),
                tar_of({"a/../../b": b""}),
            )
        )
    made = values(description, schema)
    whole = made.map(lambda value: {**base, **value} if isinstance(value, dict) else value)
    broken = st.sampled_from(
        (None, b"", b"{", b"[]", b"null", b"\xff", b"[" * 2000, b'{"a":' * 500, b"1", b'{"Image":"busybox","Image":7}')
    )
    return _mostly(st.builds(_encoded, whole), broken, 12)


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def values(
    description: Description, schema: Mapping[str, Any], name: str = "", depth: int = 0
) -> st.SearchStrategy[Any]:
    """Return values of a schema, and now and then another value."""
    odd = st.sampled_from(_ODD_VALUES)
    if name in _HARMLESS:
        return st.sampled_from(_HARMLESS[name])
    schema = description.resolved(schema)
    fitting = _fitting(description, schema, depth)
    # More nonsense than this, and nothing would come past the first check.
    return _mostly(fitting, odd, 25)


def _fitting(description: Description, schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    kind = schema.get("type", "object")
    if schema.get("enum"):
        return st.sampled_from(schema["enum"])
    if kind == "string":
        return st.sampled_from(("a", "true", "sh", "/x", "1", "10", "80/tcp", "SIGTERM", "root", "json-file", "odd"))
    if kind == "boolean":
        return st.booleans()
    if kind in ("integer", "number"):
        return st.sampled_from((0, 1, 2, 10, 100, 1000, -1))
    if depth > MAX_DEPTH:
        return st.none()
    if kind == "array":
        return st.lists(values(description, schema.get("items", {}), depth=depth + 1), max_size=2)
    properties, free = schema.get("properties"), schema.get("additionalProperties")
    if properties:
        optional = {key: values(description, item, key, depth + 1) for key, item in properties.items()}
        return st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True).flatmap(
            lambda chosen: st.fixed_dictionaries({key: optional[key] for key in chosen})
        )
    item = values(description, free, depth=depth + 1) if isinstance(free, dict) else st.just({})
    return st.dictionaries(st.sampled_from(("a", "none", "bridge", "/x", "")), item, max_size=2)
