"""The methods of a Connection, made from the table. What editors and type checkers know of them is words.pyi."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jupyter_containers.commands import table
from jupyter_containers.commands.command import Command
from jupyter_containers.commands.results import Result
from jupyter_containers.commands.session import MAGIC, Session
from jupyter_containers.verbs.calls import call
from jupyter_containers.verbs.signatures import explanation, method_name, signature


class Group:
    """The commands that are named by two words, such as `network.create`."""

    def __init__(self, session: Session) -> None:
        self._session = session


def _method(command: Command, group: Command | None) -> Callable[..., Result | None]:
    form = signature(command)

    def method(self: Group, /, *given: Any, **named: Any) -> Result | None:
        return call(self._session, command, form, given, named, group=group)

    method.__name__ = method.__qualname__ = method_name(command)
    method.__doc__ = explanation(command)
    method.__signature__ = form  # type: ignore[attr-defined]
    return method


def _property(group: Command) -> property:
    kind = type(class_name(group), (Group,), {"__doc__": group.summary, **_members(group.verbs_in(MAGIC), group)})
    return property(lambda self: kind(self._session), doc=group.summary)


def _members(commands: Iterable[Command], group: Command | None = None) -> dict[str, Any]:
    return {method_name(one): _property(one) if one.verbs else _method(one, group) for one in commands}


def class_name(group: Command) -> str:
    """Return the name of the class of a group's commands."""
    return f"{group.name.capitalize()}Words"


Words = type("Words", (Group,), {"__doc__": "A method for each command.", **_members(table.commands_in(MAGIC))})
