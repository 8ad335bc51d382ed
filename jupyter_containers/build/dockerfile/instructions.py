"""Second pass: a line becomes one typed value. Variables are still unexpanded: only the stage knows them.

Messages are dockerd's. Source: the Dockerfile reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from jupyter_containers.build.dockerfile import arguments
from jupyter_containers.build.dockerfile.flags import Flags
from jupyter_containers.build.dockerfile.lines import Heredoc, Line, opens_heredoc, read_line
from jupyter_containers.build.dockerfile.mounts import RunMount, read_mount

NETWORK_MODES = ("default", "none", "host")


@dataclass(frozen=True, slots=True)
class From:
    image: str
    name: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line: `args` are complete in exec form, one text for the shell in shell form."""

    args: tuple[str, ...]
    is_shell_form: bool


@dataclass(frozen=True, slots=True)
class Run:
    command: Command
    network: str = "default"
    heredocs: tuple[Heredoc, ...] = ()
    mounts: tuple[RunMount, ...] = ()
    # --security=insecure: only in builds that are allowed to have such steps.
    is_insecure: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY, and with `unpacks` ADD. `source` is --from: a stage, an image, or "" for the context."""

    sources: tuple[str, ...]
    destination: str
    source: str = ""
    owner: str = ""
    mode: str = ""
    unpacks: bool = False
    # --unpack and --keep-git-dir of ADD; None where they are not said.
    unpack: bool | None = None
    keep_git_dir: bool | None = None
    checksum: str = ""
    with_parents: bool = False
    excludes: tuple[str, ...] = ()
    is_linked: bool = False
    heredocs: tuple[Heredoc, ...] = ()


@dataclass(frozen=True, slots=True)
class Env:
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Label:
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Arg:
    """Names with their defaults; None is no default."""

    pairs: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Workdir:
    path: str


@dataclass(frozen=True, slots=True)
class User:
    user: str


@dataclass(frozen=True, slots=True)
class Cmd:
    command: Command


@dataclass(frozen=True, slots=True)
class Entrypoint:
    command: Command


@dataclass(frozen=True, slots=True)
class Expose:
    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Volume:
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StopSignal:
    signal: str


@dataclass(frozen=True, slots=True)
class Shell:
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """`command` None is NONE; times as written (`5s`), "" for the default."""

    command: Command | None
    interval: str = ""
    timeout: str = ""
    start_period: str = ""
    start_interval: str = ""
    retries: str = ""


@dataclass(frozen=True, slots=True)
class Maintainer:
    name: str


@dataclass(frozen=True, slots=True)
class Onbuild:
    trigger: str


Instruction = (
    From | Run | Copy | Env | Label | Arg | Workdir | User | Cmd | Entrypoint | Expose | Volume | StopSignal | Shell
    | Healthcheck | Maintainer | Onbuild
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """An instruction and the line it came from."""

    instruction: Instruction
    line: Line


def parse(line: Line) -> Statement:
    """Return what a line says. Raises DockerfileError; Unsupported for what is known and not built yet."""
    reader = _READERS.get(line.word)
    if reader is None:
        raise line.error(f"unknown instruction: {line.word}")
    flags = Flags(line)
    statement = Statement(reader(line, flags), line)
    flags.refuse_unknown()
    return statement


def _from(line: Line, flags: Flags) -> From:
    words = line.rest.split()
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):
        raise line.error("FROM requires either one or three arguments")
    name = words[2].lower() if len(words) == 3 else ""
    if name and not arguments.is_stage_name(name):
        raise line.error(
            f'invalid name for build stage: "{words[2]}", name can\'t start with a number or contain symbols'
        )
    return From(words[0], name, flags.take("platform"))


def _run(line: Line, flags: Flags) -> Run:
    network = flags.take("network", "default")
    if network not in NETWORK_MODES:
        raise line.error(f'invalid network mode: "{network}"; choose one of {", ".join(NETWORK_MODES)}')
    flags.refuse("device", "no device of this machine is given to a step; leave it out")
    mounts = tuple(read_mount(text, line) for text in flags.take_all("mount"))
    is_insecure = _is_insecure(line, flags.take("security", "sandbox"))
    command = _command(line)
    if not command.args:
        raise line.error("RUN requires at least one argument")
    return Run(command, network, line.heredocs, mounts, is_insecure)


def _is_insecure(line: Line, mode: str) -> bool:
    if mode not in ("insecure", "sandbox"):
        raise line.error(f'security "{mode}" is not valid; choose sandbox or insecure')
    return mode == "insecure"


def _copy(line: Line, flags: Flags) -> Copy:
    words = arguments.words_or_json(line)
    sources = tuple(word for word in words[:-1] if not (line.heredocs and opens_heredoc(word)))
    if len(words) < 2:
        raise line.error(arguments.too_few_for_copy(line.word, len(words)))
    unpacks = line.word == "ADD"
    unpack = flags.take_choice("unpack") if unpacks else None
    keep_git_dir = flags.take_choice("keep-git-dir") if unpacks else None
    if not unpacks and any("$" in flag for flag in line.flags if flag.startswith("--from=")):
        raise line.error(
            "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope "
            "as a workaround"
        )
    return Copy(
        sources,
        words[-1],
        source="" if unpacks else flags.take("from"),
        owner=flags.take("chown"),
        mode=flags.take("chmod"),
        unpacks=unpacks,
        unpack=unpack,
        keep_git_dir=keep_git_dir,
        checksum=flags.take("checksum") if unpacks else "",
        with_parents=not unpacks and flags.take_switch("parents"),
        excludes=flags.take_all("exclude"),
        is_linked=flags.take_switch("link"),
        heredocs=line.heredocs,
    )


def _arg(line: Line, _: Flags) -> Arg:
    if not line.rest:
        raise line.error("ARG requires at least one argument")
    return Arg(arguments.names_with_defaults(line))


def _user(line: Line, _: Flags) -> User:
    return User(arguments.exactly_one(line))


def _workdir(line: Line, _: Flags) -> Workdir:
    return Workdir(arguments.exactly_one(line))


def _stop_signal(line: Line, _: Flags) -> StopSignal:
    return StopSignal(arguments.exactly_one(line))


def _maintainer(line: Line, _: Flags) -> Maintainer:
    return Maintainer(arguments.exactly_one(line))


def _expose(line: Line, _: Flags) -> Expose:
    if not line.rest:
        raise line.error("EXPOSE requires at least one argument")
    return Expose(tuple(line.rest.split()))


def _volume(line: Line, _: Flags) -> Volume:
    paths = tuple(path.strip() for path in arguments.words_or_json(line))
    if not paths:
        raise line.error("VOLUME requires at least one argument")
    if not all(paths):
        raise line.error("VOLUME specified can not be an empty string")
    return Volume(paths)


def _shell(line: Line, _: Flags) -> Shell:
    words = arguments.json_words(line)
    if words is None:
        raise line.error("SHELL requires the arguments to be in JSON form")
    if not words:
        raise line.error("SHELL requires at least one argument")
    return Shell(words)


def _healthcheck(line: Line, flags: Flags) -> Healthcheck:
    kind, rest = (*line.rest.split(None, 1), "", "")[:2]
    if not kind:
        raise line.error("HEALTHCHECK requires at least one argument")
    if kind.upper() == "NONE":
        if rest:
            raise line.error("HEALTHCHECK NONE takes no arguments")
        return Healthcheck(None)
    if kind.upper() != "CMD":
        raise line.error(f'unknown type "{kind}" in HEALTHCHECK (try CMD)')
    command = arguments.command(line, rest)
    if not command[0]:
        raise line.error("missing command after HEALTHCHECK CMD")
    names = ("interval", "timeout", "start-period", "start-interval", "retries")
    return Healthcheck(Command(*command), *(flags.take(name) for name in names))


def _onbuild(line: Line, _: Flags) -> Onbuild:
    if not line.rest:
        raise line.error("ONBUILD requires at least one argument")
    parse_trigger(replace(read_line(line.rest, line.escape, line.lines), heredocs=line.heredocs), line)
    return Onbuild(line.rest + "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in line.heredocs))


def parse_trigger(trigger: Line, line: Line) -> Statement:
    """Return what a line says that is to run later. Raises DockerfileError, blaming `line`, for what must not."""
    if trigger.word == "ONBUILD":
        raise line.error("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger.word in {"FROM", "MAINTAINER"}:
        raise line.error(f"{trigger.word} isn't allowed as an ONBUILD trigger")
    return parse(trigger)


def _command(line: Line) -> Command:
    return Command(*arguments.command(line, line.rest))


_READERS: Mapping[str, Callable[[Line, Flags], Instruction]] = {
    "FROM": _from,
    "RUN": _run,
    "COPY": _copy,
    "ADD": _copy,
    "ENV": lambda line, _: Env(arguments.pairs(line)),
    "LABEL": lambda line, _: Label(arguments.pairs(line)),
    "ARG": _arg,
    "WORKDIR": _workdir,
    "USER": _user,
    "CMD": lambda line, _: Cmd(_command(line)),
    "ENTRYPOINT": lambda line, _: Entrypoint(_command(line)),
    "EXPOSE": _expose,
    "VOLUME": _volume,
    "STOPSIGNAL": _stop_signal,
    "SHELL": _shell,
    "HEALTHCHECK": _healthcheck,
    "MAINTAINER": _maintainer,
    "ONBUILD": _onbuild,
}
