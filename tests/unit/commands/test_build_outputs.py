"""The options that say where a build's result goes."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.client.build_outputs import Output
from jupyter_containers.client.build_reader import ImageBuilt
from jupyter_containers.commands import build_outputs as room
from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.errors import InvalidParameter
from tests.support.front_double import SessionOn


def read(*words: str, surface: str = "shell") -> tuple[SessionOn, Namespace]:
    options = parse(table.find("build", surface), words, surface=surface, prog="x")
    return SessionOn(SimpleNamespace(), folder=Path("/here"), surface=surface), options


def kinds(*words: str, surface: str = "shell") -> list[tuple[str, dict[str, str]]]:
    return [(output.kind, dict(output.attributes)) for output in room.outputs(*read(*words, surface=surface))]


def test_destinations_lie_in_the_sessions_folder() -> None:
    assert room.outputs(*read("-o", "out", "--provenance=false", "--sbom", "false")) == (
        Output("local", {}, "/here/out", is_folder=True),
    )


def test_push_and_load_add_to_what_there_is() -> None:
    assert kinds() == []
    assert kinds("--push") == [("registry", {})]
    assert kinds("--load") == [("image", {})]
    assert kinds("--push", "-o", "type=image,name=x") == [("image", {"name": "x", "push": "true"})]
    assert kinds("--push", "-o", "type=registry") == [("registry", {})]
    assert kinds("--load", "-o", "out") == [("local", {}), ("image", {})]
    assert kinds("--load", "--push") == [("registry", {})]


def test_annotations_go_to_every_image() -> None:
    assert kinds("--annotation", "a=b=c") == [("image", {"annotation.a": "b=c"})]
    words = ("--annotation", "manifest:x=y", "-o", "out", "-o", "type=oci,dest=f")
    assert kinds(*words) == [("local", {}), ("oci", {"annotation.x": "y"})]


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--provenance", "mode=max"), "attestations are not supported"),
        (("--sbom=true",), "attestations are not supported"),
        (("--push", "-o", "out"), "cannot be used together"),
        (("--annotation", "index:a=b"), "only the manifest"),
        (("--annotation", "manifest[linux/amd64]:a=b"), "only the manifest"),
        (("--annotation", "a"), "expected NAME=VALUE"),
        (("--annotation", "a=b", "-o", "out"), "no output is one"),
        (("-o", "-", "-o", "type=oci"), "only one output"),
    ],
)
def test_what_cannot_be_is_refused(words: tuple[str, ...], wrong: str) -> None:
    with pytest.raises((UsageError, InvalidParameter), match=wrong):
        room.outputs(*read(*words))


def test_a_cell_has_no_standard_output_for_bytes() -> None:
    assert kinds("-o", "-") == [("tar", {})]
    with pytest.raises(UsageError, match="a cell has no standard output"):
        kinds("-o", "-", surface="magic")


def test_the_files_say_what_was_built(tmp_path: Path) -> None:
    session, options = read("--iidfile", str(tmp_path / "iid"), "--metadata-file", str(tmp_path / "meta"))
    room.check_files(session, options)
    room.write_files(session, options, ImageBuilt("sha256:1", {"digest": "sha256:2"}, ("a:1", "b:1"), "x"))
    assert (tmp_path / "iid").read_text() == "sha256:1"
    assert json.loads((tmp_path / "meta").read_text()) == {
        "containerimage.config.digest": "sha256:1", "containerimage.descriptor": {"digest": "sha256:2"},
        "containerimage.digest": "sha256:2", "image.name": "a:1,b:1",
    }  # fmt: skip
    assert room.metadata(ImageBuilt("sha256:1")) == {"containerimage.config.digest": "sha256:1"}


def test_a_folder_that_is_not_there_is_refused_before_the_build(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"--metadata-file .*no such folder"):
        room.check_files(*read("--metadata-file", str(tmp_path / "no" / "meta")))
