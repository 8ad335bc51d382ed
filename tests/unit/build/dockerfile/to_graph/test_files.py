from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.to_graph.files import absolute
from jupyter_containers.build.operations.definitions import CopyFiles, ImageRoot, MakeDirectory
from tests.support.planning import planned


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a", "/w/a"), ("a/", "/w/a/"), (".", "/w/"), ("./", "/w/"), ("/", "/"), ("..", "/"), ("../..", "/"),
     ("/a/../b", "/b"), ("//a", "/a"), ("a/.", "/w/a/")],
)  # fmt: skip
def test_destinations_are_absolute_and_keep_the_slash_that_says_directory(path: str, expected: str) -> None:
    assert absolute(path, "/w") == expected


def test_a_copy_from_scratch_or_an_image_needs_no_stage() -> None:
    for name in ("scratch", "busybox"):
        vertex = planned(f"FROM busybox\nCOPY --from={name} /a /b\n").target
        assert isinstance(vertex.operation, CopyFiles)
        assert isinstance(vertex.inputs[1].operation, ImageRoot)


@pytest.mark.parametrize("name", ["..", ".", "../x", "/x", "a/b", "n" * 256])
def test_the_heredoc_of_a_copy_is_called_as_a_file_is(name: str) -> None:
    for word in ("COPY", "ADD"):
        with pytest.raises(DockerfileError, match="is to be the name of a file"):
            planned(f"FROM busybox\n{word} <<{name} /\nx\n{name}\n")


def test_going_to_a_directory_makes_it_except_the_root() -> None:
    assert planned("FROM busybox\nWORKDIR /a/b\n").target.operation == MakeDirectory("/a/b")
    assert isinstance(planned("FROM busybox\nWORKDIR /\n").target.operation, ImageRoot)
