"""Tests of tools/xterm.py, with an npm that brings what it is told to."""

from __future__ import annotations

import io
import runpy
import tarfile
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / "tools/xterm.py"


def package(path: Path, *names: str) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())


@pytest.mark.parametrize(
    ("brings", "problem"),
    [
        (None, "@xterm/xterm 6.0.0 is not what npm has fetched: there is nothing"),
        ((), "@xterm/xterm 6.0.0 has no package/lib/xterm.mjs"),
        (("package/lib/xterm.mjs",), "has another package/lib/xterm.mjs than the one that is known"),
        (b"no tar", "@xterm/xterm 6.0.0 cannot be read: "),
    ],
)
def test_what_npm_brings_is_checked_and_a_sentence_says_what_is_wrong(
    brings: tuple[str, ...] | bytes | None, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = tmp_path / "ready.tgz"
    if isinstance(brings, tuple):
        package(ready, *brings)
    elif brings is not None:
        ready.write_bytes(brings)
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\ntest ! -e {ready} || cp {ready} "$4"/x.tgz\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert problem in runpy.run_path(str(TOOL))["fetch"](tmp_path / "root")
