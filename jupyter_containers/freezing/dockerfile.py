"""A Dockerfile that has what a session has: written to be read, and to be changed by hand."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from jupyter_containers.freezing.packages import LeftOut, Package

FOLDER = "/work"
HOST = "host"


def write(
    *,
    base: str,
    python: str,
    version: str,
    packages: Sequence[Package],
    files: Sequence[str],
    left_out: Sequence[LeftOut],
) -> str:
    """Return the Dockerfile. `python` is the interpreter of `host`, `version` the session's; files are relative."""
    lines = [f"# What a session of Python {version} uses; made by %container freeze."]
    lines += [f"# Not in here: {one.name}, as {one.reason}: {one.remedy}." for one in left_out]
    lines.append(f"FROM {base}")
    if base == HOST:
        lines += ["# host is this machine's own system: its packages are there already, and it stays on this machine."]
        lines += [f"#   {package}" for package in packages]
    wheels = [name for name in files if name.endswith(".whl")]
    lines.append(f"WORKDIR {FOLDER}")
    lines += _copies(files)
    if base != HOST and packages:
        lines.append("RUN python3 -m pip install --no-cache-dir \\")
        lines += [f"    {shlex.quote(str(package))} \\" for package in packages]
        lines[-1] = lines[-1].removesuffix(" \\")
    if wheels:
        program = shlex.quote(python) if base == HOST else "python3"
        lines.append(f"RUN {program} -m pip install --no-cache-dir --no-deps {' '.join(map(shlex.quote, wheels))}")
    lines.append(f"CMD {json.dumps([python if base == HOST else 'python3'])}")
    return "\n".join(map(_one_line, lines)) + "\n"


def _copies(files: Sequence[str]) -> list[str]:
    """Return the COPY lines: one for each folder, whose name it keeps."""
    by_folder: dict[str, list[str]] = {}
    for name in files:
        clean = os.path.normpath(name)
        if name.endswith("/"):
            by_folder.setdefault(f"{clean}/", []).append(clean)
        else:
            by_folder.setdefault(f"{PurePosixPath(clean).parent}/", []).append(clean)
    return [f"COPY {json.dumps([*names, folder])}" for folder, names in by_folder.items()]


def _one_line(text: str) -> str:
    # A name with a line end in it would begin an instruction.
    return text.replace("\n", "?").replace("\r", "?")
