"""Tests of client.host_images; what the image shows is seen in tests/integration/magics/test_sandboxes.py."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.host_images import HostImage, HostImages
from jupyter_containers.errors import NotFound, Unsupported


class Transport:
    """Answers with what it was given."""

    address = "unix:///x"

    def __init__(self, answer: dict[str, Any] | NotFound) -> None:
        self.answer = answer
        self.asked: list[Any] = []

    def request(self, *words: Any, **options: Any) -> Any:
        self.asked.append((*words, options))
        if isinstance(self.answer, NotFound):
            raise self.answer
        return SimpleNamespace(json=lambda: self.answer)


def test_an_image_is_asked_for_and_what_it_lacks_is_told() -> None:
    transport: Any = Transport({"Id": "sha256:1", "Name": "host:1", "Unseen": ["/home/a"], "Secrets": ["*.key"]})
    made = HostImages(transport).make(folders=[Path("/home/a")], prefixes=[Path("/opt/p")])
    assert made == HostImage("sha256:1", "host:1", (Path("/home/a"),), ("*.key",))
    assert transport.asked == [("POST", "/images/host", {"json": {"Folders": ["/home/a"], "Prefixes": ["/opt/p"]}})]


def test_another_daemon_says_that_it_has_none() -> None:
    transport: Any = Transport(NotFound("page not found"))
    with pytest.raises(Unsupported, match="use default goes to our own"):
        HostImages(transport).make(folders=[])
