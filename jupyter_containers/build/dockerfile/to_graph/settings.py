"""Instructions that change only the image's config. `created_by` is written as BuildKit writes it."""

from __future__ import annotations

import re
import signal
from ipaddress import ip_address

from jupyter_containers.build.dockerfile.durations import go_duration, nanoseconds
from jupyter_containers.build.dockerfile.expand import ExpansionError, expand_words
from jupyter_containers.build.dockerfile.instructions import (
    Arg,
    Cmd,
    Command,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Shell,
    Statement,
    StopSignal,
    User,
    Volume,
)  # fmt: skip
from jupyter_containers.build.dockerfile.lines import Line
from jupyter_containers.build.dockerfile.quoting import go_list, go_quote, go_rune
from jupyter_containers.build.dockerfile.to_graph.state import StageState
from jupyter_containers.oci.image_config import Healthcheck as HealthcheckConfig

_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
_MAX_PORT = 65535


def env(state: StageState, instruction: Env, statement: Statement) -> None:
    """All values are those before the line."""
    expanded = _pairs(state, instruction.pairs, statement.line)
    for name, value in expanded:
        state.set_env(name, value)
    state.add_step(statement, _listed("ENV", expanded))


def label(state: StageState, instruction: Label, statement: Statement) -> None:
    expanded = _pairs(state, instruction.pairs, statement.line)
    state.change(labels=dict(state.process.labels) | dict(expanded))
    state.add_step(statement, _listed("LABEL", expanded))


def arg(state: StageState, instruction: Arg, statement: Statement) -> None:
    """A value given to the build wins, then the default, then the value from before the first FROM."""
    words: list[str] = []
    # All as before the line, as ENV has it.
    pairs = [
        (state.expand(name, statement.line), None if default is None else state.expand(default, statement.line))
        for name, default in instruction.pairs
    ]
    for name, expanded in pairs:
        given = state.build_args.get(name)
        value = given if given is not None else expanded
        if value is None:
            value = state.global_arguments.get(name)
        if value is not None:
            state.arguments[name] = value
        state.declared[name] = value or ""
        state.declarations.append(name)
        words.append(name if value is None else f"{name}={value}")
    state.add_step(statement, " ".join(["ARG", *words]))


def user(state: StageState, instruction: User, statement: Statement) -> None:
    name = state.expand(instruction.user, statement.line)
    state.change(user=name)
    state.add_step(statement, f"USER {name}")


def cmd(state: StageState, instruction: Cmd, statement: Statement) -> None:
    args = _command(state, instruction.command)
    # Windows alone reads the mark; BuildKit sets it everywhere, and images are compared.
    state.change(cmd=args or None, args_escaped=True)
    state.has_own_cmd = True
    state.add_step(statement, f"CMD {go_list(args)}")


def entrypoint(state: StageState, instruction: Entrypoint, statement: Statement) -> None:
    """Set it; a CMD that came from the base was meant for another program, so it goes."""
    args = _command(state, instruction.command)
    state.change(entrypoint=args or None)
    if not state.has_own_cmd:
        state.change(cmd=None)
    state.add_step(statement, f"ENTRYPOINT {go_list(args)}")


def expose(state: StageState, instruction: Expose, statement: Statement) -> None:
    ports: set[str] = set()
    for text in instruction.ports:
        try:
            words = expand_words(text, state.variables, statement.line.escape)
        except ExpansionError as error:
            raise statement.line.error(str(error)) from error
        for word in words:
            ports.update(_ports(word, statement.line))
    state.change(exposed_ports=tuple(sorted({*state.process.exposed_ports, *ports})))
    state.add_step(statement, f"EXPOSE map[{' '.join(f'{port}:{{}}' for port in sorted(ports))}]")


def volume(state: StageState, instruction: Volume, statement: Statement) -> None:
    paths = [state.expand(path, statement.line) for path in instruction.paths]
    if not all(paths):
        raise statement.line.error("VOLUME specified can not be an empty string")
    state.change(volumes=tuple(dict.fromkeys((*state.process.volumes, *paths))))
    state.add_step(statement, f"VOLUME [{' '.join(paths)}]")


def stop_signal(state: StageState, instruction: StopSignal, statement: Statement) -> None:
    text = state.expand(instruction.signal, statement.line)
    if not _is_signal(text):
        raise statement.line.error(f"Invalid signal: {text}")
    state.change(stop_signal=text)
    state.add_step(statement, f"STOPSIGNAL {text}")


def shell(state: StageState, instruction: Shell, statement: Statement) -> None:
    state.change(shell=instruction.args)
    state.add_step(statement, f"SHELL [{' '.join(instruction.args)}]")


def maintainer(state: StageState, instruction: Maintainer, statement: Statement) -> None:
    state.author = instruction.name
    state.add_step(statement, f"MAINTAINER {instruction.name}")


def onbuild(state: StageState, instruction: Onbuild, statement: Statement) -> None:
    """Keep the trigger for those who build on this image; it is no part of how the image came to be."""
    state.change(on_build=(*state.process.on_build, instruction.trigger))
    state.add_step(statement, "")


def healthcheck(state: StageState, instruction: Healthcheck, statement: Statement) -> None:
    health = _health(instruction, statement.line)
    state.change(healthcheck=health)
    times = " ".join(go_quote(go_duration(t)) for t in (health.interval, health.timeout, health.start_period))
    shown = (
        f"&{{{go_list(health.test)} {times} {go_quote(go_duration(health.start_interval))} {go_rune(health.retries)}}}"
    )
    state.add_step(statement, f"HEALTHCHECK {shown}")


def _health(instruction: Healthcheck, line: Line) -> HealthcheckConfig:
    command = instruction.command
    if command is None:
        return HealthcheckConfig(test=("NONE",))
    retries = instruction.retries or "0"
    if not retries.isascii() or not retries.isdigit() or len(retries) > 9:
        raise line.error(f"--retries must be a whole number of at least 0, not {retries!r}")
    return HealthcheckConfig(
        test=("CMD-SHELL" if command.is_shell_form else "CMD", *command.args),
        interval=nanoseconds("interval", instruction.interval, line),
        timeout=nanoseconds("timeout", instruction.timeout, line),
        start_period=nanoseconds("start-period", instruction.start_period, line),
        start_interval=nanoseconds("start-interval", instruction.start_interval, line),
        retries=int(retries),
    )


def _command(state: StageState, command: Command) -> tuple[str, ...]:
    return (*state.shell, *command.args) if command.is_shell_form else command.args


def _pairs(state: StageState, pairs: tuple[tuple[str, str], ...], line: Line) -> list[tuple[str, str]]:
    expanded = [(state.expand(name, line), state.expand(value, line)) for name, value in pairs]
    if not all(name for name, _ in expanded):
        raise line.error(f"{line.word} names can not be blank")
    return expanded


def _listed(word: str, pairs: list[tuple[str, str]]) -> str:
    return " ".join([word, *(f"{name}={value}" for name, value in pairs)])


def _ports(text: str, line: Line) -> list[str]:
    """Return the ports of the container; address and port of the host have no meaning, and are only looked at."""
    host, _, own = text.rpartition(":")
    own, _, protocol = own.partition("/")
    if (protocol.lower() or "tcp") not in _PROTOCOLS:
        raise line.error(f"Invalid proto: {protocol}")
    ports = _range(own)
    if ports is None:
        raise line.error(f"Invalid containerPort: {own}")
    address, _, port = host.rpartition(":")
    if address and not _is_address(address.removeprefix("[").removesuffix("]")):
        raise line.error(f"Invalid ip address: {address}")
    outside = _range(port) if port else ports
    if outside is None:
        raise line.error(f"Invalid hostPort: {port}")
    if len(outside) != len(ports) and len(ports) > 1:
        raise line.error(f"Invalid ranges specified for container and host Ports: {own} and {port}")
    return [f"{number}/{protocol.lower() or 'tcp'}" for number in ports]


def _range(text: str) -> range | None:
    match = _PORT.fullmatch(text)
    if match is None or not text.isascii():
        return None
    first, last = int(match[1]), int(match[2] or match[1])
    return range(first, last + 1) if first <= last <= _MAX_PORT else None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_signal(text: str) -> bool:
    name = text.upper().removeprefix("SIG")
    if name.isascii() and name.isdigit():
        return 0 < int(name[:4]) <= signal.SIGRTMAX
    base, sign, offset = name.partition("+") if name.startswith("RTMIN") else name.partition("-")
    if base in {"RTMIN", "RTMAX"} and sign:
        return offset.isascii() and offset.isdigit() and int(offset[:4]) <= signal.SIGRTMAX - signal.SIGRTMIN
    return f"SIG{name}" in signal.Signals.__members__
