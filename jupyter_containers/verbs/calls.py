"""A call becomes the options that a line of words would have given, and the action of its command."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from inspect import Signature
from typing import Any

from jupyter_containers.client import Client
from jupyter_containers.commands import carrying, tracing
from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.front import Tell
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import LiveResult, Result
from jupyter_containers.commands.session import PYTHON, Session
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.verbs.signatures import BODY, arguments, default, keyword_of, texts


class SilentFront:
    """Shows nothing: a call returns its result. Notes go to `say`."""

    is_attended = False

    def __init__(self, say: Any) -> None:
        self.note = say

    def show(self, result: Result) -> None:
        """The caller has it."""

    @contextmanager
    def live(self, result: LiveResult) -> Any:
        tell: Tell = lambda event: _take(result.apply(event))  # noqa: E731
        yield tell

    slow = live


def _take(said: Iterable[object]) -> None:
    for _ in said:
        pass


def _of_parent(name: str) -> Any:
    """Return an attribute that is the parent's, also when it is set."""
    return property(lambda self: getattr(self._parent, name), lambda self, value: setattr(self._parent, name, value))


class Call(Session):
    """One call's session: its own body and variables; the connection, and what lasts, is that of `parent`."""

    settings = _of_parent("settings")
    last_trace = _of_parent("last_trace")
    last_compose = _of_parent("last_compose")
    repairs = _of_parent("repairs")

    def __init__(self, parent: Session, body: str, variables: Mapping[str, object]) -> None:
        self._parent = parent
        super().__init__(parent.front, surface=PYTHON, settings=parent.settings)
        self.watchers = parent.watchers
        self.body = body
        self.namespace = dict(variables)

    @property
    def client(self) -> Client:
        return self._traced or self._parent.client

    @property
    def host(self) -> str:
        return self._parent.host

    @property
    def uses_own_daemon(self) -> bool:
        return self._parent.uses_own_daemon

    def use(self, host: str) -> None:
        self._traced = None
        self._parent.use(host)


def call(
    session: Session, command: Command, signature: Signature, given: Sequence[Any], named: Any, *,
    group: Command | None = None,
) -> Result | None:  # fmt: skip
    """Do what a command does, with the arguments of a call. `group` has it among its verbs.

    Raises TypeError for arguments that it does not have, UsageError for values that it does not take, and what the
    command raises.
    """
    try:
        bound = signature.bind(None, *given, **named)
    except TypeError as error:
        raise TypeError(f"{command.name}: {error}") from None
    bound.apply_defaults()
    values = bound.arguments
    inputs = values.get("inputs") if carrying.VARIABLES[0] in arguments(command) else None
    options = Namespace(**{one.destination: _value(command, one, values) for one in arguments(command)})
    words = [*([group.name] if group else []), command.name, *(str(one) for one in given)]
    if group:
        options.chosen = command
    return tracing.perform(Call(session, values.get(BODY) or "", inputs or {}), group or command, options, words)


def _value(command: Command, argument: Argument, values: Mapping[str, Any]) -> object:
    value = values[keyword_of(argument)]
    if argument.takes is Takes.NOTHING:
        return bool(value)
    if argument in carrying.VARIABLES:
        return [value] if isinstance(value, str) else list(value or ())
    if argument.takes is Takes.EACH:
        return [_read(command, argument, text) for text in texts(argument, value)]
    if argument.takes in (Takes.MANY, Takes.ANY, Takes.REST):
        if argument.takes is Takes.MANY and not value:
            raise UsageError(f"{command.name}: which {keyword_of(argument)}? none is given")
        return [str(one) for one in value]
    return value if value is None or value == default(argument) else _read(command, argument, value)


def _read(command: Command, argument: Argument, value: object) -> object:
    name = keyword_of(argument)
    try:
        found = argument.parse(str(value))
    except (InvalidParameter, ValueError) as error:
        raise UsageError(f"{command.name}: {name}: {error}") from error
    if argument.choices and found not in argument.choices:
        raise UsageError(f"{command.name}: {name}: {found!r} is none of {', '.join(argument.choices)}")
    return found
