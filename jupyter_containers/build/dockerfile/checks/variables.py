"""Variables that nothing defines, and secrets in those that are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from jupyter_containers.build.dockerfile.checks.finding import Finding, Group, Subject, found
from jupyter_containers.build.dockerfile.expand import ExpansionError, expand
from jupyter_containers.build.dockerfile.instructions import (
    Arg,
    Copy,
    Env,
    Expose,
    Label,
    Run,
    Statement,
    StopSignal,
    User,
    Volume,
    Workdir,
)  # fmt: skip
from jupyter_containers.build.dockerfile.stages import PREDEFINED_ARGUMENTS, SCRATCH, platform_arguments
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.reference import Reference

_SECRET = re.compile(
    r"(?:^|_)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)", re.IGNORECASE
)
_PUBLIC = re.compile(r"(?:^|_)public(?:_|$)", re.IGNORECASE)
_USE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?=[}#%/])|([A-Za-z_][A-Za-z0-9_]*))")


def secrets(subject: Subject) -> Iterator[Finding]:
    for statement in subject.statements:
        instruction = statement.instruction
        if not isinstance(instruction, Arg | Env):
            continue
        for name, _ in instruction.pairs:
            if _SECRET.search(name) and not _PUBLIC.search(name):
                word = statement.line.word
                text = f'Do not use ARG or ENV instructions for sensitive data ({word} "{name}")'
                yield found("SecretsUsedInArgOrEnv", statement.line, text)


def in_from(subject: Subject) -> Iterator[Finding]:
    known = {*platform_arguments(), *PREDEFINED_ARGUMENTS, *(name for name, _ in _declared(subject.head))}
    for group in subject.groups:
        line = group.opening.line
        for name in _used((group.base.image, group.base.platform), line.escape):
            if name not in known:
                text = f"FROM argument '{name}' is not declared{_meant(name, known, '')}"
                yield found("UndefinedArgInFrom", line, text)


def defaults_in_from(subject: Subject) -> Iterator[Finding]:
    values: dict[str, str] = platform_arguments()
    for name, default in _declared(subject.head):
        if default is not None:
            values[name] = _expanded(default, values)
    for group in subject.groups:
        written = group.base.image
        if not _used((written,), group.opening.line.escape):
            continue
        if not _is_image(_expanded(written, values)):
            text = f"Default value for ARG {written} results in empty or invalid base image name"
            yield found("InvalidDefaultArgInFrom", group.opening.line, text)


def undefined(subject: Subject) -> Iterator[Finding]:
    """What a stage stands on counts: an earlier stage's ENV, or that of a base image if it is known."""
    environments: dict[str, frozenset[str]] = {name: frozenset(of) for name, of in subject.environments.items()}
    environments[SCRATCH] = frozenset()
    for group in subject.groups:
        inherited = environments.get(group.base.image)
        if inherited is None:
            inherited = environments.get(group.base.image.lower())
        if inherited is None:
            continue
        env = {"PATH", *inherited}
        yield from _undefined_in(group, env)
        if group.base.name:
            environments[group.base.name] = frozenset(env)


def _undefined_in(group: Group, env: set[str]) -> Iterator[Finding]:
    """Yield what is not defined; afterwards `env` has what the stage sets."""
    arguments: set[str] = set(PREDEFINED_ARGUMENTS)
    for statement in group.statements:
        instruction, line = statement.instruction, statement.line
        known = env | arguments
        if isinstance(instruction, Arg):
            arguments |= {name for name, _ in instruction.pairs}
            known |= arguments
        for name in _used(_words(statement), line.escape):
            if name not in known:
                yield found("UndefinedVar", line, f"Usage of undefined variable '${name}'{_meant(name, known, '$')}")
        if isinstance(instruction, Env):
            env |= {name for name, _ in instruction.pairs}


def _words(statement: Statement) -> tuple[str, ...]:
    """Return the texts of an instruction in which variables are replaced."""
    match statement.instruction:
        case Env(pairs) | Label(pairs):
            return tuple(text for pair in pairs for text in pair)
        case Arg(pairs):
            return tuple(default for _, default in pairs if default is not None)
        case Copy() as copy:
            return (*copy.sources, copy.destination, copy.owner, copy.mode, *copy.excludes)
        case Run() as run:
            return tuple(
                text for mount in run.mounts for text in (mount.deferred, mount.target, mount.source, mount.identity)
            )
        case Expose(texts) | Volume(texts):
            return texts
        case Workdir(text) | User(text) | StopSignal(text):
            return (text,)
    return ()


def _used(words: Iterable[str], escape: str) -> list[str]:
    """Return the variables that words use without saying what holds when they are not set, each once."""
    names: dict[str, None] = {}
    for word in words:
        position, quote = 0, ""
        while position < len(word):
            char = word[position]
            if quote == "'":
                quote = "" if char == "'" else quote
            elif char == escape:
                position += 1
            elif char in ("'", '"'):
                quote = "" if char == quote else quote or char
            elif char == "$" and (match := _USE.match(word, position)):
                names[match[1] or match[2]] = None
            position += 1
    return list(names)


def _declared(statements: Iterable[Statement]) -> list[tuple[str, str | None]]:
    return [pair for s in statements if isinstance(s.instruction, Arg) for pair in s.instruction.pairs]


def _expanded(text: str, values: Mapping[str, str]) -> str:
    try:
        return expand(text, values)
    except ExpansionError:
        return ""


def _is_image(text: str) -> bool:
    try:
        Reference.parse(text)
    except InvalidParameter:
        return False
    return True


def _meant(name: str, known: Collection[str], sigil: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return f" (did you mean {sigil}{close[0]}?)" if close else ""
