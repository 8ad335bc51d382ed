"""Compose files as projects, for tests of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jupyter_containers.compose.loading import FileText, load
from jupyter_containers.compose.model import Project, Service
from jupyter_containers.compose.reading import project_of

FOLDER = Path("/srv/shop")


def project(
    *texts: str, folder: Path = FOLDER, variables: Mapping[str, str] | None = None, profiles: Sequence[str] = (),
    wanted: Sequence[str] = (), name: str = "",
) -> Project:  # fmt: skip
    """Return what files say together."""
    files = [FileText(text, "the cell" if at == 0 else f"file {at + 1}") for at, text in enumerate(texts)]
    loaded = load(files, folder, variables or {}, project_name=name)
    return project_of(loaded, variables or {}, profiles=profiles, wanted=wanted)


def service(body: str, **options: object) -> Service:
    """Return the one service that a file has: its keys, each on a line of its own."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    return project(f"services:\n  web:\n{lines}\n", **options).services["web"]  # type: ignore[arg-type]
