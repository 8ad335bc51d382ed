"""build: a Dockerfile, from a cell or a file, becomes an image."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from jupyter_containers.client import build_caches, ssh_agents
from jupyter_containers.client.build_outputs import STDOUT, Output
from jupyter_containers.client.builds import BuildSettings
from jupyter_containers.client.context import Context
from jupyter_containers.client.ignore import FILE_NAME
from jupyter_containers.client.other_contexts import AnyContext
from jupyter_containers.client.values import short_id
from jupyter_containers.commands.build_arguments import (
    ANSWERS,
    CACHES,
    INPUTS,
    LIMITS,
    REFUSED,
    contexts,
    hosts,
    limits,
    secrets,
)  # fmt: skip
from jupyter_containers.commands.build_outputs import OUTPUTS, check_files, outputs, write_files
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.commands.build_source import source_of
from jupyter_containers.commands.check_result import CheckResult
from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.front import Front, Tell, TerminalFront
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import LiveResult, Message
from jupyter_containers.commands.run_arguments import with_values
from jupyter_containers.commands.run_result import Interrupted
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError

LARGE_BYTES = 100_000_000


def build(session: Session, options: Namespace) -> BuildResult | CheckResult | Message:
    context, dockerfile = source_of(session, options)
    if isinstance(context, Context) and context.size_bytes > LARGE_BYTES:
        session.front.note(_size_note(context))
    settings = _settings(options, session.folder, context)
    if options.check:
        return CheckResult(session.client.builds.check(context, settings), dockerfile)
    targets = outputs(session, options)
    check_files(session, options)
    result = BuildResult(dockerfile, options.tag, [output.destination for output in targets])
    client, is_quiet = session.client, options.quiet or options.progress == "quiet"
    with _front(session, options.progress, targets, is_quiet=is_quiet).live(result) as tell:
        try:
            built = client.builds.build(context, replace(settings, outputs=targets), tell)
            write_files(session, options, built)
        except ContainersError as error:
            tell(error)
            if failed := error.details.get("failure"):
                session.repairs.remember(failed, session.line, session.body)
                error.add_note(_way_on(short_id(failed), is_magic=session.is_magic))
            raise
        except KeyboardInterrupt as error:
            tell(error)
            raise Interrupted("the build was stopped; finished steps are in the cache", result) from None
    return Message((built.image_id,), (built.image_id,)) if is_quiet else result


def _way_on(failed: str, *, is_magic: bool) -> str:
    if is_magic:
        return (
            f"the step is kept: %container debug shows it, and a %%container debug cell goes on in it ({failed}); "
            "what helps there, %container debug --append COMMAND puts before it"
        )
    return f"the step is kept: jupyter containers debug {failed} opens a shell in it"


class _Quiet(TerminalFront):
    """Says nothing while the build goes on."""

    @contextmanager
    def live(self, result: LiveResult) -> Iterator[Tell]:
        def keep(event: object) -> None:
            for _ in result.apply(event):
                pass

        yield keep


def _front(session: Session, progress: str, targets: Sequence[Output], *, is_quiet: bool) -> Front:
    """Return where the build is told: beside standard output if that is for its result."""
    if is_quiet:
        return _Quiet()
    if any(output.destination == STDOUT for output in targets):
        return TerminalFront(all_on_stderr=True)
    return TerminalFront() if progress == "plain" else session.front


def _settings(options: Namespace, folder: Path, context: AnyContext) -> BuildSettings:
    folders, elsewhere, layouts = contexts(options.build_context, folder)
    forwards = ssh_agents.parse(ssh_agents.wanted(options.ssh, (context.remote, *elsewhere.values())), folder)
    return BuildSettings(
        tags=tuple(options.tag),
        target=options.target,
        build_args={name: value for name, _, value in (text.partition("=") for text in with_values(options.build_arg))},
        labels={name: value for name, _, value in (text.partition("=") for text in options.label)},
        no_cache=options.no_cache,
        no_cache_filter=tuple(name for text in options.no_cache_filter for name in text.split(",") if name),
        pull=options.pull,
        network=options.network,
        platform=options.platform,
        folders=folders,
        contexts=elsewhere,
        layouts=layouts,
        secrets=secrets(options.secret, folder),
        agents=forwards.sockets,
        keys=forwards.keys,
        hosts=hosts(options.add_host),
        limits=limits(options),
        allowed=tuple(options.allow),
        cache_from=tuple(build_caches.parse(text, place="src").below(folder) for text in options.cache_from),
        cache_to=tuple(build_caches.parse(text, place="dest").below(folder) for text in options.cache_to),
    )


def _size_note(context: Context) -> str:
    """Say what goes to the daemon, with the largest parts of it."""
    largest = ", ".join(f"{name} {size_text(size)}" for name, size in _largest(context))
    size = size_text(context.size_bytes)
    return f"sending {size} from {context.root} to the build ({largest}); name in {FILE_NAME} what is not needed"


def _largest(context: Context, count: int = 3) -> Sequence[tuple[str, int]]:
    sizes: dict[str, int] = {}
    for path in context.paths:
        status = (context.root / path).lstat()
        top = path.partition("/")[0]
        sizes[top] = sizes.get(top, 0) + status.st_size
    return sorted(sizes.items(), key=lambda entry: -entry[1])[:count]


BUILD = Command(
    "build",
    "build an image from a Dockerfile",
    build,
    (
        Argument(("-t", "--tag"), "name the image (repeatable)", Takes.EACH, "NAME[:TAG]"),
        Argument(
            ("-f", "--file"), "the Dockerfile, if it is not the cell's body; - for standard input", metavar="PATH"
        ),
        Argument(("--target",), "build this stage", metavar="STAGE", default=""),
        Argument(("--build-arg",), "set an ARG; NAME alone takes this process's value", Takes.EACH, "NAME=VALUE"),
        Argument(("--label",), "label the image", Takes.EACH, "NAME=VALUE"),
        Argument(("--no-cache",), "do every step again", Takes.NOTHING),
        Argument(("--no-cache-filter",), "do the steps of these stages again", Takes.EACH, "STAGE[,STAGE…]"),
        Argument(("--pull",), "ask the registry for newer base images", Takes.NOTHING),
        Argument(("--platform",), "build for this, as linux/arm64", metavar="PLATFORM", default=""),
        Argument(("--network",), "for RUN: default, none or host", metavar="NETWORK", default=""),
        Argument(("--allow",), "let RUN --security=insecure be as root: security.insecure", Takes.EACH, "ENTITLEMENT"),
        *INPUTS,
        *CACHES,
        *LIMITS,
        *ANSWERS,
        *OUTPUTS,
        Argument(("--rm", "--force-rm"), "as docker has it; steps leave no containers here anyway", Takes.NOTHING),
        Argument(
            ("path",),
            "what COPY takes from: a folder, by default the current one, a tar, a URL, a git repository, or - "
            "for standard input",
            Takes.OPTIONAL,
            "PATH",
        ),
    ),
    details=(
        "FROM host takes this machine's own system as the base: nothing to download. Only what COPY and ADD name is\n"
        f"sent to the daemon, less what {FILE_NAME} leaves out."
    ),
    body="the Dockerfile",
    refused=REFUSED,
)
