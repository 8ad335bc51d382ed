"""/images/NAME/layers: what is in each layer, and a file of one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_containers.client.layer_listings import look
from jupyter_containers.client.saved_layers import read_image
from jupyter_containers.commands.image_diff import ImageDiff
from jupyter_containers.commands.layers import ImageLayers
from jupyter_containers.errors import NotFound
from jupyter_containers.verbs import connect
from tests.support.api_client import IMAGE, Api
from tests.support.daemon import Daemon

MAKES = """RUN mkdir /made && printf one > /made/a && printf two > "/made/$(printf '<img src=x>\\nline')" \\
    && ln -s a /made/l
RUN printf 2 > /made/a && rm /made/l
"""


def listed(api: Api, name: str, query: str = "") -> list[Any]:
    answer = api.get(f"/images/{name}/layers{query}")
    assert answer.status == 200, answer.content
    return [json.loads(line) for line in answer.content.splitlines()]


@pytest.fixture
def app(daemon: Daemon) -> str:
    with connect(daemon.host) as containers:
        containers.build(body=f"FROM {IMAGE}\n{MAKES}", tag="layered:1")
    return "layered:1"


def test_each_layer_is_listed(api: Api, app: str) -> None:
    first, *rest = listed(api, app)
    places = [place for place, line in enumerate(rest) if "Layer" in line]
    assert first["Layers"] == len(places) == 3
    lower = {line["Path"]: line for line in rest[places[1] : places[2]] if "Path" in line}
    assert {"made", "made/a", "made/<img src=x>\nline", "made/l"} <= lower.keys()
    assert (lower["made/l"]["Kind"], lower["made/l"]["Target"], lower["made/a"]["Size"]) == ("link", "a", 3)
    assert {"Removed": "made/l"} in rest[places[2] :]
    assert rest[-1] == {"Read": first["Bytes"]}
    assert not any("Digest" in line for line in rest if "Path" in line)
    assert all("Digest" in line for line in listed(api, app, "?digests=1") if line.get("Kind") == "file")


def test_a_file_of_a_layer(api: Api, app: str) -> None:
    for number, limit, content in ((1, "", b"one"), (2, "", b"2"), (1, "&limit=2", b"on")):
        assert api.get(f"/images/{app}/layers/{number}/file?path=made/a{limit}").content == content
    assert api.get(f"/images/{app}/layers/1/file?path=made/%3Cimg%20src%3Dx%3E%0Aline").content == b"two"
    for path, status in (
        ("1/file?path=nothing", 404), ("9/file?path=made/a", 404), ("1/file", 400), ("1/file?path=a&limit=0", 400),
        ("1/file?path=../../etc/passwd", 400),
    ):  # fmt: skip
        assert api.get(f"/images/{app}/layers/{path}").status == status, path
    assert api.get("/images/nothing/layers").status == 404


def test_an_image_on_host_is_explored_and_compared(daemon: Daemon) -> None:
    with connect(daemon.host) as containers:
        containers.build(body="FROM host\nRUN echo one > /opt/made\n", tag="onhost:1")
        containers.build(body="FROM host\nRUN echo other > /opt/made\n", tag="onhost:2")
        layers = containers.layers("onhost:1")
        assert isinstance(layers, ImageLayers)
        assert "layer 1 is this machine's own root, which is not listed" in layers.summary()
        assert layers.file("/opt/made") == b"one\n"
        with pytest.raises(NotFound, match="layer 1 is this machine's own root"):
            layers.file("/etc/passwd")
        found = containers.diff("onhost:1", "onhost:2")
        assert isinstance(found, ImageDiff)
        assert [(one.letter, one.path, one.what) for one in found.files if one.kind == "file"] == [
            ("C", "opt/made", "content")
        ]
        assert "layer 1 of onhost:1 is this machine's own root" in found.text()


def test_a_name_that_goes_to_another_image_does_not_matter(daemon: Daemon, app: str) -> None:
    with connect(daemon.host) as containers:
        layers = containers.layers(app)
        assert isinstance(layers, ImageLayers)
        containers.client.images.tag(app, "layered:kept")
        containers.build(body=f"FROM {IMAGE}\nRUN mkdir /made && echo new > /made/a && true\n", tag=app)
        assert layers.file("/made/a") == b"2"


def test_a_list_and_a_saved_image_tell_the_same(daemon: Daemon, app: str) -> None:
    with connect(daemon.host) as containers:
        images = containers.client.images
        one, other = look(images, app, lambda *_: None, digests=True), read_image(images.save([app]))
        assert (one.is_listed, other.is_listed) == (True, False)
        assert [layer.entries for layer in one.layers] == [layer.entries for layer in other.layers]
        assert [layer.removed for layer in one.layers] == [layer.removed for layer in other.layers]
        assert one.config == other.config
