"""What can stand at a place in a line of words: for completion on both surfaces. Pure; names come from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_containers.commands import table
from jupyter_containers.commands.command import Argument, Command, Completes, Takes, leading_count, named


@dataclass(frozen=True, slots=True)
class Proposals:
    """Fixed words, and a kind of names that somebody has to ask the daemon for."""

    words: tuple[str, ...] = ()
    kind: Completes = Completes.NOTHING
    # What stands before each of them in the word that is being typed.
    prefix: str = ""


def propose(before: Sequence[str], fragment: str, surface: str) -> Proposals:
    """Return what may stand after the words `before`, where `fragment` has been typed of it."""
    if not before:
        return Proposals(tuple(command.name for command in table.commands_in(surface)))
    command = named(before[0], table.commands_in(surface))
    if command is not None and command.verbs:
        before = [before[0], *before[1 + leading_count(command, before[1:], surface) :]]
        if len(before) == 1:
            return Proposals(tuple(verb.name for verb in command.verbs_in(surface)))
        command, before = named(before[1], command.verbs_in(surface)), before[1:]
    return _of_command(command, before[1:], fragment, surface) if command is not None else Proposals()


def _of_command(command: Command, before: Sequence[str], fragment: str, surface: str) -> Proposals:
    options = {name: argument for argument in command.arguments_in(surface) for name in argument.names}
    waiting, position = _walk(before, options)
    if waiting is not None:
        return Proposals(waiting.choices, waiting.completes)
    positional = _positional(command, surface, position)
    if positional is not None and positional.takes is Takes.REST:
        # From here on the words are the container's command.
        return Proposals()
    if fragment.startswith("-"):
        return _options(options, fragment)
    return Proposals(positional.choices, positional.completes) if positional else Proposals()


def _options(options: dict[str, Argument], fragment: str) -> Proposals:
    """Return names of options, or of one that has its `=` already what may follow that."""
    name, equals, _ = fragment.partition("=")
    if not equals:
        return Proposals((*_long_names(options), "--help"))
    option = options.get(name)
    return Proposals(option.choices, option.completes, f"{name}=") if option is not None else Proposals()


def _walk(words: Sequence[str], options: dict[str, Argument]) -> tuple[Argument | None, int]:
    """Return the option whose value comes next, if any, and how many positional words there were."""
    waiting, position = None, 0
    for word in words:
        if waiting is not None:
            waiting = None
        elif word.startswith("-") and len(word) > 1:
            option = options.get(word)
            waiting = option if option is not None and option.takes is not Takes.NOTHING else None
        else:
            position += 1
    return waiting, position


def _positional(command: Command, surface: str, position: int) -> Argument | None:
    arguments = [argument for argument in command.arguments_in(surface) if not argument.is_option]
    if position < len(arguments):
        return arguments[position]
    repeats = arguments and arguments[-1].takes in (Takes.MANY, Takes.ANY, Takes.REST)
    return arguments[-1] if repeats else None


def _long_names(options: dict[str, Argument]) -> list[str]:
    return [name for name in options if name.startswith("--")]
