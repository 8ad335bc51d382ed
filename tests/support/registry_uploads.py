"""The half of a test's registry that takes uploads: POST, PATCH, PUT, DELETE, mounts, manifests."""

from __future__ import annotations

import re
import secrets
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_containers.oci.digest import Digest

_START = re.compile(r"/v2/(.+)/blobs/uploads/")
_SESSION = re.compile(r"/v2/(.+)/blobs/uploads/([0-9a-f]+)")
_MANIFEST = re.compile(r"/v2/(.+)/manifests/([^/]+)")

Answer = tuple[int, Mapping[str, str]]


@dataclass(slots=True)
class Uploads:
    """Uploads that are open, by their ids. `host` is where they are said to go on, "" for here.

    `claims` is how much of an upload is said to be there, None for the truth; `answered` the ranges that were told.
    """

    open: dict[str, bytearray] = field(default_factory=dict)
    host: str = ""
    claims: int | None = None
    answered: list[str] = field(default_factory=list)

    def answer(
        self, registry: Any, line: tuple[str, str, str], body: bytes, headers: Mapping[str, str]
    ) -> Answer | None:
        """Return status and headers for `(method, path, query)`; None for what is no part of an upload."""
        method, path, query = line
        fields = dict(urllib.parse.parse_qsl(query))
        routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            ("POST", _START, self._begin), ("PATCH", _SESSION, self._patch), ("PUT", _SESSION, self._put),
            ("DELETE", _SESSION, self._delete), ("PUT", _MANIFEST, self._manifest), ("GET", _SESSION, self._status),
        ]  # fmt: skip
        for wanted, pattern, action in routes:
            match = pattern.fullmatch(path)
            if match is not None and method == wanted:
                return action(registry, *match.groups(), fields=fields, body=body, headers=headers)
        return None

    def _begin(self, registry: Any, name: str, *, fields: dict[str, str], **_: Any) -> Answer:
        source = registry.blob(fields.get("from", ""), fields.get("mount", ""))
        if source is not None:
            registry.add_blob(name, source)
            return 201, {"Location": f"/v2/{name}/blobs/{fields['mount']}"}
        session = secrets.token_hex(8)
        self.open[session] = bytearray()
        return 202, {"Location": f"{self.host}/v2/{name}/blobs/uploads/{session}?state=kept"}

    def take(self, path: str, body: bytes) -> None:
        """Keep the beginning of a body whose rest does not come."""
        match = _SESSION.fullmatch(path.partition("?")[0])
        if match is not None and match[2] in self.open:
            self.open[match[2]] += body

    def _status(self, registry: Any, name: str, session: str, **_: Any) -> Answer:
        if session not in self.open:
            return 404, {}
        count = len(self.open[session]) if self.claims is None else self.claims
        self.answered.append(f"0-{max(0, count - 1)}")
        return 204, {"Range": self.answered[-1], "Location": f"/v2/{name}/blobs/uploads/{session}?state=kept"}

    def _patch(
        self,
        registry: Any,
        name: str,
        session: str,
        *,
        fields: dict[str, str],
        body: bytes,
        headers: Mapping[str, str],
        **_: Any,
    ) -> Answer:
        if session not in self.open or fields.get("state") != "kept":
            return 404, {}
        span = headers.get("Content-Range")
        if span is not None and int(span.partition("-")[0]) != len(self.open[session]):
            return 416, {}
        self.open[session] += body
        return 202, {"Location": f"/v2/{name}/blobs/uploads/{session}?state=kept"}

    def _put(self, registry: Any, name: str, session: str, *, fields: dict[str, str], body: bytes, **_: Any) -> Answer:
        if session not in self.open or fields.get("state") != "kept":
            return 404, {}
        content = bytes(self.open.pop(session)) + body
        if str(Digest.of(content)) != fields.get("digest"):
            return 400, {}
        registry.add_blob(name, content)
        return 201, {}

    def _delete(self, registry: Any, name: str, session: str, **_: Any) -> Answer:
        return (204, {}) if self.open.pop(session, None) is not None else (404, {})

    def _manifest(
        self, registry: Any, name: str, key: str, *, body: bytes, headers: Mapping[str, str], **_: Any
    ) -> Answer:
        media_type = headers.get("Content-Type", "")
        digest = str(Digest.of(body))
        for reference in (key, digest):
            registry.add_manifest(name, reference, body, media_type)
        return 201, {"Docker-Content-Digest": digest}
