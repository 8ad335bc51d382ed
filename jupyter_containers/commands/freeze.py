"""freeze: what a session or a notebook uses, as a Dockerfile; built, and tried, if that is asked for."""

from __future__ import annotations

import json
import os
import platform
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.client.runs import Luggage
from jupyter_containers.commands import build
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.commands.carrying import FOLDER
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.freeze_result import FreezeResult
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.run import attend
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError
from jupyter_containers.freezing import comparison, dockerfile, imports, notebooks, packages
from jupyter_containers.freezing.notebooks import Cell
from jupyter_containers.variables import parcel

_INSIDE = Path(packages.__file__).with_name("inside.py")


def freeze(session: Session, options: Namespace) -> FreezeResult:
    if options.check and not options.notebook:
        raise UsageError("freeze: --check compares with saved outputs; name the file with --notebook")
    cells = notebooks.read(session.folder / options.notebook) if options.notebook else None
    base = getattr(options, "from")
    files = [_relative(session.folder, name) for name in (*getattr(options, "with"), *filter(None, [options.notebook]))]
    found = packages.find(imports.foreign(_modules(session, cells)), copied=files)
    text = dockerfile.write(
        base=base, python=sys.executable, version=platform.python_version(), packages=found.packages, files=files,
        left_out=found.left_out,
    )  # fmt: skip
    result = FreezeResult(text, found.packages, found.left_out)
    if options.tag or options.check:
        result.image = _build(session, text, options.tag)
    if options.check:
        _check(session, result, cells or [], base=base, network=options.network or "none")
    return result


def _modules(session: Session, cells: list[Cell] | None) -> set[str]:
    """Return the names of the modules that a notebook imports, or else the session."""
    if cells is not None:
        return set().union(*(imports.of_source(cell.source) for cell in cells if not cell.is_ours))
    if not session.namespace:
        raise UsageError("freeze: a shell has no session; name a notebook with --notebook FILE")
    history = session.namespace.get("In", ())
    sources = [source for source in history if isinstance(source, str)]
    return set().union(imports.of_namespace(session.namespace), *map(imports.of_source, sources))


def _relative(folder: Path, name: str) -> str:
    """Return a file's name in the folder, with / behind that of a folder. Raises UsageError for one outside."""
    place = folder / Path(name).expanduser()
    relative = os.path.relpath(place, folder)
    if relative == "." or relative.startswith(".."):
        raise UsageError(f"freeze: {name} is not in {folder}, and only what is there can be copied; put it there")
    if not place.exists():
        raise UsageError(f"freeze: there is no {name} in {folder}")
    return f"{relative}/" if place.is_dir() else relative


def _build(session: Session, text: str, tag: str) -> str:
    """Build the image; return its name or id."""
    words = ["-t", tag] if tag else []
    before, session.body = session.body, text
    try:
        built = build.build(session, parse(build.BUILD, words, surface=session.surface, prog="build"))
    finally:
        session.body = before
    assert isinstance(built, BuildResult)
    return tag or built.image_id


def _check(session: Session, result: FreezeResult, cells: list[Cell], *, base: str, network: str) -> None:
    """Run the cells in the image, and write down how they compare. Raises ContainersError when that cannot be done."""
    client, files = session.client, dict[str, bytes]()
    extras = {"check.py": _INSIDE.read_bytes(), "cells.json": json.dumps([cell.source for cell in cells]).encode()}
    content = parcel.tar("", [], extras)

    def unpack(container: str) -> None:
        files.update(parcel.read(client.archives.get(container, f"{FOLDER}/out")))

    settings = RunSettings(
        result.image,
        (sys.executable if base == dockerfile.HOST else "python3", f"{FOLDER}/check.py"),
        ("",),
        environment=(f"VARIABLES={FOLDER}",),
        volumes=(FOLDER,),
        network=network,
        init=True,
        auto_remove=True,
    )
    run = RunResult(result.image, ("check",), where=f"{len(cells)} cells of the notebook, in {result.image}")
    luggage = Luggage(lambda container: client.archives.put(container, FOLDER, content), unpack)
    attend(session, run, lambda output: client.runs.run(settings, output, luggage=luggage))
    report = _report(files.get("report.json", b""))
    if not run or report is None:
        last = run.stderr.rstrip().rpartition("\n")[2][:200]
        raise ContainersError(f"the cells could not be run in {result.image}: {last or run.state()}")
    result.how, result.python = str(report.get("how")), str(report.get("python"))[:20]
    told = [cell for cell in report["cells"] if isinstance(cell, Mapping)]
    result.checks = comparison.compare(cells, told, is_full=result.how == "nbclient")


def _report(content: bytes) -> dict[str, Any] | None:
    """Read what the container has written, which may be anything."""
    try:
        report = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return report if isinstance(report, dict) and isinstance(report.get("cells"), list) else None


FREEZE = Command(
    "freeze",
    "write a Dockerfile of what this session or a notebook uses, build it, try it",
    freeze,
    (
        Argument(("--notebook",), "what this file's cells import, and not the session", metavar="FILE", default=""),
        Argument(
            ("--from",), "the image to begin with (default host, this machine's own system)", metavar="IMAGE",
            default=dockerfile.HOST, completes=Completes.IMAGE,
        ),
        Argument(("--with",), "copy this file or folder of the notebook's folder as well", Takes.EACH, "FILE"),
        Argument(("-t", "--tag"), "build it, and call the image so", metavar="NAME", default=""),
        Argument(
            ("--check",), "build it, run the notebook in it, and compare with the outputs in the file", Takes.NOTHING
        ),
        Argument(
            ("--network", "--net"), "the network of the check (default none)", metavar="NETWORK", default="",
            completes=Completes.NETWORK,
        ),
    ),
    details=(
        "Packages are those that are imported, with all that they need, in the versions that are installed here. With\n"
        "host as the base they are there already, and the image stays on this machine; with --from, such as\n"
        "python:3.12-slim, pip installs them. What cannot be frozen is told, with what to do: modules of your own\n"
        "(--with), packages that were installed from a folder. The check runs the cells by nbclient if the image has\n"
        "it, else as a script. The result has .dockerfile, .packages, .left_out, .checks, and is true if all is well."
    ),
)  # fmt: skip
