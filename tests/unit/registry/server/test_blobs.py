"""A blob that goes while it is asked for; what is on the wire is in tests/integration."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import blobs
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.targets import Kind, Target


def test_a_blob_that_is_collected_this_moment_is_not_there(tmp_path: Path) -> None:
    site: Any = SimpleNamespace(storage=SimpleNamespace(blob=lambda _name, _digest: tmp_path / "gone"))
    request: Any = SimpleNamespace(headers={})
    target = Target(Kind.BLOB, "app", str(Digest.of(b"")))
    with pytest.raises(Refusal, match=r"no blob sha256:.* in this repository"):
        asyncio.run(blobs.get(site, request, target))
