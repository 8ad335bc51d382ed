"""The forms are covered by the cases; here is what a case cannot show."""

from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.instructions import Command, Copy, Healthcheck, Run, parse
from jupyter_containers.build.dockerfile.lines import read, read_line
from jupyter_containers.errors import Unsupported


def parsed(text: str) -> object:
    return parse(read_line(text, "\\", (1, 1))).instruction


def test_shell_and_exec_form_are_told_apart() -> None:
    assert parsed('RUN ["a", "b"]') == Run(Command(("a", "b"), False))
    assert parsed("RUN a b") == Run(Command(("a b",), True))


def test_heredoc_words_of_a_copy_are_no_sources() -> None:
    statement = parse(read("COPY a <<E /d/\nx\nE\n").lines[0])
    assert isinstance(statement.instruction, Copy)
    assert statement.instruction.sources == ("a",)


def test_add_has_no_from() -> None:
    assert parsed("ADD a b") == Copy(("a",), "b", unpacks=True)


def test_times_of_a_healthcheck_stay_as_written() -> None:
    assert parsed("HEALTHCHECK --timeout=5s CMD x") == Healthcheck(Command(("x",), True), timeout="5s")


def test_any_blank_ends_the_first_word_of_a_healthcheck() -> None:
    assert parsed("HEALTHCHECK CMD\tcurl  x") == Healthcheck(Command(("curl  x",), True))
    assert parsed('HEALTHCHECK\tCMD \t["curl"]') == Healthcheck(Command(("curl",), False))
    with pytest.raises(DockerfileError, match="HEALTHCHECK NONE takes no arguments"):
        parsed("HEALTHCHECK NONE\tx")


def test_what_is_known_and_not_done_here_is_refused_and_never_ignored() -> None:
    with pytest.raises(Unsupported, match="leave it out"):
        parsed("RUN --device=gpu x")


def test_a_step_may_want_to_be_as_root_is() -> None:
    assert parsed("RUN --security=insecure x") == Run(Command(("x",), True), is_insecure=True)
    assert parsed("RUN --security=sandbox x") == Run(Command(("x",), True))
