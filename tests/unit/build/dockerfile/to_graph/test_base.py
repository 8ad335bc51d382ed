from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.lines import read
from jupyter_containers.build.dockerfile.stages import divide
from jupyter_containers.build.dockerfile.to_graph.base import external_images
from jupyter_containers.build.operations.definitions import ImageRoot
from jupyter_containers.errors import Unsupported
from jupyter_containers.oci.platform import host_platform
from tests.support.planning import ARM64, planned


def test_images_to_resolve_are_those_of_needed_stages_that_are_no_stages() -> None:
    text = "FROM skipped\nFROM one AS a\nFROM scratch\nCOPY --from=a / /\nCOPY --from=two / /\nCOPY --from=1 / /\n"
    found = divide(read(text), {})
    wanted = external_images(found, found.needed(found.target("")))
    assert {name: one.line.start for name, one in wanted.items()} == {"one": 2, "two": 5}


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


FOREIGN = "FROM --platform=linux/arm64 busybox AS a\nCOPY f /f\n"


def test_a_foreign_stage_without_programs_needs_no_emulator() -> None:
    found = planned(f"{FOREIGN}FROM busybox\nCOPY --from=a /f /f\nRUN true\n")
    opening = found.steps[0].opens
    assert opening is not None
    assert (opening.config.platform, found.platform) == (ARM64, host_platform())


def test_foreign_programs_run_with_an_emulator_only() -> None:
    text = f"{FOREIGN}FROM a\nRUN true\n"
    with pytest.raises(Unsupported, match=r"cannot run programs for linux/arm64/v8 on .* no emulator") as caught:
        planned(text)
    assert caught.value.details["line"] == 4
    assert len(planned(text, emulated=("arm64",)).steps) == 4


def test_the_platform_of_the_build_is_that_of_every_stage_that_says_nothing_else() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM busybox AS a\nRUN true\nFROM busybox\nARG TARGETARCH\nARG BUILDARCH\n"
        "ENV T=$TARGETARCH B=$BUILDARCH\nCOPY --from=a /f /f\n"
    )
    found = planned(text, platform=ARM64)
    assert (found.platform, found.steps[-1].process.env[1:]) == (
        ARM64,
        ("T=arm64", f"B={host_platform().architecture}"),
    )
    parsed = divide(read(text), {}, platform=ARM64)
    wanted = external_images(parsed, parsed.stages)
    assert {key: one.platform for key, one in wanted.items()} == {
        "busybox": host_platform(), "busybox linux/arm64/v8": ARM64,
    }  # fmt: skip


def test_an_image_from_nothing_is_for_what_was_asked() -> None:
    opening = planned("FROM --platform=linux/arm64 scratch\nCOPY f /f\n").steps[0].opens
    assert opening is not None
    assert opening.config.platform == ARM64
