"""What a stage has twice, too much, or under a name that means something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jupyter_containers.build.dockerfile.checks.finding import Finding, Subject, found
from jupyter_containers.build.dockerfile.instructions import Cmd, Entrypoint, Healthcheck
from jupyter_containers.build.dockerfile.lines import Line
from jupyter_containers.build.dockerfile.stages import Dockerfile
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.platform import host_platform, suitability

_RESERVED = frozenset({"context", "scratch"})
_DEFAULT_PLATFORM = frozenset({"$TARGETPLATFORM", "${TARGETPLATFORM}"})


def names(subject: Subject) -> Iterator[Finding]:
    seen: set[str] = set()
    for group in subject.groups:
        name, line = group.base.name, group.opening.line
        if name in _RESERVED:
            text = f'Stage name should not use the same name as reserved stage "{name}"'
            yield found("ReservedStageName", line, text)
        if name and name in seen:
            text = f'Duplicate stage name "{name}", stage names should be unique'
            yield found("DuplicateStageName", line, text)
        seen.add(name)


def platforms(subject: Subject) -> Iterator[Finding]:
    for group in subject.groups:
        platform, line = group.base.platform, group.opening.line
        if platform in _DEFAULT_PLATFORM:
            text = f"Setting platform to predefined {platform} in FROM is redundant as this is the default behavior"
            yield found("RedundantTargetPlatform", line, text)
        # A stage that is called by its platform is one of several, among which the target chooses.
        is_named = any(part and part in group.base.name for part in platform.lower().split("/"))
        if platform and "$" not in platform and not is_named:
            text = f'FROM --platform flag should not use constant value "{platform}"'
            yield found("FromPlatformFlagConstDisallowed", line, text)


def base_platforms(dockerfile: Dockerfile, images: Mapping[str, Image]) -> Iterator[Finding]:
    """The only rule that looks at base images: each should be for what its stage is built for."""
    for stage in dockerfile.stages:
        image = images.get(dockerfile.base_key(stage)) if stage.parent is None else None
        if image is None or not image.config.platform.architecture:
            continue
        actual, expected = image.config.platform, dockerfile.platform_of(stage) or host_platform()
        if suitability(actual, expected) is None:
            text = (
                f'Base image {stage.base} was pulled with platform "{actual}", expected "{expected}" for current build'
            )
            yield found("InvalidBaseImagePlatform", stage.opening.line, text)


def repeated(subject: Subject) -> Iterator[Finding]:
    for group in subject.groups:
        last: dict[str, Line] = {}
        for statement in group.statements:
            if not isinstance(statement.instruction, Cmd | Entrypoint | Healthcheck):
                continue
            word = statement.line.word
            if word in last:
                text = (
                    f"Multiple {word} instructions should not be used in the same stage because only the last one will "
                    "be used"
                )
                yield found("MultipleInstructionsDisallowed", last[word], text)
            last[word] = statement.line
