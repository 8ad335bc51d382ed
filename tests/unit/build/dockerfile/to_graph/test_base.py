from __future__ import annotations

from jupyter_containers.build.dockerfile.lines import read
from jupyter_containers.build.dockerfile.stages import divide
from jupyter_containers.build.dockerfile.to_graph.base import external_images
from jupyter_containers.build.operations.definitions import ImageRoot
from tests.support.planning import planned


def test_images_to_resolve_are_those_of_needed_stages_that_are_no_stages() -> None:
    text = "FROM skipped\nFROM one AS a\nFROM scratch\nCOPY --from=a / /\nCOPY --from=two / /\nCOPY --from=1 / /\n"
    found = divide(read(text), {})
    wanted = external_images(found, found.needed(found.target("")))
    assert {name: line.start for name, line in wanted.items()} == {"one": 2, "two": 5}


def test_a_stage_on_a_stage_stands_on_its_last_vertex() -> None:
    found = planned("FROM busybox AS a\nRUN one\nFROM a\nRUN two\n")
    opening = found.steps[2]
    assert opening.vertex is found.steps[1].vertex
    assert opening.opens is not None
    assert opening.opens.parent == 0


def test_the_base_images_root_is_a_source() -> None:
    root = planned("FROM busybox\n").target
    assert isinstance(root.operation, ImageRoot)
    assert root.inputs == ()
