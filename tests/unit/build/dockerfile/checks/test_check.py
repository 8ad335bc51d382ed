from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.build.dockerfile.checks.check import Wishes
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.errors import ContainersError
from tests.support.checking import checked

TEXT = "FROM a AS Base\nWORKDIR x\nCMD y\n"
PIECES = st.sampled_from(
    ["FROM a", " AS B", "FROM --platform=x ", "RUN ", "ENV ", "a=$b", " ${c}", "ARG d", "\n", "\\\n", "\n\n", "# x",
     "CMD x", "COPY $a b", "EXPOSE 1:2/TCP", "WORKDIR d", "'", '"', "# check=skip=all\n",
     "MAINTAINER m", "from scratch\n"]
)  # fmt: skip


def test_findings_come_in_the_order_of_the_file() -> None:
    assert checked(TEXT) == ["StageNameCasing 1-1", "WorkdirRelativePath 2-2", "JSONArgsRecommended 3-3"]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [("skip=StageNameCasing,jsonargsrecommended", ["WorkdirRelativePath 3-3"]), ("skip=all;error=true", [])],
)
def test_a_file_opts_out_of_rules(wishes: str, expected: list[str]) -> None:
    assert checked(f"# check={wishes}\n{TEXT}") == expected


def test_wishes_are_read() -> None:
    assert Wishes.parse("skip=A, b;error=TRUE;experimental=all") == Wishes(
        frozenset({"a", "b"}), frozenset({"all"}), is_error=True
    )


@pytest.mark.parametrize("text", ["skip", "error=maybe", "what=ever"])
def test_wishes_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(DockerfileError, match="invalid check directive"):
        Wishes.parse(text)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_any_dockerfile_is_checked_or_was_wrong_before(text: str) -> None:
    try:
        found = checked(text)
    except ContainersError:
        return
    assert found == checked(text)
