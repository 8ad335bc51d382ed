"""What becomes of the config and the layers of a build at its end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.build.finishing import Finish, moment_of, with_moment
from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import Cancelled, InvalidParameter
from jupyter_containers.oci.image_config import History, ImageConfig
from jupyter_containers.oci.platform import Platform
from tests.support.tiny_image import layer

NEW = "2024-01-01T00:00:00.123456Z"
LAYERS = [layer({"base": b"1"}), layer({"made": b"2"})]


def filesystem(content: DirectoryStore) -> Filesystem:
    for each in LAYERS:
        content.write(each.content)
    return Filesystem.of(tuple(Layer(each.descriptor, each.diff_id) for each in LAYERS))


def config() -> ImageConfig:
    return ImageConfig(
        Platform("linux", "amd64"), tuple(each.diff_id for each in LAYERS), history=(History("1970-01-01T00:00:01Z"),
        History(NEW)), created=NEW,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "99999999999999", "\u0661"])
def test_a_moment_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid SOURCE_DATE_EPOCH"):
        moment_of({"SOURCE_DATE_EPOCH": text})


def test_without_a_value_there_is_no_moment() -> None:
    assert [moment_of({}), moment_of({"SOURCE_DATE_EPOCH": None}), moment_of({"SOURCE_DATE_EPOCH": ""})] == [None] * 3
    assert moment_of({"SOURCE_DATE_EPOCH": "7"}) == 7


def test_config_and_history_have_no_later_time() -> None:
    found = with_moment(config(), 1_000_000_000)
    assert found.created == "2001-09-09T01:46:40Z"
    assert [entry.created for entry in found.history] == ["1970-01-01T00:00:01Z", "2001-09-09T01:46:40Z"]


@pytest.mark.parametrize("rewrites", [True, False])
def test_layers_that_were_built_are_rewritten_and_those_of_the_base_are_not(tmp_path: Path, rewrites: bool) -> None:
    content = DirectoryStore(tmp_path)
    finish = Finish(0, rewrites)
    image = finish.image(content, config(), filesystem(content), 1, threading.Event())
    assert image.manifest.layers[0] == LAYERS[0].descriptor
    # The second layer has mtime 0 already, but its blob is a gzip, which is written again as a tar.
    assert (image.manifest.layers[1] == LAYERS[1].descriptor) is not rewrites
    assert image.config.diff_ids[0] == LAYERS[0].diff_id
    assert content.contains(image.manifest.layers[1].digest)


def test_annotations_are_in_the_manifest(tmp_path: Path) -> None:
    content = DirectoryStore(tmp_path)
    finish = Finish(annotations={"b": "2", "a": "1"})
    assert finish.changes_anything
    assert not Finish().changes_anything
    image = finish.image(content, config(), filesystem(content), 2, threading.Event())
    assert b'"annotations":{"a":"1","b":"2"}' in content.read(image.descriptor.digest)


def test_a_cancelled_build_stops(tmp_path: Path) -> None:
    content, stop = DirectoryStore(tmp_path), threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        Finish(0).image(content, config(), filesystem(content), 0, stop)
