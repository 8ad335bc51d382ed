from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.lines import read
from jupyter_containers.build.dockerfile.stages import Dockerfile, divide, unused_arguments


def dockerfile(text: str, **build_args: str) -> Dockerfile:
    return divide(read(text), build_args)


def test_needed_stages_are_found_through_from_and_copy() -> None:
    found = dockerfile("FROM a AS a\nFROM b AS b\nFROM a AS c\nFROM x\nCOPY --from=c / /\nFROM y\nCOPY --from=1 / /\n")
    assert [stage.number for stage in found.needed(found.target(""))] == [1, 4]
    assert [stage.number for stage in found.needed(found.stages[3])] == [0, 2, 3]


def test_a_name_means_an_earlier_stage_or_an_image() -> None:
    found = dockerfile("FROM busybox AS x\nFROM later\nFROM busybox AS later\n")
    assert found.stages[1].parent is None
    assert found.find("later", 1) is None
    assert found.find("x", 1) is found.stages[0]


def test_a_number_beyond_the_stages_is_an_image() -> None:
    found = dockerfile("FROM a\nFROM b\n")
    assert found.find("1", 1) is None
    assert found.find("9" * 5000, 1) is None


def test_arguments_before_the_first_stage_build_on_one_another() -> None:
    found = dockerfile("ARG A=1\nARG B=$A-x\nARG C=$B\nFROM i:$C\n", A="2")
    assert found.stages[0].base == "i:2-x"


def test_instructions_have_a_limit() -> None:
    with pytest.raises(DockerfileError, match="more than 5000 instructions") as failure:
        dockerfile("FROM x\n" + "USER a\n" * 5000)
    assert failure.value.lines == (5001, 5001)


def test_values_that_no_argument_takes_are_named() -> None:
    found = dockerfile("ARG A\nFROM x\nARG B\n", A="1", B="2", TYPO="3", http_proxy="4")
    assert unused_arguments(found, {"A": "1", "B": "2", "TYPO": "3", "http_proxy": "4"}) == ("TYPO",)
