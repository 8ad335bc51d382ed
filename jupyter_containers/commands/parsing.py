"""From words to options: argparse made from the table, with errors and help as values instead of an exit."""

from __future__ import annotations

import argparse
import textwrap
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

from jupyter_containers.commands.command import Argument, Command, Takes, leading_count, named
from jupyter_containers.commands.spelling import near
from jupyter_containers.errors import InvalidParameter

_WIDTH = 100


class UsageError(InvalidParameter):
    """The words make no command."""


class HelpWanted(Exception):
    """Somebody asked for help; the text is the argument."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        name = self.prog.rpartition(" ")[2]
        raise UsageError(f"{name}: {message} ({self.prog} --help shows what it takes)")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise UsageError((message or "").strip())

    def print_help(self, file: Any = None) -> NoReturn:
        raise HelpWanted(self.format_help().rstrip())


def parse(
    command: Command, words: Sequence[str], *, surface: str, prog: str, settings: object | None = None
) -> Namespace:
    """Return the options in the words; of a group, `chosen` is the command. Raises UsageError and HelpWanted.

    Attributes of `settings` are the defaults of arguments that name them.
    """
    if command.verbs:
        return _parse_verb(command, words, surface=surface, prog=prog, settings=settings)
    command = replace(command, arguments=tuple(_preset(one, settings) for one in command.arguments))
    parser = parser_of(command, surface=surface, prog=prog)
    words, off = _switched(command, command.arguments_in(surface), words)
    options, unknown = _read(parser, command.arguments_in(surface), list(words))
    if unknown:
        _refuse(parser, command, unknown[0], surface)
    for name in off:
        setattr(options, name, False)
    return options


def _switched(
    command: Command, arguments: Sequence[Argument], words: Sequence[str]
) -> tuple[Sequence[str], set[str]]:  # fmt: skip
    """Read flags that are written as docker's may be, `--rm=true` and `--rm=false`.

    Return the words without them, and what is off. Raises UsageError for another value.
    """
    flags = {name: one for one in arguments if one.takes is Takes.NOTHING for name in one.names}
    valued = {name for one in arguments if one.is_option and one.takes is not Takes.NOTHING for name in one.names}
    positional = [one.takes for one in arguments if not one.is_option]
    ends_at = positional.index(Takes.REST) if Takes.REST in positional else len(words)
    left: list[str] = []
    off, count, waits = set[str](), 0, False
    for place, word in enumerate(words):
        if not waits and (word == "--" or count == ends_at):
            return [*left, *words[place:]], off
        name, equals, value = word.partition("=")
        is_word = waits or not word.startswith("-") or word == "-"
        count, waits = count + (is_word and not waits), not is_word and not equals and name in valued
        if is_word or name not in flags:
            left.append(word)
            continue
        off.discard(flags[name].destination)
        if equals and not _truth(command, name, value):
            off.add(flags[name].destination)
        else:
            left.append(name)
    return left, off


def _truth(command: Command, name: str, value: str) -> bool:
    """Read a flag's value as Go does."""
    if value in ("1", "t", "T", "true", "True", "TRUE"):
        return True
    if value in ("0", "f", "F", "false", "False", "FALSE"):
        return False
    raise UsageError(f"{command.name}: {name}={value[:40]}: it is true or false")


def _preset(argument: Argument, settings: object | None) -> Argument:
    """Return an argument with the default that is set. A word that has one may be left out."""
    value = getattr(settings, argument.setting, None) if argument.setting else None
    if not value:
        return argument
    takes = Takes.OPTIONAL if argument.takes is Takes.ONE and not argument.is_option else argument.takes
    return replace(argument, default=value, takes=takes)


def _refuse(parser: argparse.ArgumentParser, command: Command, word: str, surface: str) -> NoReturn:
    if reason := command.refused.get(word.partition("=")[0]):
        raise UsageError(f"{command.name}: {word.partition('=')[0]} is not supported: {reason}")
    known = [name for argument in command.arguments_in(surface) for name in argument.names if argument.is_option]
    parser.error(f"unknown {'option' if word.startswith('-') else 'word'} {word}{near(word, known)}")


def _parse_verb(group: Command, words: Sequence[str], *, surface: str, prog: str, settings: object | None) -> Namespace:
    verbs = group.verbs_in(surface)
    wants_help = bool(words) and words[0] in ("-h", "--help")
    count = 0 if wants_help else leading_count(group, words, surface)
    leading, words = words[:count], words[count:]
    if words and words[0] in ("-h", "--help", "help"):
        raise HelpWanted(group_help(group, surface=surface, prog=prog))
    names = [verb.name for verb in verbs]
    if not words:
        raise UsageError(f"{group.name}: what to do? there are {', '.join(names)}")
    verb = named(words[0], verbs)
    if verb is None:
        hint = near(words[0], names) or f"; there are {', '.join(names)}"
        raise UsageError(f"{group.name}: there is no {words[0]!r}{hint}")
    options = parse(verb, words[1:], surface=surface, prog=f"{prog} {group.name}", settings=settings)
    options.chosen = verb
    return _with_leading(group, leading, options, surface=surface, prog=prog) if leading else options


def _with_leading(
    group: Command, leading: Sequence[str], options: Namespace, *, surface: str, prog: str
) -> Namespace:  # fmt: skip
    """Add the options that stand before the verb; what is said behind it wins."""
    parser = parser_of(group, surface=surface, prog=prog)
    for name, value in vars(parser.parse_args(list(leading))).items():
        behind = getattr(options, name, None)
        if isinstance(value, list):
            setattr(options, name, [*value, *(behind or ())])
        elif not behind:
            setattr(options, name, value)
    return options


def group_help(group: Command, *, surface: str, prog: str) -> str:
    """Return help on the commands of a group."""
    head = [f"usage: {prog} {group.name} COMMAND …", "", f"{group.summary[0].upper()}{group.summary[1:]}.", ""]
    tail = ["", f"{prog} {group.name} COMMAND --help explains one of them."]
    return "\n".join([*head, *listed(group.verbs_in(surface)), *tail])


def listed(commands: Sequence[Command]) -> list[str]:
    """Return a line for each command, with what it does."""
    width = max(len(command.name) for command in commands)
    return [f"  {command.name:<{width}}  {command.summary}" for command in commands]


def _read(
    parser: argparse.ArgumentParser, arguments: Sequence[Argument], words: list[str]
) -> tuple[Namespace, list[str]]:
    """Return options and unknown words. A verb takes options before its names, too: `network create --internal x`."""
    positional = [argument.takes for argument in arguments if not argument.is_option]
    if len(positional) > 1 and positional[-1] is Takes.ANY and not {"-h", "--help"} & {*words}:
        return parser.parse_known_intermixed_args(words)
    return parser.parse_known_args(words)


def parser_of(command: Command, *, surface: str, prog: str) -> argparse.ArgumentParser:
    """Return the parser of one command; `prog` is what stands before its name."""
    parser = _Parser(
        prog=f"{prog} {command.name}", description=_description(command, surface), allow_abbrev=False, add_help=False,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=_WIDTH, max_help_position=32),
    )  # fmt: skip
    arguments = command.arguments_in(surface)
    # As with docker, -h is help where it is nothing else.
    short = () if any("-h" in argument.names for argument in arguments) else ("-h",)
    parser.add_argument(*short, "--help", action="help", help="show this help message and exit")
    for argument in arguments:
        action = parser.add_argument(*argument.names, **_keywords(argument))
        if argument.takes is Takes.REST:
            # argparse names it among what is lacking, although it may be empty.
            action.required = False
    return parser


def _description(command: Command, surface: str) -> str:
    parts = [f"{command.summary[0].upper()}{command.summary[1:]}.", command.details]
    if command.body and surface == "magic":
        parts.append(textwrap.fill(f"The cell's body: {command.body}.", _WIDTH))
    return "\n\n".join(filter(None, parts))


def _keywords(argument: Argument) -> dict[str, Any]:
    keywords: dict[str, Any] = {"help": argument.help.replace("%", "%%")}
    if argument.takes is Takes.NOTHING:
        return keywords | {"action": "store_true", "default": bool(argument.default)}
    keywords |= {"type": _type(argument), "default": argument.default}
    if argument.metavar:
        keywords["metavar"] = argument.metavar
    if argument.choices:
        keywords["choices"] = argument.choices
    if argument.takes is Takes.EACH:
        keywords |= {"action": "append", "default": []}
    if argument.takes in _COUNTS:
        keywords["nargs"] = _COUNTS[argument.takes]
    return keywords


_COUNTS: dict[Takes, Any] = {
    Takes.OPTIONAL: "?", Takes.MANY: "+", Takes.ANY: "*", Takes.REST: argparse.REMAINDER,
}  # fmt: skip


def _type(argument: Argument) -> Any:
    def read(text: str) -> Any:
        try:
            return argument.parse(text)
        except (InvalidParameter, ValueError) as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read
