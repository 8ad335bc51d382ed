"""Third pass: statements become stages, and the target says which of them are needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from jupyter_containers.build.dockerfile.expand import ExpansionError, expand
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.instructions import Arg, Copy, From, Instruction, Run, Statement, parse
from jupyter_containers.build.dockerfile.lines import Document
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.platform import Platform, host_platform
from jupyter_containers.oci.reference import Reference

SCRATCH = "scratch"
NO_IMAGES: Mapping[str, str] = MappingProxyType({})

# Every line carries the whole environment before it: without a limit a few megabytes would take hours.
MAX_INSTRUCTIONS = 5000

# Usable without ARG, and then neither in history nor in the cache key. Source: Dockerfile reference, Predefined ARGs.
PREDEFINED_ARGUMENTS = frozenset(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (upper, upper.lower())
)

# Given to the builder as much as to the Dockerfile: it acts on them without an ARG.
CACHE_NAMESPACE, HOSTNAME = "BUILDKIT_CACHE_MOUNT_NS", "BUILDKIT_SANDBOX_HOSTNAME"
BUILDER_ARGUMENTS = frozenset({
    "SOURCE_DATE_EPOCH", "BUILDKIT_INLINE_CACHE", "BUILDKIT_SYNTAX", "BUILDKIT_DOCKERFILE_CHECK",
    "BUILDKIT_CONTEXT_KEEP_GIT_DIR", CACHE_NAMESPACE, HOSTNAME,
    # What a list of builds shows, and what git says beside its work: nothing of that is here.
    "BUILDKIT_BUILD_NAME", "BUILDKIT_GIT_ADVICE",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """`base` is expanded: `scratch`, a name for an image, or that of the earlier stage numbered `parent`.

    `triggers` are what ONBUILD has left in the base, once that is known; see triggers.py.
    """

    number: int
    name: str
    base: str
    parent: int | None
    platform: str
    opening: Statement
    statements: tuple[Statement, ...]
    triggers: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """All stages; `arguments` are the values of the ARGs before the first FROM."""

    stages: tuple[Stage, ...]
    arguments: Mapping[str, str]
    statements: tuple[Statement, ...] = ()
    warnings: tuple[tuple[int, str], ...] = ()
    # Names of --build-context: folders, and images that stand for others. They win over stages.
    folders: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    # Those of them that stand for nothing (docker-image://scratch).
    empty: frozenset[str] = frozenset()
    # What is built for; None: this machine.
    platform: Platform | None = None

    def platform_of(self, stage: Stage) -> Platform | None:
        """Return what a stage's base has to be for. Raises DockerfileError for what is no platform."""
        if not stage.platform:
            return self.platform
        try:
            return Platform.parse(stage.platform)
        except InvalidParameter as error:
            raise stage.opening.line.error(f"failed to parse platform {stage.platform}: {error.message}") from error

    def base_key(self, stage: Stage) -> str:
        """Return the key by which the base image of a stage is found among those that were resolved."""
        return image_key(stage.base, self.platform_of(stage))

    def is_scratch(self, name: str) -> bool:
        """Say whether FROM or --from means nothing at all by a name that is no stage's."""
        return name == SCRATCH or _named(self.empty, name) is not None

    def folder(self, name: str) -> str | None:
        """Return the named context with files that FROM or --from means, None if it means something else."""
        return _named(self.folders, name)

    def target(self, name: str) -> Stage:
        """Return the stage called `name` (or numbered), the last for "". Raises DockerfileError."""
        if not name:
            return self.stages[-1]
        found = self.find(name, len(self.stages))
        if found is None:
            raise DockerfileError(f"failed to reach build target {name} in Dockerfile")
        return found

    def find(self, name: str, before: int) -> Stage | None:
        """Return the stage that `--from=name` in stage `before` means, None for an image or a named context."""
        if _named(self.folders, name) is not None or _named(self.images, name) is not None:
            return None
        for stage in reversed(self.stages[:before]):
            if stage.name and stage.name == name.lower():
                return stage
        if name.isascii() and name.isdigit() and len(name) < 6 and int(name) < before:
            return self.stages[int(name)]
        return None

    def needed(self, target: Stage) -> tuple[Stage, ...]:
        """Return the target and the stages it uses, in the order of the file."""
        wanted, waiting = {target.number}, [self.stages[target.number]]
        while waiting:
            stage = waiting.pop()
            for number in self._uses(stage) - wanted:
                wanted.add(number)
                waiting.append(self.stages[number])
        return tuple(stage for stage in self.stages if stage.number in wanted)

    def _uses(self, stage: Stage) -> set[int]:
        used = set() if stage.parent is None else {stage.parent}
        for statement in (*stage.triggers, *stage.statements):
            for origin in origins(statement.instruction):
                found = self.find(origin, stage.number)
                used |= {found.number} if found else set()
        return used


def image_key(name: str, platform: Platform | None) -> str:
    """Return a key for an image as it is for a platform: one name may stand for several."""
    return name if platform is None or platform == host_platform() else f"{name} {platform}"


def origins(instruction: Instruction) -> tuple[str, ...]:
    """Return the stages and images that an instruction takes files from, as written."""
    if isinstance(instruction, Copy):
        return (instruction.source,) if instruction.source else ()
    if isinstance(instruction, Run):
        return tuple(mount.origin for mount in instruction.mounts if mount.origin)
    return ()


def _named(contexts: Collection[str], name: str) -> str | None:
    """Return the context with a name, as BuildKit compares them: `x`, `x:latest` and `docker.io/library/x` are one."""
    if name in contexts:
        return name
    wanted = _familiar(name)
    return next((context for context in contexts if _familiar(context) == wanted), None)


def _familiar(name: str) -> str:
    try:
        return Reference.parse(name).familiar.removesuffix(":latest")
    except InvalidParameter:
        return name


def replaced(images: Mapping[str, str], name: str) -> str:
    """Return the image that stands for another, else the other."""
    context = _named(images.keys(), name)
    return name if context is None else images[context]


def divide(
    document: Document,
    build_args: Mapping[str, str | None],
    *,
    folders: Collection[str] = (),
    images: Mapping[str, str] = NO_IMAGES,
    platform: Platform | None = None,
    target: str = "",
) -> Dockerfile:
    """Return the stages of a document. Raises DockerfileError with the lines.

    `folders` are the names of contexts, `images` those with what stands for them; see Dockerfile.
    """
    if len(document.lines) > MAX_INSTRUCTIONS:
        raise document.lines[MAX_INSTRUCTIONS].error(
            f"more than {MAX_INSTRUCTIONS} instructions; use a script in a RUN"
        )
    statements = [parse(line) for line in document.lines]
    first = next((i for i, s in enumerate(statements) if isinstance(s.instruction, From)), len(statements))
    arguments = _global_arguments(statements[:first], build_args, platform_arguments(platform, target))
    if first == len(statements):
        raise statements[0].line.error("no build stage in current context")
    stages: list[Stage] = []
    for opening, own in _groups(statements[first:]):
        stages.append(_stage(opening, own, stages, arguments, {*folders, *images}))
    return Dockerfile(
        tuple(stages), arguments, tuple(statements), document.warnings, frozenset(folders), frozenset(images),
        frozenset(name for name, image in images.items() if image == SCRATCH), platform,
    )  # fmt: skip


def unused_arguments(dockerfile: Dockerfile, build_args: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the values given to the build that no ARG takes: most likely they are misspelt."""
    declared = {
        name
        for statement in dockerfile.statements
        if isinstance(statement.instruction, Arg)
        for name, _ in statement.instruction.pairs
    }
    return tuple(
        sorted(set(build_args) - declared - PREDEFINED_ARGUMENTS - BUILDER_ARGUMENTS - set(platform_arguments()))
    )


def platform_arguments(target: Platform | None = None, stage: str = "") -> dict[str, str]:
    """Return the arguments that exist without being given. Source: Dockerfile reference, Automatic platform ARGs."""
    values = {"TARGETSTAGE": stage or "default"}
    for side, platform in (("TARGET", target or host_platform()), ("BUILD", host_platform())):
        values |= {
            f"{side}PLATFORM": str(platform), f"{side}OS": platform.os, f"{side}ARCH": platform.architecture,
            f"{side}VARIANT": platform.variant,
        }  # fmt: skip
    return values


def _global_arguments(
    statements: Sequence[Statement], build_args: Mapping[str, str | None], automatic: Mapping[str, str]
) -> dict[str, str]:
    values = {name: value if (given := build_args.get(name)) is None else given for name, value in automatic.items()}
    for statement in statements:
        if not isinstance(statement.instruction, Arg):
            raise statement.line.error("no build stage in current context")
        for name, default in statement.instruction.pairs:
            given = build_args.get(name)
            if given is not None:
                values[name] = given
            elif default is not None:
                values[name] = _expanded(default, values, statement)
    return values


def _groups(statements: Sequence[Statement]) -> list[tuple[Statement, tuple[Statement, ...]]]:
    starts = [i for i, statement in enumerate(statements) if isinstance(statement.instruction, From)]
    ends = [*starts[1:], len(statements)]
    return [
        (statements[start], tuple(statements[start + 1 : end])) for start, end in zip(starts, ends, strict=True)
    ]  # fmt: skip


def _stage(
    opening: Statement,
    own: tuple[Statement, ...],
    earlier: Sequence[Stage],
    arguments: Mapping[str, str],
    contexts: Collection[str],
) -> Stage:
    instruction = opening.instruction
    assert isinstance(instruction, From)
    base = _expanded(instruction.image, arguments, opening)
    if not base:
        raise opening.line.error(f"base name ({instruction.image}) should not be blank")
    same = (stage.number for stage in reversed(earlier) if stage.name and stage.name == base.lower())
    parent = next(same, None) if _named(contexts, base) is None else None
    platform = _expanded(instruction.platform, arguments, opening)
    return Stage(len(earlier), instruction.name, base, parent, platform, opening, own)


def _expanded(text: str, values: Mapping[str, str], statement: Statement) -> str:
    try:
        return expand(text, values, statement.line.escape)
    except ExpansionError as error:
        raise statement.line.error(str(error)) from error
