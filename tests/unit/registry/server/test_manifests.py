"""What a manifest costs of a quota; what is on the wire is in tests/integration."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from multidict import MultiDict

from jupyter_containers.registry.server import manifests
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.site import Site, open_site
from jupyter_containers.registry.server.targets import Kind, Target
from tests.support.tiny_image import image

ONE = image()


class Body:
    def __init__(self, content: bytes) -> None:
        self._chunks = [content]

    async def readany(self) -> bytes:
        return self._chunks.pop() if self._chunks else b""


def put(site: Site, tag: str) -> int:
    request: Any = SimpleNamespace(
        headers={"Content-Type": ONE.descriptor.media_type}, query=MultiDict[str](), content=Body(ONE.manifest),
        content_length=len(ONE.manifest),
    )  # fmt: skip
    return asyncio.run(manifests.put(site, request, Target(Kind.MANIFEST, "app", tag))).status


def test_only_a_manifest_that_is_new_and_kept_takes_of_the_quota(tmp_path: Path) -> None:
    site, storage = open_site(tmp_path, quota_bytes=len(ONE.config) + len(ONE.manifest))
    for _ in range(5):
        with pytest.raises(Refusal, match="which is not in app"):
            put(site, "refused")
    storage.content.write(ONE.config)
    storage.link_blob("app", ONE.image_id)
    assert [put(site, str(number)) for number in range(5)] == [201] * 5
    assert storage.tags("app") == ["0", "1", "2", "3", "4"]
    storage.content.write(b"no room for more")
    with pytest.raises(Refusal, match="bytes at most"):
        site.take(1)
