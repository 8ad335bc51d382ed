from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_containers.build.leaving import Told, check_cache, check_image
from jupyter_containers.errors import Unsupported
from jupyter_containers.oci.media_types import HOST_LAYER
from tests.support.planning import IMAGES, planned

ONE = IMAGES["a"]
[LAYER] = ONE.manifest.layers
HOST = replace(ONE, manifest=replace(ONE.manifest, layers=(replace(LAYER, media_type=HOST_LAYER),)))
IMAGES_HERE = {**IMAGES, "host": HOST}

TARGET = "FROM busybox AS b\nRUN x\nFROM host AS h\nRUN y\nFROM h\nENV a=b\n"
OTHER = "FROM host AS h\nRUN y\nFROM scratch\nCOPY --from=h /f /\n"
NO_LAYER = "FROM host AS h\nFROM h\nENV a=b\n"
READ_ONLY = "FROM host AS h\nFROM scratch\nCOPY --from=h /f /\n"


@pytest.mark.parametrize(("text", "line"), [(TARGET, 5), (NO_LAYER, 2)])
def test_an_image_on_the_root_of_this_machine_does_not_leave_it(text: str, line: int) -> None:
    with pytest.raises(Unsupported, match="which does not leave it; copy what you need") as raised:
        check_image(planned(text, images=IMAGES_HERE))
    assert (raised.value.details["line"], raised.value.details["end_line"]) == (line, line)


@pytest.mark.parametrize("text", [OTHER, READ_ONLY, "FROM a\nRUN x\n"])
def test_an_image_that_only_has_files_of_it_does(text: str) -> None:
    check_image(planned(text, images=IMAGES_HERE))


@pytest.mark.parametrize(("text", "told", "line"), [(TARGET, "min", 3), (TARGET, "max", 3), (OTHER, "max", 1)])
def test_a_cache_with_steps_that_were_done_on_it_does_not(text: str, told: Told, line: int) -> None:
    with pytest.raises(Unsupported, match="cannot leave the machine") as raised:
        check_cache(planned(text, images=IMAGES_HERE), told)
    assert raised.value.details["line"] == line


@pytest.mark.parametrize(
    ("text", "told"), [(TARGET, ""), (OTHER, "min"), (NO_LAYER, "min"), (NO_LAYER, "max"), (READ_ONLY, "max")]
)
def test_a_cache_without_such_steps_does(text: str, told: Told) -> None:
    check_cache(planned(text, images=IMAGES_HERE), told)
