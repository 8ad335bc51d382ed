"""RUN: a process on the stage's top."""

from __future__ import annotations

from jupyter_containers.build.dockerfile.instructions import Run, Statement
from jupyter_containers.build.dockerfile.lines import Heredoc
from jupyter_containers.build.dockerfile.stages import PREDEFINED_ARGUMENTS
from jupyter_containers.build.dockerfile.to_graph.state import StageState
from jupyter_containers.build.executor import NetworkMode
from jupyter_containers.build.operations.definitions import Execute

# Where a script from a heredoc is found, as in BuildKit.
SCRIPTS = "/dev/pipes"


def run(state: StageState, instruction: Run, statement: Statement) -> None:
    """Add the process. Its environment is ENV plus the ARGs declared so far, which ENV overrides."""
    args, scripts = _arguments(state, instruction)
    arguments = {name: value for name, value in state.arguments.items() if name not in state.env}
    shown = [f"{name}={value}" for name, value in arguments.items()]
    # A proxy that an ARG names is an argument like others; one that is only given stays out of key and history.
    hidden = {
        name: value
        for name, value in state.build_args.items()
        if name in PREDEFINED_ARGUMENTS and value and name not in arguments
    }
    operation = Execute(
        args,
        (*state.process.env, *shown),
        state.working_dir,
        state.process.user,
        _network(state, instruction),
        shown=" ".join(args),
        hidden_env=tuple(f"{name}={value}" for name, value in hidden.items() if name not in state.env),
        scripts=scripts,
    )
    prefix = [f"|{len(shown)}", *shown] if shown else []
    state.add_step(statement, f"RUN {' '.join([*prefix, *args])} # buildkit", operation=operation)


def _network(state: StageState, instruction: Run) -> NetworkMode:
    chosen = instruction.network
    if chosen in ("none", "host"):
        return "none" if chosen == "none" else "host"
    return state.network


def _arguments(state: StageState, instruction: Run) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    command = instruction.command
    if not command.is_shell_form:
        return command.args, ()
    text = " ".join(command.args)
    heredocs = instruction.heredocs
    if len(heredocs) == 1 and len(text.split()) == 1:
        return _script(state, heredocs[0])
    # The shell understands heredocs by itself: it gets the line with what followed it.
    for heredoc in heredocs:
        text += f"\n{heredoc.content}{heredoc.name}"
    return (*state.shell, text), ()


def _script(state: StageState, heredoc: Heredoc) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """A RUN that is nothing but a heredoc: a script for the shell, or for the interpreter in its first line."""
    if not heredoc.content.startswith("#!"):
        return (*state.shell, heredoc.content), ()
    return (f"{SCRIPTS}/{heredoc.name}",), ((heredoc.name, heredoc.content),)
