"""What is never sent to a daemon that is not ours; the rest is in integration/client/test_images.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client import connect
from jupyter_containers.errors import Unsupported
from tests.support.canned_server import canned_server


def test_another_daemon_is_not_asked_for_a_bootstrap(tmp_path: Path) -> None:
    with canned_server(tmp_path) as server, connect(f"unix://{tmp_path}/s") as client:
        with pytest.raises(Unsupported, match=r"a bootstrap of debian:12: the daemon at unix://.* is not ours"):
            client.images.bootstrap("debian:12")
        assert server.requests == []
