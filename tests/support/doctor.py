"""The doctor of the store, as a person calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def examine(data: Path, *flags: str) -> dict[str, Any]:
    """Run `doctor --storage` on a data root and return its JSON; its exit code must say the same."""
    command = [sys.executable, "-m", "jupyter_containers", "doctor", "--storage", "--data-root", str(data)]
    done = subprocess.run([*command, "--format", "json", *flags], capture_output=True, check=False)
    assert done.stdout, done.stderr.decode()
    body: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if body.get("sound") else 1), done.stderr.decode()
    return body


def is_sound(data: Path) -> None:
    body = examine(data)
    assert body.get("findings") == [], body
