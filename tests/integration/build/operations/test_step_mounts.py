"""RUN --mount through whole builds, on real mounts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from jupyter_containers.build.failures import CopyFailed, StepFailed
from jupyter_containers.build.operations.caches import PREFIX
from jupyter_containers.build.progress import Event
from jupyter_containers.errors import NotFound
from tests.support.build_site import BuildSite, output_of, told

pytestmark = pytest.mark.needs("root", "overlay")


def mount_points(site: BuildSite) -> list[str]:
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(site.folder) in line]


def left(site: BuildSite) -> list[str]:
    return [key for key in site.unfinished() if not key.startswith(PREFIX)]


def test_a_bind_shows_the_context_without_what_is_ignored_and_keeps_nothing(site: BuildSite) -> None:
    events: list[Event] = []
    image = site.build(
        "FROM busybox\nRUN --mount=target=/in cd /in && ls -A && cat dir/a && touch new 2>&1 | grep -o Read-only\n",
        {"dir/a": "text\n", "secret": "x", ".dockerignore": "secret\n"},
        events,
    )
    assert output_of(events) == ".dockerignore\ndir\ntext\nRead-only\n"
    assert len(image.manifest.layers) == 1, "the mount point is no change"
    assert (left(site), mount_points(site)) == ([], [])


def test_a_bind_counts_by_the_content_of_its_part(site: BuildSite) -> None:
    text = "FROM busybox\nRUN --mount=source=a,target=/x cat /x\n"
    site.build(text, {"a": "1", "b": "1"})
    events: list[Event] = []
    site.build(text, {"a": "1", "b": "2"}, events)
    assert told(events)[-1].endswith(" *")
    site.build(text, {"a": "2", "b": "2"}, events := [])
    assert output_of(events) == "2"


def test_a_bind_of_a_stage_shows_its_files_and_writes_are_dropped(site: BuildSite) -> None:
    events: list[Event] = []
    image = site.build(
        "FROM busybox AS one\nRUN mkdir -p /d && echo 1 > /d/f && ln -s /d /l\n"
        "FROM busybox\nRUN --mount=from=one,source=/l,target=/in,rw cat /in/f && echo 2 > /in/f && cat /in/f\n"
        "RUN --mount=from=one,source=d/f,target=/in cat /in\n",
        events=events,
    )
    assert output_of(events) == "1\n2\n1\n"
    assert len(image.manifest.layers) == 1
    assert (left(site), mount_points(site)) == ([], [])


def test_another_result_of_the_stage_is_another_step(site: BuildSite) -> None:
    text = "FROM busybox AS one\nCOPY a /a\nFROM busybox\nRUN --mount=from=one,source=a,target=/x cat /x\n"
    site.build(text, {"a": "1"})
    site.build(text, {"a": "2"}, events := [])
    assert output_of(events) == "2"


def test_a_cache_is_kept_from_build_to_build_and_outside_of_images(site: BuildSite) -> None:
    text = (
        "FROM busybox\nRUN --mount=type=cache,id=c,target=/c,uid=1000,mode=0711 "
        "echo x >> /c/f; cat /c/f; stat -c '%u %a' /c\n"
    )
    site.build(text, events=(first := []))
    image = site.build(text, events=(second := []), no_cache=True)
    assert output_of(first) == "x\n1000 711\n"
    assert output_of(second) == "x\nx\n1000 711\n"
    assert len(image.manifest.layers) == 1
    assert left(site) == []


def test_a_cache_begins_with_the_files_it_is_from(site: BuildSite) -> None:
    site.build(
        "FROM busybox\nRUN --mount=type=cache,from=busybox,source=/etc,target=/c echo x > /c/x; ls /c | grep -c .\n"
        "RUN --mount=type=cache,from=busybox,source=/etc,target=/c cat /c/x\n",
        events=(events := []),
    )
    assert output_of(events).endswith("x\n")


def test_a_tmpfs_has_its_size(site: BuildSite) -> None:
    site.build(
        "FROM busybox\nRUN --mount=type=tmpfs,target=/t,size=1m stat -f -c '%b %s' /t\n",
        events=(events := []),
    )
    assert output_of(events) == "256 4096\n"


def test_a_secret_is_a_private_file_or_a_variable_and_no_part_of_the_key(site: BuildSite) -> None:
    text = (
        "FROM busybox\nRUN --mount=type=secret,id=token --mount=type=secret,id=key,env=KEY "
        "cat /run/secrets/token; stat -c %a /run/secrets/token; echo $KEY\n"
    )
    before = set(os.listdir("/dev/shm")) | set(os.listdir(tempfile.gettempdir()))
    image = site.build(text, events=(events := []), secrets={"token": b"t0k3n\n", "key": b"k3y"})
    assert output_of(events) == "t0k3n\n400\nk3y\n"
    assert len(image.manifest.layers) == 1
    assert b"k3y" not in site.content.read(image.config_digest)
    after = set(os.listdir("/dev/shm")) | set(os.listdir(tempfile.gettempdir()))
    assert not {name for name in after - before if name.startswith("build-secret-")}
    site.build(text, events=(again := []), secrets={"token": b"other"})
    assert told(again)[-1].endswith(" *")


def test_a_secret_that_nobody_gave_is_left_out_unless_it_is_required(site: BuildSite) -> None:
    site.build("FROM busybox\nRUN --mount=type=secret,id=a test ! -e /run/secrets/a\n")
    with pytest.raises(NotFound, match="secret a: not found") as failure:
        site.build("FROM busybox\nRUN --mount=type=secret,id=a,required x\n")
    assert failure.value.details["line"] == 2
    assert left(site) == []


@pytest.mark.parametrize("mount", ["source=nothing", "from=busybox,source=/nothing", "from=scratch"])
def test_a_source_that_is_not_there_is_said(site: BuildSite, mount: str) -> None:
    with pytest.raises(CopyFailed, match="RUN --mount failed") as failure:
        site.build(f"FROM busybox\nRUN --mount={mount},target=/x true\n", {"a": ""})
    assert failure.value.details["line"] == 2
    assert (left(site), mount_points(site)) == ([], [])


def test_a_failed_step_leaves_no_mount(site: BuildSite) -> None:
    with pytest.raises(StepFailed):
        site.build("FROM busybox\nRUN --mount=from=busybox,target=/x,rw --mount=type=cache,target=/c false\n")
    assert (left(site), mount_points(site)) == ([], [])
