"""What a command is: a row of the table."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from jupyter_containers.commands.results import Result
from jupyter_containers.commands.session import Session


class Takes(Enum):
    """How many words an argument takes."""

    NOTHING = "a flag"
    ONE = "an option's value, or one positional word"
    EACH = "an option that may be given again and again"
    OPTIONAL = "one positional word or none"
    MANY = "one positional word or more"
    ANY = "positional words, or none"
    REST = "all words that follow, options among them"


class Completes(Enum):
    """What can be proposed for a word."""

    NOTHING = ""
    IMAGE = "image"
    CONTAINER = "container"
    RUNNING = "running container"
    ANYTHING = "container or image"
    NETWORK = "network"
    VOLUME = "volume"
    STEP = "failed step"
    HOST = "address"


@dataclass(frozen=True, slots=True)
class Argument:
    """An option (`names` begin with -) or a positional word. `only_in`: the one surface that has it.

    `setting` names the setting (settings.py) that is its default, where that is set.
    """

    names: tuple[str, ...]
    help: str
    takes: Takes = Takes.ONE
    metavar: str = ""
    parse: Callable[[str], Any] = str
    default: Any = None
    choices: tuple[str, ...] = ()
    completes: Completes = Completes.NOTHING
    only_in: str = ""
    setting: str = ""

    @property
    def is_option(self) -> bool:
        return self.names[0].startswith("-")

    @property
    def destination(self) -> str:
        """Where argparse puts its value: the first long name, in the letters of a name of Python."""
        long = [name for name in self.names if name.startswith("--")]
        return (long or list(self.names))[0].lstrip("-").replace("-", "_")


# Every command has it; what needs no daemon has nothing to trace.
TRACED = Argument(("--trace",), "show how it is done: docker's line, requests, calls to the kernel", Takes.NOTHING)
_UNTRACED = frozenset({"trace", "diagram", "doctor", "status", "use"})
Action = Callable[[Session, Namespace], Result | None]


@dataclass(frozen=True, slots=True)
class Command:
    """`body` says what the text of a `%%container` cell is to the command; without it the command takes none.

    With `verbs` it is a group, as `network` with `ls` and `create`: the next word chooses the command, and `arguments`
    are options that may stand before it. `refused` names docker's options that are not taken, and says why.
    """

    name: str
    summary: str
    action: Action
    arguments: tuple[Argument, ...] = ()
    details: str = ""
    body: str = ""
    only_in: str = field(default="")
    verbs: tuple[Command, ...] = ()
    aliases: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_traced(self) -> bool:
        """Whether it asks a daemon for anything."""
        return not self.verbs and self.name not in _UNTRACED

    def arguments_in(self, surface: str) -> tuple[Argument, ...]:
        """Return the arguments that the surface has."""
        own = (TRACED,) if self.is_traced else ()
        return (*(argument for argument in self.arguments if argument.only_in in ("", surface)), *own)

    def verbs_in(self, surface: str) -> tuple[Command, ...]:
        """Return the commands of a group that the surface has."""
        return tuple(verb for verb in self.verbs if verb.only_in in ("", surface))


def group(name: str, summary: str, *verbs: Command, leading: tuple[Argument, ...] = ()) -> Command:
    """Return a command whose next word chooses one of `verbs`; options of all of them, `leading`, may come first."""
    return Command(name, summary, _act, leading, verbs=verbs)


def _act(session: Session, options: Namespace) -> Result | None:
    chosen: Command = options.chosen
    return chosen.action(session, options)


def chosen(command: Command, options: Namespace) -> Command:
    """Return the command that the words of a group have chosen, or the command itself."""
    found: Command = getattr(options, "chosen", command)
    return found


def leading_count(group_: Command, words: Sequence[str], surface: str) -> int:
    """Return how many words are options, with their values, that stand before the verb of a group."""
    takes_value = {
        name for one in group_.arguments_in(surface) if one.takes is not Takes.NOTHING for name in one.names
    }  # fmt: skip
    count = 0
    while group_.arguments and count < len(words) and words[count].startswith("-"):
        count += 2 if words[count] in takes_value else 1
    return min(count, len(words))


def named(name: str, commands: tuple[Command, ...]) -> Command | None:
    """Return the command with a name or an alias."""
    return next((command for command in commands if name in (command.name, *command.aliases)), None)
