from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_containers.build.progress import Event, GraphPlanned, Node, NodeChanged, StepDone, StepStarted, Warned
from jupyter_containers.engine.build_outputs import Output
from jupyter_containers.engine.build_platforms import Counting, check_outputs, parse_platforms, write_index
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import image, layer

AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64", "v8")


def test_platforms_are_a_list() -> None:
    assert parse_platforms("linux/amd64,linux/arm64") == (AMD, ARM)
    assert parse_platforms("") == ()
    with pytest.raises(InvalidParameter, match="named twice"):
        parse_platforms("linux/amd64, linux/amd64")


def test_several_need_an_output_that_can_have_an_index() -> None:
    name = Reference.parse("several:1")
    check_outputs((AMD,), (Output("tar"),), ())
    check_outputs((AMD, ARM), (Output("oci"),), ())
    check_outputs((AMD, ARM), (), (name,))
    check_outputs((AMD, ARM), (Output("oci"), Output("image", pushes=True)), (name,))
    for kind in ("tar", "docker", "local"):
        with pytest.raises(Unsupported, match=r"several platforms \(linux/amd64,linux/arm64/v8\) has outputs of types"):
            check_outputs((AMD, ARM), (Output("oci"), Output(kind)), (name,))
    for outputs in ((), (Output("image"),)):
        with pytest.raises(InvalidParameter, match="needs a name"):
            check_outputs((AMD, ARM), outputs, ())


def test_steps_are_counted_on() -> None:
    heard: list[Event] = []
    counting = Counting(ARM, 3, heard.append)
    for event in (StepStarted(1, 2, "FROM x", 1, 1), StepDone(1, "", 0.0), Warned(1, "w")):
        counting(event)
    assert heard == [StepStarted(4, 5, "[linux/arm64/v8] FROM x", 1, 1), StepDone(4, "", 0.0), Warned(1, "w")]
    assert counting.total == 5


def test_graphs_of_platforms_lie_side_by_side() -> None:
    heard: list[object] = []
    counting = Counting(ARM, 3, heard.append)
    counting(GraphPlanned((Node(1, "FROM x", (1, 1), 0, "a"), Node(2, "COPY", (2, 2), 1, "", (1,)))))
    counting(NodeChanged(2, "running"))
    nodes = (
        Node(4, "FROM x", (1, 1), 3, "[linux/arm64/v8] a"), Node(5, "COPY", (2, 2), 4, "[linux/arm64/v8]", (4,)),
    )  # fmt: skip
    assert heard == [GraphPlanned(nodes), NodeChanged(5, "running")]


def test_an_index_leads_to_all_images_and_has_their_names(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        one, two = [await rooms.load({name: image(layer({name: b"1"}))}) for name in ("one", "two")]
        layout = write_index([one, two], [Reference.parse("a:b").with_default_tag()], rooms.content)
        [entry] = layout.manifests
        assert entry.annotations["io.containerd.image.name"] == "docker.io/library/a:b"
        index = json.loads(rooms.content.read(entry.digest))
        assert [manifest["digest"] for manifest in index["manifests"]] == [
            str(one.descriptor.digest), str(two.descriptor.digest),
        ]  # fmt: skip
        assert [manifest["platform"]["architecture"] for manifest in index["manifests"]] == ["amd64"] * 2
        assert layout.blobs == {entry.digest} | one.blobs | two.blobs

    with_rooms(tmp_path, use)
