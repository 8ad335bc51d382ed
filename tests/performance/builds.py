"""Builds: steps that run, steps that are found in the cache, files that are copied."""

from __future__ import annotations

import io
import itertools
import os
import tarfile
from collections.abc import Callable, Iterator
from functools import cache

from tests.performance import daemons
from tests.performance.daemons import Side

STEPS = 10
SMALL_FILES, SMALL_BYTES = 5000, 1000
LARGE_MEGABYTES = 200
COPY = f"FROM {daemons.IMAGE}\nCOPY . /copied\n"
# Two rounds never build the same: what was built before would be found in the cache.
_stamps = itertools.count()


def run_steps(side: Side) -> Callable[[], None]:
    return lambda: build(side, context(steps(next(_stamps))))


def run_cached_steps(side: Side) -> Callable[[], None]:
    content = context(steps(next(_stamps)))
    return lambda: build(side, content)


def copy_small_files(side: Side) -> Callable[[], None]:
    return lambda: build(side, context(COPY, small_files(), next(_stamps)))


def copy_large_files(side: Side) -> Callable[[], None]:
    return lambda: build(side, context(COPY, large_files(), next(_stamps)))


def copy_cached_files(side: Side) -> Callable[[], None]:
    content = context(COPY, small_files(), next(_stamps))
    return lambda: build(side, content)


def steps(stamp: int) -> str:
    lines = [f"RUN echo {stamp} > /step{number}" for number in range(STEPS)]
    return "\n".join([f"FROM {daemons.IMAGE}", *lines, ""])


def build(side: Side, content: bytes) -> None:
    answer = side.api.post("/build?rm=1&forcerm=1", content)
    assert b"Successfully built" in answer, answer[-500:]


def context(dockerfile: str, files: bytes = b"", stamp: int = 0) -> bytes:
    """Return the tar of a context; `files` is the tar of its files, without an end."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in (("Dockerfile", dockerfile), ("stamp", str(stamp))):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return files + buffer.getvalue()


@cache
def small_files() -> bytes:
    return _tar((f"folder{number // 100}/file{number}", os.urandom(SMALL_BYTES)) for number in range(SMALL_FILES))


@cache
def large_files() -> bytes:
    piece = os.urandom(1_000_000)
    return _tar((f"large{number}", piece * (LARGE_MEGABYTES // 4)) for number in range(4))


def _tar(files: Iterator[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        end = tar.offset
    return buffer.getvalue()[:end]


TIMED: tuple[tuple[str, Callable[[Side], Callable[[], None]]], ...] = (
    (f"build of {STEPS} RUN steps", run_steps),
    (f"build of {STEPS} RUN steps, all in the cache", run_cached_steps),
    (f"build with COPY of {SMALL_FILES} files of 1 kB", copy_small_files),
    (f"build with COPY of {SMALL_FILES} files of 1 kB, in the cache", copy_cached_files),
    (f"build with COPY of {LARGE_MEGABYTES} MB", copy_large_files),
)
