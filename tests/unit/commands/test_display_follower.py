"""Tests of commands.display_follower. With a container: tests/integration/magics/test_variables.py."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from typing import Any

from jupyter_containers.commands.display_follower import MOST_BYTES, DisplayFollower
from jupyter_containers.commands.run_result import Displayed
from jupyter_containers.errors import NotFound
from jupyter_containers.variables import parcel
from tests.support.eventually import eventually

PLACE = ("c", f"/v/out/{parcel.DISPLAY}")


def line(text: str) -> bytes:
    return json.dumps({"text/plain": text}).encode() + b"\n"


class Files:
    """A client of a daemon where one container has one file, or not yet. `fetched` counts."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.size: int | None = None
        self.looks = self.fetched = 0
        self.is_closed = False
        self.archives = self

    def look(self, *place: str) -> dict[str, Any]:
        assert place == PLACE
        self.looks += 1
        if self.content is None:
            raise NotFound("not there")
        return {"size": len(self.content) if self.size is None else self.size}

    def get(self, *place: str) -> Iterator[bytes]:
        assert place == PLACE
        self.fetched += 1
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as archive:
            entry = tarfile.TarInfo(parcel.DISPLAY)
            entry.size = len(self.content or b"")
            archive.addfile(entry, io.BytesIO(self.content or b""))
        yield file.getvalue()

    def close(self) -> None:
        self.is_closed = True


def follower(files: Files) -> tuple[DisplayFollower, list[list[str]]]:
    return DisplayFollower(lambda: files, "/v", interval_seconds=0.001), []  # type: ignore[arg-type, return-value]


def test_each_new_display_is_told_when_its_line_is_whole() -> None:
    files = Files()
    following, told = follower(files)

    def tell(event: object) -> None:
        assert isinstance(event, Displayed)
        told.append([display.text for display in event.displays])

    with following.telling(tell):
        following.watch("c")
        eventually(lambda: files.looks > 1)
        files.content = line("one") + line("two")[:5]
        eventually(lambda: told == [["one"]])
        files.content = line("one") + line("two")
        eventually(lambda: told == [["one"], ["one", "two"]])
        looks = files.looks
        eventually(lambda: files.looks > looks + 1)
    assert files.fetched == 2
    assert files.is_closed
    assert "jupyter-containers displays" not in [thread.name for thread in threading.enumerate()]


def test_what_is_too_large_is_left_for_the_end() -> None:
    files = Files()
    files.content, files.size = line("one"), MOST_BYTES + 1
    following, told = follower(files)
    with following.telling(told.append):  # type: ignore[arg-type]
        following.watch("c")
        eventually(lambda: files.looks > 1)
    assert (files.fetched, told) == (0, [])


def test_without_a_container_nobody_is_asked() -> None:
    files = Files()
    following, told = follower(files)
    with following.telling(told.append):  # type: ignore[arg-type]
        pass
    assert (files.looks, files.is_closed) == (0, False)
