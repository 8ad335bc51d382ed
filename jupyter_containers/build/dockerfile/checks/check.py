"""All rules over one Dockerfile, less those that it opts out of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jupyter_containers.build.dockerfile.checks import stages, style, variables
from jupyter_containers.build.dockerfile.checks.finding import Finding, Group, Subject
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.instructions import From, Statement
from jupyter_containers.build.dockerfile.lines import Document
from jupyter_containers.build.dockerfile.stages import Dockerfile
from jupyter_containers.images.walk import Image

RULES: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    style.empty_continuation, style.instruction_casing, style.stage_casing, style.shell_form, style.maintainer,
    style.legacy_pairs, style.exposed, style.relative_workdir, style.ignored_files, style.descriptions,
    stages.names, stages.platforms, stages.repeated,
    variables.secrets, variables.in_from, variables.defaults_in_from, variables.undefined,
)  # fmt: skip

# Asked for by `# check=experimental=…` only, as in BuildKit.
EXPERIMENTAL = frozenset({"CopyIgnoredFile", "InvalidDefinitionDescription"})
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What `# check=` says: rules to leave out, experimental ones to take, and whether a finding fails the build."""

    skip: frozenset[str] = frozenset()
    experimental: frozenset[str] = frozenset()
    is_error: bool = False

    @classmethod
    def parse(cls, text: str) -> Wishes:
        """Read `skip=A,B;error=true;experimental=all`. Raises DockerfileError."""
        values: dict[str, str] = {}
        for part in filter(None, (part.strip() for part in text.split(";"))):
            name, equals, value = part.partition("=")
            if not equals or name.strip().lower() not in ("skip", "error", "experimental"):
                raise DockerfileError(f"invalid check directive {part!r}: write skip=…, error=… or experimental=…")
            values[name.strip().lower()] = value.strip()
        error = values.get("error", "false").lower()
        if error not in ("true", "false"):
            raise DockerfileError(f"invalid check directive: error is true or false, not {error!r}")
        return cls(_listed(values.get("skip", "")), _listed(values.get("experimental", "")), error == "true")

    def wants(self, rule: str) -> bool:
        if rule in EXPERIMENTAL and not self.experimental & {_ALL, rule.lower()}:
            return False
        return not self.skip & {_ALL, rule.lower()}


def check(
    text: str,
    document: Document,
    statements: Sequence[Statement],
    *,
    environments: Mapping[str, Collection[str]],
    ignores: Callable[[str], bool] = lambda _path: False,
) -> tuple[Finding, ...]:
    """Return what the rules find in the Dockerfile `text`, in its order. See Subject for the rest."""
    wishes = Wishes.parse(document.check)
    starts = [i for i, statement in enumerate(statements) if isinstance(statement.instruction, From)]
    ends = [*starts[1:], len(statements)][: len(starts)]
    groups = tuple(
        Group(statements[start], tuple(statements[start + 1 : end])) for start, end in zip(starts, ends, strict=True)
    )
    head = tuple(statements[: starts[0]]) if starts else tuple(statements)
    subject = Subject(document, tuple(text.split("\n")), head, groups, environments, ignores)
    findings = [finding for rule in RULES for finding in rule(subject) if wishes.wants(finding.rule)]
    return tuple(sorted(findings, key=lambda finding: (finding.lines, finding.rule)))


def checked(
    text: str,
    document: Document,
    dockerfile: Dockerfile,
    images: Mapping[str, Image],
    ignores: Callable[[str], bool],
) -> tuple[Finding, ...]:
    """Return the findings of a Dockerfile whose base images are known."""
    environments = {
        stage.opening.line.rest.split()[0]: {entry.partition("=")[0] for entry in images[key].config.process.env}
        for stage in dockerfile.stages
        if stage.parent is None and (key := dockerfile.base_key(stage)) in images
    }
    found = check(text, document, dockerfile.statements, environments=environments, ignores=ignores)
    wishes = Wishes.parse(document.check)
    more = (finding for finding in stages.base_platforms(dockerfile, images) if wishes.wants(finding.rule))
    return tuple(sorted((*found, *more), key=lambda finding: (finding.lines, finding.rule)))


def refuse(findings: Sequence[Finding], document: Document) -> None:
    """Raise DockerfileError for findings if `# check=error=true` asks for that."""
    if not findings or not Wishes.parse(document.check).is_error:
        return
    rules = ", ".join(dict.fromkeys(finding.rule for finding in findings))
    raise DockerfileError(f"lint violation found for rules: {rules}: {findings[0].text}", findings[0].lines)


def _listed(text: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())
