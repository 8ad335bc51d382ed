"""RUN: a process on the stage's top."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from jupyter_containers.build.dockerfile.instructions import Run, Statement
from jupyter_containers.build.dockerfile.lines import Heredoc, Line
from jupyter_containers.build.dockerfile.mounts import RunMount, read_mount
from jupyter_containers.build.dockerfile.stages import CACHE_NAMESPACE, HOSTNAME, PREDEFINED_ARGUMENTS, Dockerfile
from jupyter_containers.build.dockerfile.to_graph.files import file_name, origin
from jupyter_containers.build.dockerfile.to_graph.state import StageState
from jupyter_containers.build.executor import NetworkMode
from jupyter_containers.build.graph import Vertex, vertex
from jupyter_containers.build.operations.definitions import CopyFiles, Execute, ImageRoot, StepMount
from jupyter_containers.errors import Unsupported
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.platform import host_platform

# Where a script from a heredoc is found, as in BuildKit.
SCRIPTS = "/dev/pipes"
# Where an agent's socket is found, with the number of the mount behind it, as in BuildKit.
AGENT = "/run/buildkit/ssh_agent"
# Where, in a filesystem made for it, a bind finds its part of the context: a file or a directory.
CONTEXT_PART = "/part"
_HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")


def run(
    state: StageState,
    instruction: Run,
    statement: Statement,
    *,
    dockerfile: Dockerfile,
    stages: Mapping[int, StageState],
    images: Mapping[str, Image],
) -> None:
    """Add the process. Its environment is ENV plus the ARGs declared so far, which ENV overrides."""
    _check_runs(state, statement.line)
    mounts, inputs = _mounts(
        state, instruction, statement.line, lambda name: origin(name, dockerfile, stages, images, before=state.number)
    )
    args, scripts = _arguments(state, instruction, statement.line)
    env = state.env
    arguments = {name: value for name, value in state.arguments.items() if name not in env}
    given = [f"{name}={value}" for name, value in arguments.items()]
    hidden = {name: value for name, value in _proxies(state).items() if name not in arguments}
    operation = Execute(
        args,
        (*state.process.env, *given),
        state.working_dir,
        state.process.user,
        _network(state, instruction),
        shown=" ".join(args),
        hidden_env=tuple(f"{name}={value}" for name, value in hidden.items() if name not in env),
        scripts=scripts,
        mounts=mounts,
        shell=state.shell,
        is_insecure=instruction.is_insecure,
        hostname=_hostname(state, statement.line),
    )
    values = state.declared | env
    shown = [f"{name}={values[name]}" for name in state.declarations]
    prefix = [f"|{len(shown)}", *shown] if shown else []
    state.add_step(statement, f"RUN {' '.join([*prefix, *args])} # buildkit", operation=operation, inputs=inputs)


def _proxies(state: StageState) -> dict[str, str]:
    """Return the proxies given to the build, in capitals and small letters: programs look for either.

    One that an ARG names is an argument like others; what is only given stays out of key and history.
    """
    given = {name: value for name, value in state.build_args.items() if name in PREDEFINED_ARGUMENTS and value}
    both = {name: value for key, value in given.items() for name in (key.upper(), key.lower())}
    return both | given


def _check_runs(state: StageState, line: Line) -> None:
    if state.foreign:
        raise Unsupported(
            f"cannot run programs for {state.foreign} on {host_platform()} (line {line.start}): no emulator is "
            "registered for them in binfmt_misc with the flag F; install qemu-user-static, or leave --platform out",
            line=line.start, end_line=line.end, source=line.text,
        )  # fmt: skip


def _mounts(
    state: StageState, instruction: Run, line: Line, find: Callable[[str], Vertex]
) -> tuple[tuple[StepMount, ...], tuple[Vertex, ...]]:
    """Return the mounts, and the vertices that they show, in the order in which the mounts number them from 1."""
    found: list[StepMount] = []
    inputs: list[Vertex] = []
    for written in instruction.mounts:
        mount = _expanded(state, written, line).settled(state.working_dir)
        if mount.kind == "ssh" and not mount.target:
            mount = replace(mount, target=f"{AGENT}.{sum(other.kind == 'ssh' for other in found)}")
        _check(mount, line)
        source, number = mount.source, 0
        if mount.origin or mount.kind == "bind":
            number = len(inputs) + 1
            inputs.append(find(mount.origin) if mount.origin else _of_context(source, line))
            source = source if mount.origin else CONTEXT_PART
        found.append(StepMount(
            mount.kind, mount.target, source, number, mount.identity, mount.writable, mount.sharing, mount.size_bytes,
            mount.mode, mount.uid, mount.gid, mount.required, mount.variable,
        ))  # fmt: skip
    return tuple(found), tuple(inputs)


def _expanded(state: StageState, written: RunMount, line: Line) -> RunMount:
    """Return a mount with its variables replaced. Source, for the name of caches: Dockerfile reference, build args."""

    def expand(text: str) -> str:
        return state.expand(text, line)

    mount = read_mount(written.deferred, line, expand) if written.deferred else written.expanded(expand)
    namespace = state.build_args.get(CACHE_NAMESPACE)
    if mount.kind != "cache" or not namespace:
        return mount
    return replace(mount, identity=f"{namespace}/{mount.settled(state.working_dir).identity}")


def _hostname(state: StageState, line: Line) -> str:
    """Return what the build wants its steps' machine to be called, "" for no wish."""
    name = state.build_args.get(HOSTNAME) or ""
    if name and not _HOSTNAME.fullmatch(name):
        raise line.error(f"invalid {HOSTNAME} {name!r}: write letters, digits, dots and hyphens, at most 63")
    return name


def _check(mount: RunMount, line: Line) -> None:
    if mount.kind == "secret":
        if not mount.identity:
            raise line.error("a secret mount has no id after expansion")
        return
    if mount.target == "/":
        raise line.error('invalid mount target "/"')


def _of_context(source: str, line: Line) -> Vertex:
    """The part of the context that a bind shows, without what is ignored, as files of their own: it is no pattern."""
    escaped = "".join(f"\\{char}" if char in "\\*?[" else char for char in source or ".")
    operation = CopyFiles((escaped,), CONTEXT_PART, word="RUN --mount")
    return vertex(operation, (vertex(ImageRoot(None)),), lines=line.lines, source=line.text)


def _network(state: StageState, instruction: Run) -> NetworkMode:
    chosen = instruction.network
    if chosen in ("none", "host"):
        return "none" if chosen == "none" else "host"
    return state.network


def _arguments(state: StageState, instruction: Run, line: Line) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    command = instruction.command
    if not command.is_shell_form:
        return command.args, ()
    text = " ".join(command.args)
    heredocs = instruction.heredocs
    if len(heredocs) == 1 and len(text.split()) == 1:
        return _script(state, heredocs[0], line)
    # The shell understands heredocs by itself: it gets the line with what followed it.
    for heredoc in heredocs:
        text += f"\n{heredoc.content}{heredoc.name}"
    return (*state.shell, text), ()


def _script(state: StageState, heredoc: Heredoc, line: Line) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """A RUN that is nothing but a heredoc: a script for the shell, or for the interpreter in its first line."""
    if not heredoc.content.startswith("#!"):
        return (*state.shell, heredoc.content), ()
    name = file_name(heredoc, line)
    return (f"{SCRIPTS}/{name}",), ((name, heredoc.content),)
