"""Tests of client.copy_sources."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.build.graph import in_order
from jupyter_containers.build.operations.definitions import CopyFiles
from jupyter_containers.client.copy_sources import EVERYTHING, Wanted, copy_sources
from jupyter_containers.errors import ContainersError
from tests.support.planning import planned

LINES = st.sampled_from([
    "FROM busybox", "FROM busybox AS a", "COPY a b /d/", "COPY --from=a x y", "COPY --chown=1 a/b /",
    "ADD --chmod=7 *.x /",
    "ADD https://h/x a /d/", "ADD https://h/x.git#b:c /d/", 'COPY ["a b", "/d/"]', "COPY a \\\n  # no\n  c /d/",
    "ENV v=z",
    "COPY $v /d/", "COPY ./a/../q /d/", "COPY /top /d/", "RUN --mount=target=/x --mount=type=cache,target=/c y",
    "RUN --mount=type=bind,source=m,target=/x y", "RUN --mount=from=a,target=/x y", "COPY <<E w /d/\nCOPY h /\nE",
    "copy --link low /d/", "ONBUILD COPY o /o", "COPY --parents p/./q r /d/", "COPY --exclude=*.x . /d/",
])  # fmt: skip


@given(st.lists(LINES, max_size=8).map(lambda lines: "\n".join(["FROM busybox AS a", *lines, ""])))
def test_whatever_a_dockerfile_takes_is_sent(text: str) -> None:
    """What the daemon's own reading of the Dockerfile copies from the context is wanted by the client's."""
    try:
        target = planned(text).target
    except ContainersError:
        return
    wanted = Wanted(copy_sources(text))
    for vertex in in_order(target):
        operation = vertex.operation
        if isinstance(operation, CopyFiles) and len(vertex.inputs) == 1:
            for source in operation.sources:
                path = posixpath.normpath(posixpath.join("/", source)).lstrip("/").replace("*", "any")
                assert wanted.holds(path or "anything"), source


@pytest.mark.parametrize(
    ("dockerfile", "sources"),
    [
        ("FROM x\nRUN true", ()),
        ("FROM x\nCOPY a b /dest/", ("a", "b")),
        ("FROM x\ncopy --chown=1:2 --chmod=644 ./a/b /dest", ("a/b",)),
        ("FROM x\nCOPY --from=other a /dest", ()),
        ("FROM x\nADD https://example.com/x.tar a.tar /dest", ("a.tar",)),
        ('FROM x\nCOPY ["a b", "c", "/dest"]', ("a b", "c")),
        ("FROM x\nCOPY a \\\n  b \\\n# comment\n  /dest", ("a", "b")),
        ("# escape=`\nFROM x\nCOPY a `\n b /dest", ("a", "b")),
        ("FROM x\nCOPY *.py /dest", ("*.py",)),
        ("FROM x\nCOPY ../a /dest", ("a",)),
        ("FROM x\nCOPY <<EOF /dest\nhello\nEOF", ()),
        ("FROM x\n# COPY a /dest\nRUN COPY b c", ()),
        ("FROM x\nRUN --mount=type=cache,target=/c --mount=type=secret,id=s --mount=from=x,target=/y make", ()),
    ],
)
def test_what_copy_and_add_name_is_wanted(dockerfile: str, sources: tuple[str, ...]) -> None:
    assert copy_sources(dockerfile) == sources


@pytest.mark.parametrize(
    "dockerfile",
    [
        "COPY . /",
        "COPY a . /",
        "COPY / /x",
        "COPY $NAME /",
        "ADD ${A}/b /",
        'COPY ["a", /dest',
        "ONBUILD COPY a /b",
        "RUN --mount=type=bind,target=/x make",
        "RUN --mount=target=/x --mount=type=cache,target=/y --network=none make",
        "RUN --mount=source=a,target=/x --mount=from=b,target=/y make",
    ],
)
def test_where_it_is_not_clear_everything_is_wanted(dockerfile: str) -> None:
    assert copy_sources(f"FROM x\n{dockerfile}") == EVERYTHING


@pytest.mark.parametrize(
    ("path", "leads", "holds"),
    [
        ("src", True, False),
        ("src/app", True, True),
        ("src/app/deep/file", True, True),
        ("src/other", False, False),
        ("x.py", True, True),
        ("x.txt", False, False),
    ],
)
def test_paths_above_and_below_a_source_are_told_apart(path: str, leads: bool, holds: bool) -> None:
    wanted = Wanted(("src/app", "*.py"))
    assert (wanted.leads_to(path), wanted.holds(path)) == (leads, holds)


def test_everything_holds_everything() -> None:
    assert Wanted(EVERYTHING).holds("any/thing")
