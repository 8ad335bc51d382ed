"""The registry is killed in the midst of pushes: what it has acknowledged is there, what it shows is whole."""

from __future__ import annotations

import http.client
import signal
import threading

import pytest

from jupyter_containers.oci.digest import Digest
from tests.support import tiny_image
from tests.support.own_registry import OwnRegistry


class Pushes:
    """Pushes image after image until the registry is gone. `tags` are those that it has said to have."""

    def __init__(self, registry: OwnRegistry, round_: int, wanted: int) -> None:
        self.tags: dict[str, tiny_image.TinyImage] = {}
        self.enough = threading.Event()
        self._registry = registry
        self._round = round_
        self._wanted = wanted

    def run(self) -> None:
        for number in range(10_000):
            tag = f"{self._round}-{number}"
            image = tiny_image.image(tiny_image.layer({tag: tag.encode() * 50_000}, compression="none"))
            try:
                self._registry.push_image("team/app", tag, image)
            except (OSError, http.client.HTTPException):
                return
            self.tags[tag] = image
            if len(self.tags) >= self._wanted:
                self.enough.set()


def check_whole(registry: OwnRegistry, tag: str, image: tiny_image.TinyImage) -> None:
    assert registry.request("GET", f"/v2/team/app/manifests/{tag}").content == image.manifest
    for digest in image.blobs:
        content = registry.request("GET", f"/v2/team/app/blobs/{digest}").content
        assert Digest.of(content) == digest


@pytest.mark.timeout(180)
def test_a_killed_registry_keeps_what_it_acknowledged(registry: OwnRegistry) -> None:
    known: dict[str, tiny_image.TinyImage] = {}
    for round_ in range(6):
        pushes = Pushes(registry, round_, wanted=1 + round_)
        thread = threading.Thread(target=pushes.run)
        thread.start()
        assert pushes.enough.wait(60)
        assert registry.stop(signal.SIGKILL) == -signal.SIGKILL
        thread.join()
        known |= pushes.tags
        registry.start()
        shown = set(registry.request("GET", "/v2/team/app/tags/list").json["tags"])
        assert set(known) <= shown
        # At most one more each time: the one whose answer the kill swallowed.
        assert len(shown) <= len(known) + round_ + 1
    for tag, image in known.items():
        check_whole(registry, tag, image)
    assert list((registry.root / "new").iterdir()) == []
