"""Tests of client.builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.build_reader import BuildEvent, ImageBuilt, StepCached, StepOutput
from jupyter_containers.client.builds import BuildFailed, BuildSettings
from jupyter_containers.client.context import gather


def build(client: Client, dockerfile: str, folder: Path, *tags: str, **options: object) -> list[BuildEvent]:
    events: list[BuildEvent] = []
    settings = BuildSettings(tags=tags, **options)  # type: ignore[arg-type]
    client.builds.build(gather(dockerfile, folder), settings, events.append)
    return events


def test_an_image_is_built_from_a_text_and_a_folder(client: Client, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content\n")
    dockerfile = "FROM busybox\nARG WHO\nCOPY file /file\nRUN echo hello $WHO; cat /file\n"
    events = build(client, dockerfile, tmp_path, "built", build_args={"WHO": "you"})
    output = "".join(event.text for event in events if isinstance(event, StepOutput))
    assert output == "hello you\ncontent\n"
    assert events[-1] == ImageBuilt(client.images.inspect("built")["Id"])


def test_the_second_time_all_is_cached(client: Client, tmp_path: Path) -> None:
    dockerfile = "FROM busybox\nRUN echo once > /once\nRUN echo twice > /twice\n"
    build(client, dockerfile, tmp_path)
    events = build(client, dockerfile, tmp_path)
    assert [event.number for event in events if isinstance(event, StepCached)] == [2, 3]
    assert not [event for event in build(client, dockerfile, tmp_path, no_cache=True) if isinstance(event, StepCached)]


@pytest.mark.parametrize(
    ("dockerfile", "message", "lines"),
    [
        ("FROM busybox\nRUN true\nRUN exit 3\n", "non-zero code: 3", (3, 3)),
        ("FROM busybox\nRUN false && \\\n  true\n", "non-zero code: 1", (2, 3)),
        ("FROM busybox\nRUNN true\n", "unknown instruction: RUNN", (2, 2)),
        ("FROM busybox\n\nCOPY nothing /\n", "nothing", (3, 3)),
    ],
)
def test_a_failure_names_its_lines(
    client: Client, tmp_path: Path, dockerfile: str, message: str, lines: tuple[int, int]
) -> None:
    with pytest.raises(BuildFailed, match=message) as raised:
        build(client, dockerfile, tmp_path)
    assert (raised.value.details["line"], raised.value.details["end_line"]) == lines


def test_leaving_a_build_ends_it(client: Client, tmp_path: Path) -> None:
    def leave(event: BuildEvent) -> None:
        if isinstance(event, StepOutput):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.builds.build(gather("FROM busybox\nRUN echo begun; sleep 100\n", tmp_path), BuildSettings(), leave)
