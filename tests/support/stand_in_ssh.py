"""A program called ssh, first on the PATH, that runs a script of ours instead of reaching another machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def stand_in_ssh(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put it on the PATH. In the script `$*` is the command for the other side."""
    program = folder / "ssh"
    program.write_text(f'#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift 2\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
