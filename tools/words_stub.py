"""Writes jupyter_containers/verbs/words.pyi: what editors and type checkers know of the verbs, from the table.

python tools/words_stub.py             writes the file
python tools/words_stub.py --print     prints it
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from inspect import Parameter
from pathlib import Path

from jupyter_containers.commands import table
from jupyter_containers.commands.command import Command
from jupyter_containers.commands.session import MAGIC
from jupyter_containers.verbs.signatures import method_name, returns, signature
from jupyter_containers.verbs.words import class_name

PLACE = Path(__file__).parents[1] / "jupyter_containers" / "verbs" / "words.pyi"
_TOP = '''"""Written by tools/words_stub.py from the table of commands. Do not edit: run it again."""

from collections.abc import Mapping, Sequence
from typing import Literal

'''
_OWN = {"None"}


def text() -> str:
    """Return the stub."""
    commands = table.commands_in(MAGIC)
    groups = [command for command in commands if command.verbs]
    methods = [*commands, *(verb for group in groups for verb in group.verbs_in(MAGIC))]
    parts = [_TOP, *sorted(set(_imports(methods))), "from jupyter_containers.commands.session import Session\n\n"]
    parts.append("class Group:\n    _session: Session\n    def __init__(self, session: Session) -> None: ...\n\n")
    for group in groups:
        parts.append(_class(class_name(group), group.verbs_in(MAGIC)))
    return "".join([*parts, _class("Words", commands)]).rstrip() + "\n"


def _imports(commands: list[Command]) -> Iterator[str]:
    for command in commands:
        if command.verbs:
            continue
        for name in set(re.findall(r"\w+", returns(command))) - _OWN:
            yield f"from {_home(command, name)} import {name}\n"


def _home(command: Command, name: str) -> str:
    """Return the module of a class that an action returns, also where only type checkers import it."""
    action = inspect.unwrap(command.action)
    kind = action.__globals__.get(name)
    if kind is not None:
        return str(kind.__module__)
    source = Path(inspect.getfile(action)).read_text()
    found = re.search(rf"^\s*from (\S+) import [^\n]*\b{name}\b", source, re.M)
    assert found, f"nothing imports {name}, which {command.name} returns"
    return found[1]


def _class(name: str, commands: tuple[Command, ...]) -> str:
    return f"class {name}(Group):\n" + "".join(_property(one) if one.verbs else _method(one) for one in commands) + "\n"


def _property(group: Command) -> str:
    return f"    @property\n    def {method_name(group)}(self) -> {class_name(group)}:\n        {_sign(group)}\n"


def _method(command: Command) -> str:
    words, has_star = ["self"], False
    for one in list(signature(command).parameters.values())[1:]:
        if one.kind is Parameter.VAR_POSITIONAL:
            words.append(f"*{one.name}: {one.annotation}")
            has_star = True
            continue
        if one.kind is Parameter.KEYWORD_ONLY and not has_star:
            words.append("*")
            has_star = True
        words.append(
            f"{one.name}: {one.annotation}" + ("" if one.default is Parameter.empty else f" = {one.default!r}")
        )
    head = f"    def {method_name(command)}(" + ", ".join(words) + f") -> {returns(command)}:"
    if len(head) > 120:
        head = f"    def {method_name(command)}(\n" + "".join(f"        {word},\n" for word in words)
        head += f"    ) -> {returns(command)}:"
    return f"{head}\n        {_sign(command)}\n"


def _sign(command: Command) -> str:
    return f'"""{command.summary[0].upper()}{command.summary[1:]}."""'


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(text())
    else:
        PLACE.write_text(text())
