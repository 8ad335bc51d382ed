"""Builds: steps that run, steps that are found in the cache, files that are copied."""

from __future__ import annotations

import io
import itertools
import os
import tarfile
from collections.abc import Callable, Iterator
from functools import cache, partial

from tests.performance import daemons
from tests.performance.daemons import Side, Timed

STEPS = 10
SMALL_FILES, SMALL_BYTES = 5000, 1000
LARGE_MEGABYTES = 200
COPY = f"FROM {daemons.IMAGE}\nCOPY . /copied\n"
# Two rounds never build the same: what was built before would be found in the cache.
_stamps = itertools.count()


def timed_at(share: float) -> tuple[Timed, ...]:
    """Return what to measure, with so large a part of the files and megabytes."""
    files, megabytes = int(SMALL_FILES * share), int(LARGE_MEGABYTES * share)
    return (
        (f"build of {STEPS} RUN steps", run_steps),
        (f"build of {STEPS} RUN steps, all in the cache", run_cached_steps),
        (f"build with COPY of {files} files of 1 kB", partial(copy_small_files, count=files)),
        (f"build with COPY of {files} files of 1 kB, in the cache", partial(copy_cached_files, count=files)),
        (f"build with COPY of {megabytes} MB", partial(copy_large_files, megabytes=megabytes)),
    )


def run_steps(side: Side) -> Callable[[], None]:
    return lambda: build(side, context(steps(next(_stamps))))


def run_cached_steps(side: Side) -> Callable[[], None]:
    content = context(steps(next(_stamps)))
    return lambda: build(side, content)


def copy_small_files(side: Side, *, count: int) -> Callable[[], None]:
    return lambda: build(side, context(COPY, small_files(count), next(_stamps)))


def copy_large_files(side: Side, *, megabytes: int) -> Callable[[], None]:
    return lambda: build(side, context(COPY, large_files(megabytes), next(_stamps)))


def copy_cached_files(side: Side, *, count: int) -> Callable[[], None]:
    content = context(COPY, small_files(count), next(_stamps))
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
def small_files(count: int) -> bytes:
    return _tar((f"folder{number // 100}/file{number}", os.urandom(SMALL_BYTES)) for number in range(count))


@cache
def large_files(megabytes: int) -> bytes:
    piece = os.urandom(1_000_000)
    return _tar((f"large{number}", piece * (megabytes // 4)) for number in range(4))


def _tar(files: Iterator[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        end = tar.offset
    return buffer.getvalue()[:end]
