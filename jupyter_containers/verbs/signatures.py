"""How an argument of the table is written in Python: its keyword, its type, its default."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Mapping, Sequence
from inspect import Parameter, Signature

from jupyter_containers.client.run_settings import PublishedPort
from jupyter_containers.commands import carrying
from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.quantities import positive_number, size_in_bytes
from jupyter_containers.commands.session import MAGIC

BODY = "body"
_MANY = (Takes.MANY, Takes.ANY, Takes.REST)
_TYPES = {int: "int", positive_number: "float", size_in_bytes: "int | str", PublishedPort.parse: "str"}


def arguments(command: Command) -> tuple[Argument, ...]:
    """Return the arguments that a command has in Python: those of a notebook."""
    return command.arguments_in(MAGIC)


def keyword_of(argument: Argument) -> str:
    """Return the name that an argument has in Python."""
    name = argument.destination
    if argument in carrying.VARIABLES:
        # They are values here and not names of variables of a notebook.
        return f"{name}s"
    return f"{name}_" if keyword.iskeyword(name) else name


def method_name(command: Command) -> str:
    """Return the name that a command has in Python."""
    name = command.name.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def default(argument: Argument) -> object:
    """Return what an argument is when it is not given."""
    if argument.takes is Takes.NOTHING:
        return False
    if argument == carrying.VARIABLES[0]:
        return None
    return () if argument.takes is Takes.EACH else argument.default


def annotation(argument: Argument) -> str:
    """Return the type of an argument, as it is written."""
    if argument in carrying.VARIABLES:
        return "Mapping[str, object] | None" if argument.destination == "input" else "Sequence[str] | str"
    if argument.takes is Takes.NOTHING:
        return "bool"
    if argument.takes is Takes.EACH:
        return f"{'Mapping[str, object] | ' if is_pair(argument) else ''}Sequence[str] | str"
    if argument.choices:
        choices = dict.fromkeys((*argument.choices, *([argument.default] if argument.default == "" else [])))
        found = f"Literal[{', '.join(map(repr, choices))}]"
    else:
        found = _TYPES.get(argument.parse) or ("int | str" if isinstance(argument.default, int) else "str")
    is_optional = argument.default is None and (argument.is_option or argument.takes is Takes.OPTIONAL)
    return f"{found} | None" if is_optional else found


def is_pair(argument: Argument) -> bool:
    """Tell whether an option can be given as a mapping."""
    return argument.takes is Takes.EACH and "NAME=" in argument.metavar


def signature(command: Command) -> Signature:
    """Return the signature of a command's method. Positional words first, options by keyword only."""
    found = [Parameter("self", Parameter.POSITIONAL_ONLY)]
    positional = [argument for argument in arguments(command) if not argument.is_option]
    for argument in positional:
        kind = Parameter.VAR_POSITIONAL if argument.takes in _MANY else Parameter.POSITIONAL_OR_KEYWORD
        is_needed = argument.takes is Takes.ONE or kind is Parameter.VAR_POSITIONAL
        empty = Parameter.empty if is_needed else default(argument)
        found.append(Parameter(keyword_of(argument), kind, default=empty, annotation=annotation(argument)))
    if command.body:
        found.append(Parameter(BODY, Parameter.KEYWORD_ONLY, default="", annotation="str"))
    for argument in arguments(command):
        if argument.is_option:
            found.append(
                Parameter(
                    keyword_of(argument), Parameter.KEYWORD_ONLY, default=default(argument),
                    annotation=annotation(argument),
                )
            )  # fmt: skip
    return inspect.Signature(found, return_annotation=returns(command))


def returns(command: Command) -> str:
    """Return the type of a command's result, as it is written."""
    return str(command.action.__annotations__.get("return", "Result | None"))


def explanation(command: Command) -> str:
    """Return the docstring of a command's method."""
    lines = [f"{command.summary[0].upper()}{command.summary[1:]}.", ""]
    if command.details:
        lines += [command.details, ""]
    if command.body:
        lines += [f"body: {command.body}", ""]
    lines += [f"{keyword_of(argument)}: {argument.help}" for argument in arguments(command)]
    return "\n".join(lines).rstrip()


def texts(argument: Argument, value: object) -> list[str]:
    """Return the values of an option that may be given again and again, as words of a line would have them."""
    if isinstance(value, Mapping):
        return [name if one is None else f"{name}={one}" for name, one in value.items()]
    if isinstance(value, str) or not isinstance(value, Sequence):
        return [str(value)]
    return [str(one) for one in value]
