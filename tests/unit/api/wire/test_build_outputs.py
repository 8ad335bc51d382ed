"""Outputs of builds on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.api.wire.build_outputs import built_json, outputs_from_wire
from jupyter_containers.engine.build_outputs import Output
from jupyter_containers.engine.builds import Built
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.image_config import ImageConfig
from jupyter_containers.oci.manifest import parse_manifest
from jupyter_containers.oci.reference import Reference
from tests.support.tiny_image import image


def test_outputs_are_read_as_docker_writes_them() -> None:
    entries: list[Any] = [{"Type": "tar", "Attrs": {}}, {"Type": "image", "Attrs": {"push": "true"}}, {"Type": "oci"}]
    assert outputs_from_wire(entries) == (Output("tar"), Output("image", pushes=True), Output("oci"))


@pytest.mark.parametrize("entry", ["tar", {"Attrs": {}}, {"Type": ""}, {"Type": "tar", "Attrs": ["a"]}, {"Type": 1}])
def test_what_is_no_output_is_refused(entry: object) -> None:
    with pytest.raises(InvalidParameter, match=r"outputs|Type"):
        outputs_from_wire([entry])


def test_what_is_told_beside_the_id() -> None:
    tiny = image()
    manifest: Any = parse_manifest(tiny.manifest, tiny.media_type)
    made = Image(tiny.descriptor, manifest, ImageConfig.parse(tiny.config), tiny.image_id)
    name = Reference.parse("a").with_default_tag()
    assert built_json(Built(made, (name,), "token")) == {
        "Descriptor": tiny.descriptor.to_json(), "Names": ["docker.io/library/a:latest"], "Result": "token",
    }  # fmt: skip
    assert "Result" not in built_json(Built(made))
