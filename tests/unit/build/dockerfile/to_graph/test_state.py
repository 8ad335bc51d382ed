from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.lines import read_line
from jupyter_containers.build.dockerfile.to_graph.state import StageState
from jupyter_containers.build.graph import vertex
from jupyter_containers.build.operations.definitions import ImageRoot
from jupyter_containers.oci.image_config import ProcessDefaults

LINE = read_line("ENV a=b", "\\", (4, 5))


def state() -> StageState:
    return StageState(
        0, vertex(ImageRoot(None)), ProcessDefaults(env=("A=env", "E=")), {}, {}, arguments={"A": "arg", "B": "b"}
    )


def test_env_beats_arg() -> None:
    assert state().expand("$A-$B", LINE) == "env-b"
    assert state().expand("${E-unset}", LINE) == ""


def test_a_broken_word_is_blamed_on_its_line() -> None:
    with pytest.raises(DockerfileError) as failure:
        state().expand("${", LINE)
    assert failure.value.lines == (4, 5)
    with pytest.raises(DockerfileError):
        state().expand_content("${", LINE)


def test_defaults_stand_in_for_what_the_image_does_not_say() -> None:
    assert state().shell == ("/bin/sh", "-c")
    assert state().working_dir == "/"
