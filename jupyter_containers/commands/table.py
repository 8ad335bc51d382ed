"""The table of commands: all words that a person can say, in the order in which help shows them."""

from __future__ import annotations

from jupyter_containers.commands import (
    build,
    committing,
    completion,
    compose,
    configuring,
    containers,
    copying,
    daemon,
    dashboard,
    debug,
    freeze,
    groups,
    happening,
    images,
    inspecting,
    kernel,
    layers,
    life,
    logins,
    looking,
    places,
    pulling,
    pushing,
    python,
    registry,
    run,
    sandbox,
    system,
    terminals,
    tracing,
)
from jupyter_containers.commands.command import Command, named
from jupyter_containers.commands.parsing import UsageError, listed
from jupyter_containers.commands.spelling import near

COMMANDS: tuple[Command, ...] = (
    build.BUILD,
    run.RUN,
    run.EXEC,
    python.PYTHON,
    sandbox.SANDBOX,
    compose.COMPOSE,
    kernel.KERNEL,
    freeze.FREEZE,
    debug.DEBUG,
    terminals.ATTACH,
    containers.PS,
    containers.LOGS,
    containers.START,
    containers.STOP,
    containers.KILL,
    containers.RM,
    life.RESTART,
    life.PAUSE,
    life.UNPAUSE,
    life.WAIT,
    life.RENAME,
    life.UPDATE,
    looking.TOP,
    looking.STATS,
    dashboard.DASHBOARD,
    looking.DIFF,
    looking.PORT,
    copying.CP,
    committing.COMMIT,
    committing.EXPORT,
    images.IMAGES,
    pulling.PULL,
    pushing.PUSH,
    images.TAG,
    images.RMI,
    looking.HISTORY,
    layers.LAYERS,
    committing.SAVE,
    committing.LOAD,
    committing.IMPORT,
    groups.CONTAINER,
    groups.IMAGE,
    places.NETWORK,
    places.VOLUME,
    inspecting.INSPECT,
    logins.LOGIN,
    logins.LOGOUT,
    system.SYSTEM,
    system.BUILDER,
    registry.REGISTRY,
    happening.EVENTS,
    looking.INFO,
    looking.VERSION,
    tracing.TRACE,
    tracing.DIAGRAM,
    daemon.DOCTOR,
    daemon.STATUS,
    daemon.USE,
    configuring.CONFIG,
    completion.COMPLETION,
)


def commands_in(surface: str) -> tuple[Command, ...]:
    """Return the commands that a surface has."""
    return tuple(command for command in COMMANDS if command.only_in in ("", surface))


def find(name: str, surface: str) -> Command:
    """Return the command called `name`. Raises UsageError with the names most like it."""
    if (command := named(name, commands_in(surface))) is not None:
        return command
    names = [command.name for command in commands_in(surface)]
    hint = near(name, names) or f"; there are {', '.join(names)}"
    raise UsageError(f"no command is called {name!r}{hint}")


def overview(prog: str, surface: str) -> str:
    """Return help on all commands."""
    lines = [f"usage: {prog} COMMAND …", "", *listed(commands_in(surface)), ""]
    return "\n".join([*lines, f"{prog} COMMAND --help explains one of them."])
