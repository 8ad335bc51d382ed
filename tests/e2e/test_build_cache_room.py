"""What the build cache takes is told to the byte, and pruned by size, age, type and free space, with the docker CLI."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker, running_daemon
from tests.support.standing_daemon import load_image

CACHED = "FROM busybox\nRUN --mount=type=cache,target=/c head -c 300000 /dev/zero > /c/file\n"
STEPS = "FROM busybox\n" + "".join(f"RUN head -c {size} /dev/zero > /file-{size}\n" for size in (100_000, 200_000))


@pytest.fixture
def made(daemon: Daemon, docker: Docker) -> Iterator[Docker]:
    for text in (CACHED, STEPS):
        docker("build", "-q", "--network", "none", "-", stdin=text)
    docker("image", "prune", "-f")
    yield docker
    docker("builder", "prune", "-af")


def records(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/system/df", type="build-cache").json["BuildCache"]
    return found


def sizes(api: Api) -> dict[str, list[int]]:
    by_type: dict[str, list[int]] = {}
    for record in records(api):
        by_type.setdefault(record["Type"], []).append(record["Size"])
    return {kind: sorted(values) for kind, values in by_type.items()}


def used(daemon: Daemon) -> int:
    """The bytes of files in all snapshots, as du counts them."""
    done = subprocess.run(
        ["find", str(daemon.data / "snapshots"), "-type", "f", "-printf", "%s\n"], capture_output=True, check=True
    )
    return sum(map(int, done.stdout.split()))


def test_what_is_told_is_what_du_says(made: Docker, daemon: Daemon, api: Api) -> None:
    assert sizes(api)["exec.cachemount"] == [300_000]
    assert {100_000, 200_000} <= set(sizes(api)["regular"])
    before, told = used(daemon), sum(record["Size"] for record in records(api) if not record["Shared"])
    ids = sorted(record["ID"] for record in records(api))
    answer = api.post("/build/prune", all=1).json
    assert before - used(daemon) == told == answer["SpaceReclaimed"]
    assert sorted(answer["CachesDeleted"]) == ids
    assert records(api) == []
    assert "Build Cache" in made("system", "df").stdout


def test_prune_by_type_and_age(made: Docker, api: Api) -> None:
    made("builder", "prune", "-af", "--filter", "unused-for=1h")
    assert sizes(api)["exec.cachemount"] == [300_000]
    answer = api.post("/build/prune", all=1, filters={"type": ["exec.cachemount"]}).json
    assert answer["SpaceReclaimed"] == 300_000
    assert len(answer["CachesDeleted"]) == 1
    assert "exec.cachemount" not in sizes(api)
    assert 200_000 in sizes(api)["regular"]


def test_prune_keeps_what_fits(made: Docker, api: Api) -> None:
    made("builder", "prune", "-af", "--keep-storage", "350kb")
    # The one unused for longest has gone: the directory of the first build.
    assert sizes(api) == {"regular": [100_000, 200_000]}
    api.post("/build/prune", **{"all": 1, "min-free-space": 1})
    assert sizes(api) == {"regular": [100_000, 200_000]}
    api.post("/build/prune", **{"all": 1, "min-free-space": 1 << 60, "reserved-space": 250_000})
    assert sizes(api) == {"regular": [200_000]}
    api.post("/build/prune", **{"all": 1, "max-used-space": 10})
    assert records(api) == []


def test_a_directory_that_is_used_again_is_the_newest(made: Docker, api: Api) -> None:
    made("build", "-q", "--network", "none", "--no-cache", "-", stdin=CACHED)
    made("image", "prune", "-f")
    made("builder", "prune", "-af", "--keep-storage", "310kb")
    assert sizes(api).get("exec.cachemount") == [300_000], json.dumps(records(api))


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        ([], [200_000]),
        ([{"all": True}], [200_000]),
        # What an image has stays: taking it would free nothing.
        ([{"keepStorage": "1KB"}], [100_000, 200_000]),
    ],
)
def test_the_configuration_limits_what_builds_leave(tmp_path: Path, policy: list[object], left: list[int]) -> None:
    settings = tmp_path / "daemon.json"
    gc = {"enabled": True, "defaultKeepStorage": "250KB", "policy": policy}
    settings.write_text(json.dumps({"builder": {"gc": gc}}))
    with running_daemon(tmp_path / "limited", "--config-file", str(settings)) as daemon:
        api, docker = Api(str(daemon.socket)), Docker(daemon.host)
        load_image(api)
        docker("build", "-q", "--network", "none", "-", stdin=STEPS)
        assert sizes(api) == {"regular": left}
