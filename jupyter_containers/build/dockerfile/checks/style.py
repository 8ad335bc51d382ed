"""How things are written: case, old forms, comments that describe."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jupyter_containers.build.dockerfile.arguments import is_url
from jupyter_containers.build.dockerfile.checks.finding import Finding, Subject, as_written, found
from jupyter_containers.build.dockerfile.expand import split_words
from jupyter_containers.build.dockerfile.instructions import (
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Label,
    Maintainer,
    Shell,
    Statement,
    Workdir,
)  # fmt: skip
from jupyter_containers.build.dockerfile.wildcards import has_wildcard

_COMMENT = re.compile(r"\s*#\s*(.*?)\s*")
_DIRECTIVE = re.compile(r"\s*#\s*[A-Za-z]+\s*=.*")


def empty_continuation(subject: Subject) -> Iterator[Finding]:
    for number, text in subject.document.warnings:
        if not text.startswith("Empty continuation line"):
            continue
        line = next(s.line for s in subject.statements if s.line.start <= number <= s.line.end)
        yield found("NoEmptyContinuation", line, "Empty continuation line")


def instruction_casing(subject: Subject) -> Iterator[Finding]:
    words = [(statement.line, as_written(statement.line)) for statement in subject.statements]
    lower, upper = sum(word.islower() for _, word in words), sum(word.isupper() for _, word in words)
    majority = "lowercase" if lower > upper else "uppercase"
    for line, word in words:
        if not (word.islower() if majority == "lowercase" else word.isupper()):
            text = f"Command '{word}' should match the case of the command majority ({majority})"
            yield found("ConsistentInstructionCasing", line, text)


def stage_casing(subject: Subject) -> Iterator[Finding]:
    for group in subject.groups:
        line, words = group.opening.line, group.opening.line.rest.split()
        if len(words) != 3:
            continue
        keyword = as_written(line)
        if words[2] != words[2].lower():
            yield found("StageNameCasing", line, f"Stage name '{words[2]}' should be lowercase")
        if keyword.isupper() != words[1].isupper() or keyword.islower() != words[1].islower():
            yield found("FromAsCasing", line, f"'{words[1]}' and '{keyword}' keywords' casing do not match")


def shell_form(subject: Subject) -> Iterator[Finding]:
    """A stage that chooses its own shell means it."""
    for group in subject.groups:
        if any(isinstance(statement.instruction, Shell) for statement in group.statements):
            continue
        for statement in group.statements:
            instruction = statement.instruction
            if isinstance(instruction, Cmd | Entrypoint) and instruction.command.is_shell_form:
                text = (
                    f"JSON arguments recommended for {statement.line.word} to prevent unintended behavior related to "
                    "OS signals"
                )
                yield found("JSONArgsRecommended", statement.line, text)


def maintainer(subject: Subject) -> Iterator[Finding]:
    for statement in subject.statements:
        if isinstance(statement.instruction, Maintainer):
            text = "Maintainer instruction is deprecated in favor of using label"
            yield found("MaintainerDeprecated", statement.line, text)


def legacy_pairs(subject: Subject) -> Iterator[Finding]:
    for statement in subject.statements:
        line = statement.line
        if isinstance(statement.instruction, Env | Label) and "=" not in split_words(line.rest, line.escape)[0]:
            text = f'"{line.word} key=value" should be used instead of legacy "{line.word} key value" format'
            yield found("LegacyKeyValueFormat", line, text)


def exposed(subject: Subject) -> Iterator[Finding]:
    for statement in subject.statements:
        if not isinstance(statement.instruction, Expose):
            continue
        for port in statement.instruction.ports:
            protocol = port.partition("/")[2]
            if protocol != protocol.lower() and "$" not in protocol:
                text = f"Defined protocol '{port}' in EXPOSE instruction should be lowercase"
                yield found("ExposeProtoCasing", statement.line, text)
            if ":" in port and "$" not in port:
                text = f"EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'"
                yield found("ExposeInvalidFormat", statement.line, text)


def relative_workdir(subject: Subject) -> Iterator[Finding]:
    settled: set[str] = set()
    for group in subject.groups:
        is_settled = group.base.image.lower() in settled
        for statement in group.statements:
            if not isinstance(statement.instruction, Workdir) or is_settled:
                continue
            path = statement.instruction.path
            if path.startswith(("/", "$")):
                is_settled = True
            else:
                text = f'Relative workdir "{path}" can have unexpected results if the base image changes'
                yield found("WorkdirRelativePath", statement.line, text)
        if is_settled and group.base.name:
            settled.add(group.base.name)


def ignored_files(subject: Subject) -> Iterator[Finding]:
    for statement in subject.statements:
        instruction = statement.instruction
        if not isinstance(instruction, Copy) or instruction.source:
            continue
        for source in instruction.sources:
            path = source.removeprefix("./").strip("/")
            if "$" in source or is_url(source) or has_wildcard(source) or path in ("", "."):
                continue
            if subject.ignores(path):
                text = f'Attempting to {statement.line.word} file "{source}" that is excluded by .dockerignore'
                yield found("CopyIgnoredFile", statement.line, text)


def descriptions(subject: Subject) -> Iterator[Finding]:
    """A comment right above a stage or an argument describes it, and so begins with its name."""
    for statement in subject.statements:
        name, start = _defined(statement), statement.line.start
        if not name or start < 2:
            continue
        match = _COMMENT.fullmatch(subject.source[start - 2].removesuffix("\r"))
        is_directive = match is not None and _DIRECTIVE.fullmatch(match[0]) is not None and start == 2
        if match is None or is_directive or not match[1] or match[1].split()[0] == name:
            continue
        text = (
            f"The comment above should begin with the name it describes, as in `# {name} <description>`; an empty line "
            "between them says that it is no description"
        )
        yield Finding("InvalidDefinitionDescription", text, (start - 1, statement.line.end))


def _defined(statement: Statement) -> str:
    instruction = statement.instruction
    if isinstance(instruction, From):
        words = statement.line.rest.split()
        return words[2] if len(words) == 3 else ""
    if isinstance(instruction, Arg) and len(instruction.pairs) == 1:
        return instruction.pairs[0][0]
    return ""
