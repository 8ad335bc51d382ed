"""The daemon is killed with SIGKILL while a step of a build runs: the next one removes what lay beside its root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.daemon import Daemon

DOCKERFILE = """FROM busybox
RUN --mount=target=/in --mount=type=secret,id=token <<end
#!/bin/sh
cat /run/secrets/token > /dev/null
echo has begun
sleep 600
end
"""


def test_mount_points_scripts_and_secrets_of_a_step(daemon: Daemon, tmp_path: Path) -> None:
    context, token, place = tmp_path / "context", tmp_path / "token", daemon.data / "tmp"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE)
    token.write_text("t0k3n")
    command = [sys.executable, "-m", "jupyter_containers", "build", "--secret", f"id=token,src={token}", str(context)]
    environment = {**os.environ, "DOCKER_HOST": daemon.host}
    with ended(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)) as build:
        read_until(build, b"has begun\n")
        kinds = sorted(path.name.rpartition("-")[0] for path in place.glob("build-*"))
        assert kinds == ["build-mount", "build-scripts", "build-secret"]
        (note,) = place.glob("build-secret-*")
        secret = note.readlink() / "secret"
        assert secret.read_text() == "t0k3n"
        daemon.kill()
        build.communicate()
    assert build.returncode
    daemon.start()
    assert not secret.parent.exists()
    assert not list(place.iterdir())


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[bytes], last: bytes) -> None:
    assert process.stdout is not None
    seen = [b""]
    while seen[-1] != last:
        seen.append(process.stdout.readline())
        assert seen[-1], seen
