"""What can stand at a place in a Dockerfile: instructions, flags and their values, stages, images. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jupyter_containers.commands.command import Completes
from jupyter_containers.commands.proposals import Proposals

KEYWORDS = (
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "ONBUILD", "RUN",
    "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
)  # fmt: skip
# Flags of an instruction; those that end in = take a value.
FLAGS = {
    "ADD": ("--checksum=", "--chmod=", "--chown=", "--exclude=", "--keep-git-dir", "--link", "--unpack"),
    "COPY": ("--chmod=", "--chown=", "--exclude=", "--from=", "--link", "--parents"),
    "FROM": ("--platform=",),
    "HEALTHCHECK": ("--interval=", "--retries=", "--start-interval=", "--start-period=", "--timeout="),
    "RUN": ("--mount=", "--network=", "--security="),
}
_VALUES = {
    "--network=": ("default", "host", "none"),
    "--security=": ("insecure", "sandbox"),
    "--platform=": ("$BUILDPLATFORM", "$TARGETPLATFORM", "linux/amd64", "linux/arm64"),
    "--mount=": tuple(f"type={kind}," for kind in ("bind", "cache", "secret", "ssh", "tmpfs")),
}
_STAGE = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*\S+\s+AS\s+(\S+)", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(r"^\s*FROM\s", re.IGNORECASE | re.MULTILINE)


def propose_in_dockerfile(line: str, above: Sequence[str] = ()) -> Proposals:
    """Return what may stand at the end of a line of which `line` has been typed, below the lines `above`."""
    text = _whole([*above, line])
    words = text.split()
    fragment = "" if text[-1:].isspace() or not words else words.pop()
    if words and words[0].upper() == "ONBUILD":
        words = words[1:]
    if not words:
        return Proposals(KEYWORDS)
    instruction, rest = words[0].upper(), [word for word in words[1:] if not word.startswith("--")]
    if fragment.startswith("--") and not rest:
        return _flag(instruction, fragment, above)
    if instruction == "FROM":
        return _base(rest, above)
    return Proposals(("NONE", "CMD")) if instruction == "HEALTHCHECK" and not rest else Proposals()


def _whole(lines: Sequence[str]) -> str:
    """Return the instruction at the end: its line, and those that it continues."""
    found = lines[-1]
    for line in reversed(lines[:-1]):
        if not line.rstrip().endswith("\\"):
            break
        found = f"{line.rstrip()[:-1]} {found}"
    return found


def _flag(instruction: str, fragment: str, above: Sequence[str]) -> Proposals:
    name, equals, value = fragment.partition("=")
    if not equals:
        return Proposals(FLAGS.get(instruction, ()))
    flag = f"{name}="
    if flag not in FLAGS.get(instruction, ()):
        return Proposals()
    if flag == "--from=":
        return Proposals(stages(above), Completes.IMAGE, flag)
    if flag == "--mount=" and ",from=" in f",{value}":
        return Proposals(stages(above), Completes.IMAGE, f"{fragment.rpartition('from=')[0]}from=")
    return Proposals(_VALUES.get(flag, ()), Completes.NOTHING, flag)


def _base(rest: Sequence[str], above: Sequence[str]) -> Proposals:
    if not rest:
        return Proposals((*stages(above), "scratch"), Completes.IMAGE)
    return Proposals(("AS",)) if len(rest) == 1 else Proposals()


def stages(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the stages in the lines; one without a name is known by its number."""
    text = "\n".join(lines)
    names = [match[1] for match in _STAGE.finditer(text)]
    return (*names, *map(str, range(len(_FROM.findall(text)) if not names else 0)))
