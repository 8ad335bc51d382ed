"""What is never sent to a daemon that is not ours; the rest is in integration/client/test_builds.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client import connect
from jupyter_containers.client.build_outputs import Output
from jupyter_containers.client.builds import BuildSettings
from jupyter_containers.client.context import gather
from jupyter_containers.errors import Unsupported
from tests.support.canned_server import canned_server


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (BuildSettings(secrets={"a": b"s3cr3t"}), "a secret in a build"),
        (BuildSettings(agents={"default": "/x"}), "an ssh agent in a build"),
        (BuildSettings(keys={"default": (Path("/x"),)}), "an ssh agent in a build"),
        (
            BuildSettings(contexts={"a": "docker-image://b"}, no_cache_filter=("x",)),
            "a named context and --no-cache-filter",
        ),
        (BuildSettings(outputs=(Output("image"), Output("local", destination="/x", is_folder=True))), "--output in a"),
        (BuildSettings(outputs=(Output("registry"),)), "--output in a build"),
    ],
)
def test_another_daemon_is_sent_nothing_that_it_does_not_know(
    tmp_path: Path, settings: BuildSettings, message: str
) -> None:  # fmt: skip
    with canned_server(tmp_path) as server, connect(f"unix://{tmp_path}/s") as client:
        with pytest.raises(Unsupported, match=message) as caught:
            client.builds.build(gather("FROM x\n", tmp_path), settings, lambda _event: None)
        with pytest.raises(Unsupported, match="a check in a build: the daemon at unix://"):
            client.builds.check(gather("FROM x\n", tmp_path), BuildSettings())
        assert server.requests == []
    assert "s3cr3t" not in str(caught.value)
