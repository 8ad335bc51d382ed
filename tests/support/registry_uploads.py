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
    """Uploads that are open, by their ids. `host` is where they are said to go on, "" for here."""

    open: dict[str, bytearray] = field(default_factory=dict)
    host: str = ""

    def answer(self, registry: Any, line: tuple[str, str, str], body: bytes, media_type: str) -> Answer | None:
        """Return status and headers for `(method, path, query)`; None for what is no part of an upload."""
        method, path, query = line
        fields = dict(urllib.parse.parse_qsl(query))
        routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            ("POST", _START, self._begin), ("PATCH", _SESSION, self._patch), ("PUT", _SESSION, self._put),
            ("DELETE", _SESSION, self._delete), ("PUT", _MANIFEST, self._manifest),
        ]  # fmt: skip
        for wanted, pattern, action in routes:
            match = pattern.fullmatch(path)
            if match is not None and method == wanted:
                return action(registry, *match.groups(), fields=fields, body=body, media_type=media_type)
        return None

    def _begin(self, registry: Any, name: str, *, fields: dict[str, str], **_: Any) -> Answer:
        source = registry.blob(fields.get("from", ""), fields.get("mount", ""))
        if source is not None:
            registry.add_blob(name, source)
            return 201, {"Location": f"/v2/{name}/blobs/{fields['mount']}"}
        session = secrets.token_hex(8)
        self.open[session] = bytearray()
        return 202, {"Location": f"{self.host}/v2/{name}/blobs/uploads/{session}?state=kept"}

    def _patch(
        self, registry: Any, name: str, session: str, *, fields: dict[str, str], body: bytes, **_: Any
    ) -> Answer:
        if session not in self.open or fields.get("state") != "kept":
            return 404, {}
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

    def _manifest(self, registry: Any, name: str, key: str, *, body: bytes, media_type: str, **_: Any) -> Answer:
        digest = str(Digest.of(body))
        for reference in (key, digest):
            registry.add_manifest(name, reference, body, media_type)
        return 201, {"Docker-Content-Digest": digest}
