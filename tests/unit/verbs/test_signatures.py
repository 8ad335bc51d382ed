"""Tests of verbs.signatures: the table and the Python API say the same."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.commands import carrying, table
from jupyter_containers.commands.command import Command
from jupyter_containers.verbs import words
from jupyter_containers.verbs.signatures import annotation, arguments, explanation, keyword_of, method_name, signature

STUB = Path(words.__file__).with_suffix(".pyi")


def commands() -> Iterator[tuple[str, Command]]:
    """Yield each command of a notebook with the class that has its method."""
    for command in table.commands_in("magic"):
        if command.verbs:
            yield from ((words.class_name(command), verb) for verb in command.verbs_in("magic"))
        else:
            yield "Words", command


def stub_methods() -> dict[tuple[str, str], ast.FunctionDef]:
    return {
        (kind.name, method.name): method
        for kind in ast.parse(STUB.read_text()).body
        if isinstance(kind, ast.ClassDef)
        for method in kind.body
        if isinstance(method, ast.FunctionDef) and not method.decorator_list and method.name != "__init__"
    }


def test_each_command_of_the_table_is_a_method_and_the_other_way_round() -> None:
    assert {(kind, method_name(command)) for kind, command in commands()} == set(stub_methods())


@pytest.mark.parametrize(("kind", "command"), list(commands()), ids=lambda value: getattr(value, "name", value))
def test_each_option_is_a_keyword_and_the_other_way_round(kind: str, command: Command) -> None:
    options = {keyword_of(argument) for argument in arguments(command)} | ({"body"} if command.body else set())
    method = stub_methods()[kind, method_name(command)]
    told = [*method.args.args[1:], *method.args.kwonlyargs, *([method.args.vararg] if method.args.vararg else [])]
    assert {one.arg for one in told} == options, "run tools/words_stub.py"
    assert set(signature(command).parameters) - {"self"} == options
    types = {one.arg: ast.unparse(one.annotation) for one in told if one.annotation is not None}
    for argument in arguments(command):
        assert types[keyword_of(argument)] == ast.unparse(ast.parse(annotation(argument))), "run tools/words_stub.py"


def test_a_method_explains_itself() -> None:
    run = table.find("run", "magic")
    assert explanation(run).startswith("Run a command in a new container.\n")
    assert "memory: memory limit, such as 64m" in explanation(run)
    assert inspect.getdoc(words.Words.run) == explanation(run)
    form = str(inspect.signature(words.Words.wait)).replace("'", "")
    assert form == "(self, /, *container: str, trace: bool = False) -> Message"


def test_variables_are_given_by_value() -> None:
    assert [keyword_of(argument) for argument in carrying.VARIABLES] == ["inputs", "outputs"]


def test_words_of_python_get_a_line_behind_them() -> None:
    assert method_name(table.find("import", "magic")) == "import_"
