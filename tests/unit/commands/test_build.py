"""Tests of commands.build, on a daemon made of Python objects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.build_reader import ImageBuilt
from jupyter_containers.client.builds import BuildFailed, BuildSettings
from jupyter_containers.client.context import Context
from jupyter_containers.commands import build as room
from jupyter_containers.commands import table
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.run_result import Interrupted
from tests.support.front_double import SessionOn

Asked = list[tuple[Context, BuildSettings]]


def do(
    folder: Path, *words: str, body: str = "", surface: str = "magic", error: BaseException | None = None
) -> tuple[BuildResult, Asked, SessionOn]:
    asked: Asked = []

    def build(context: Context, settings: BuildSettings, progress: Callable[[Any], None]) -> ImageBuilt:
        asked.append((context, settings))
        if error is not None:
            raise error
        built = ImageBuilt("sha256:1")
        progress(built)
        return built

    session = SessionOn(SimpleNamespace(builds=SimpleNamespace(build=build)), body=body, folder=folder, surface=surface)
    command = table.find("build", surface)
    try:
        result = command.action(session, parse(command, words, surface=surface, prog="x"))
    except (BuildFailed, Interrupted):
        return session.remembering.shown[0], asked, session  # type: ignore[return-value]
    assert isinstance(result, BuildResult)
    return result, asked, session


def test_the_cell_is_the_dockerfile_and_the_folder_the_context(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    result, asked, _ = do(tmp_path, "-t", "x", body="FROM host\nCOPY a /\n")
    assert result
    assert (asked[0][0].root, asked[0][0].paths) == (tmp_path, ("a",))
    assert result.tags == ("x",)


def test_options_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "1")
    names = ("-t", "a", "-t", "b", "--target", "s", "--label", "l=v", "--build-arg", "A=1", "--build-arg", "HERE")
    _, asked, _ = do(tmp_path, *names, "--no-cache", "--pull", "--network", "none", body="FROM x")
    assert asked[0][1] == BuildSettings(
        ("a", "b"), "s", {"A": "1", "HERE": "1"}, {"l": "v"}, no_cache=True, pull=True, network="none"
    )


def test_without_a_body_the_file_in_the_folder_is_built(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "Dockerfile").write_text("FROM y\n")
    (tmp_path / "other").write_text("FROM z\n")
    assert do(tmp_path, "sub", surface="shell")[1][0][0].dockerfile == "FROM y\n"
    assert do(tmp_path, "-f", "other", "sub")[1][0][0].dockerfile == "FROM z\n"


@pytest.mark.parametrize(
    ("words", "body", "message"),
    [
        ((), "", "no Dockerfile; write it below a line `%%container build"),
        (("-f", "x"), "FROM y", "both a Dockerfile in the cell and -f"),
        (("-f", "none"), "", "cannot read .*none: No such file"),
        (("nowhere",), "FROM x", "no folder nowhere"),
        (("-",), "FROM x", "a notebook has no standard input"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, words: tuple[str, ...], body: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        do(tmp_path, *words, body=body)


def test_much_is_not_sent_in_silence(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "big").open("wb") as file:
        file.truncate(room.LARGE_BYTES + 1)
    _, _, session = do(tmp_path, body="FROM x\nCOPY . /")
    assert session.remembering.notes == [
        f"sending 100MB from {tmp_path} to the build (data 100MB); name in .dockerignore what is not needed"
    ]


def test_a_failed_build_is_in_the_picture(tmp_path: Path) -> None:
    result, _, _ = do(tmp_path, body="FROM x\nRUN y\n", error=BuildFailed("bad", line=2))
    assert (bool(result), result.wrong_lines) == (False, (2, 2))


def test_an_interrupted_build_is_in_the_picture(tmp_path: Path) -> None:
    result, _, _ = do(tmp_path, body="FROM x", error=KeyboardInterrupt())
    assert result.verdict().startswith("cancelled after")
