"""Blobs: each must be what its name says. And the writes that were begun: each must be one that can be continued."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from jupyter_containers.content.store import is_resumable
from jupyter_containers.daemon.storage.finding import Finding
from jupyter_containers.daemon.storage.store import Store
from jupyter_containers.linux import trees
from jupyter_containers.oci.digest import HEX_LENGTH


def check(store: Store) -> Iterator[Finding]:
    """Yield blobs whose bytes have another digest, and what is no blob. Reads every blob."""
    for algorithm, length in HEX_LENGTH.items():
        for path in sorted(_children(store.data / "content" / "blobs" / algorithm)):
            problem = _problem(path, algorithm, length)
            if problem:
                store.doomed.add(f"{algorithm}:{path.name}")
                yield Finding(
                    "blob", f"{algorithm}:{path.name}", problem, "remove it, so that the next pull or build brings it",
                    partial(trees.remove_path, path),
                )  # fmt: skip


def _problem(path: Path, algorithm: str, length: int) -> str:
    if len(path.name) != length or set(path.name) - set("0123456789abcdef"):
        return f"no digest is called so: {path}"
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        return "is no regular file"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    return "" if found == path.name else f"its {status.st_size} bytes have the digest {algorithm}:{found}"


def check_unfinished(store: Store) -> Iterator[Finding]:
    """Yield what is left of writes that nobody can continue, and of work that is over."""
    for path in sorted(_children(store.data / "content" / "ingest")):
        if is_resumable(path.name) and path.is_file():
            continue
        yield _leftover("unfinished write", path, "nothing can continue it")
    for path in sorted(_children(store.data / "tmp")):
        yield _leftover("temporary file", path, "the work that it was for is over")


def _leftover(what: str, path: Path, problem: str) -> Finding:
    return Finding(what, str(path), problem, "remove it", lambda: trees.remove_path(path))


def _children(folder: Path) -> list[Path]:
    return [folder / name for name in os.listdir(folder)] if folder.is_dir() else []
