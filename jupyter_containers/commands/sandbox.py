"""sandbox: a cell in a throw-away copy of the notebook's own environment, and what becomes of the files it changed."""

from __future__ import annotations

import sys
from argparse import Namespace

from jupyter_containers.client.host_images import HostImage
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.client.runs import Luggage
from jupyter_containers.commands import carrying, run_arguments
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import ago
from jupyter_containers.commands.results import Message, Result, Table, visible
from jupyter_containers.commands.run import TIMEOUT, attend, judged
from jupyter_containers.commands.sandbox_result import SandboxFiles, SandboxResult, keep
from jupyter_containers.commands.session import MAGIC, Session
from jupyter_containers.sandboxes import roster
from jupyter_containers.sandboxes.copies import Copied, within
from jupyter_containers.sandboxes.sandbox import Sandbox
from jupyter_containers.sandboxes.surroundings import Surroundings, surroundings

VERBS = ("ls", "list", "show", "keep", "discard", "save")
_TITLES = ("NAME", "FOLDER", "CELL", "STARTED", "STATUS")
# Options that say what one verb does, and whose they are; all others are of the run.
_OF_VERBS = {"yes": ("keep",), "force": ("keep",), "all": ("discard",)}


def sandbox(session: Session, options: Namespace) -> Result:
    _check(session, options)
    if options.verb is None:
        return run(session, options)
    if options.verb in ("ls", "list"):
        return _list(session)
    if options.verb == "discard":
        return _discard(session, options)
    if options.verb == "save":
        return SandboxFiles(_found(session, options.words[0])).save(options.words[1])
    found = _found(session, options.words[0])
    if options.verb == "keep":
        return keep(found, options.words[1:], yes=options.yes, force=options.force)
    return SandboxFiles(found)


def _check(session: Session, options: Namespace) -> None:
    """Raise UsageError for words and options that do not belong together."""
    verb, count = options.verb, len(options.words)
    if verb is None and not session.body.strip():
        raise UsageError(f"sandbox: write what it shall run below a %%container sandbox, or one of {', '.join(VERBS)}")
    if verb is not None and session.body.strip():
        raise UsageError(f"sandbox {verb} takes nothing below its line")
    for name, owners in _OF_VERBS.items():
        if getattr(options, name) and verb not in owners:
            raise UsageError(f"sandbox: --{name} is for {', '.join(owners)}")
    for argument in RUN_OPTIONS if verb is not None else ():
        name = next(name for name in argument.names if name.startswith("--"))
        if getattr(options, name[2:].replace("-", "_"), None) not in (None, argument.default, [], False):
            raise UsageError(f"sandbox {verb}: {name} is for a cell")
    wanted = {"ls": (0, 0), "list": (0, 0), "show": (1, 1), "keep": (1, None), "save": (2, 2), "discard": (0, None)}
    least, most = wanted.get(verb or "", (0, 0))
    if count < least or (most is not None and count > most):
        forms = {"show": "NAME", "keep": "NAME [PATH…]", "save": "NAME IMAGE"}
        raise UsageError(f"sandbox: write sandbox {verb} {forms.get(verb, '')}".rstrip())
    if verb == "discard" and bool(count) == options.all:
        raise UsageError("sandbox discard: which? write names, or --all")


def run(session: Session, options: Namespace) -> SandboxResult:
    """Run the cell in a new sandbox; it is left only where files have changed."""
    around = surroundings(session.folder)
    options.detach = False
    carrier = carrying.carrier_of(session, options, cell=None if options.shell else session.body)
    client = session.client
    image = client.host_images.make(folders=around.folders, prefixes=around.prefixes)
    copied = _copied(around, image)
    name = options.name or roster.next_name(client)
    settings = session.marked(_settings(options, around, image, name=name, body=session.body, copied=copied))
    if carrier is not None:
        settings = carrier.into_run(settings)
    result = SandboxResult(("sh",) if options.shell else ("python",), withheld=around.withheld)
    luggage = _luggage(session, carrier, copied)

    def finish(succeeded: bool) -> None:
        _settle(session, result, name)
        if carrier is not None:
            carrier.deliver(session, result, succeeded=succeeded)

    attend(
        session, result,
        lambda output: client.runs.run(settings, output, luggage=luggage, timeout_seconds=options.timeout), finish,
    )  # fmt: skip
    if result.sandbox is not None and session.front.is_attended:
        session.front.show(SandboxFiles(result.sandbox))
    if removed := roster.remove_the_oldest(client):
        session.front.note(f"discarded {', '.join(removed)}: only the newest {roster.AT_MOST} sandboxes are kept")
    judged(session, result, raises=not options.no_raise_error)
    return result


def _copied(around: Surroundings, image: HostImage) -> Copied | None:
    """Return the working folder to be copied in, None when it is seen through the image."""
    if around.folder not in image.unseen:
        return None
    mounted = [place for place in (*around.folders, *around.prefixes) if place != around.folder]
    return Copied(around.folder, image.secrets, within(mounted, around.folder))


def _luggage(session: Session, carrier: carrying.Carrier | None, copied: Copied | None) -> Luggage:
    """Return what puts the variables in and out, and the folder in."""
    own = carrier.luggage(session) if carrier is not None else Luggage(lambda _: None, lambda _: None)
    if copied is None:
        return own

    def pack(container: str) -> None:
        copied.put(session.client, container)
        own.pack(container)

    return Luggage(pack, own.unpack)


def _settings(
    options: Namespace, around: Surroundings, image: HostImage, *, name: str, body: str, copied: Copied | None
) -> RunSettings:
    labels = roster.labels(around.folder, body)
    mounted = [place for place in image.unseen if place != around.folder]
    return RunSettings(
        image=image.id,
        command=("sh", "-c", body) if options.shell else (sys.executable, f"{carrying.FOLDER}/run.py"),
        entrypoint=(),
        name=name,
        environment=(*around.environment, *run_arguments.with_values(options.env)),
        # What cannot be seen through the image, and is too large to be copied: Python and its packages.
        volumes=(*options.volume, *(f"{place}:{place}:ro" for place in mounted)),
        labels=labels if copied is None else (*labels, f"{roster.COPIED_LABEL}={copied.to_label()}"),
        workdir=options.workdir or str(around.folder),
        user=options.user or around.user,
        network=options.network,
        memory_bytes=options.memory,
        memory_swap_bytes=options.memory_swap,
        cpus=options.cpus,
        pids_limit=options.pids_limit,
        init=True,
    )


def _settle(session: Session, result: SandboxResult, name: str) -> None:
    """Find out what has changed; a sandbox in which nothing has goes."""
    found = Sandbox.find(lambda: session.client, name)
    if found.files:
        result.sandbox, result.where = found, name
    else:
        found.discard()


def _found(session: Session, name: str) -> Sandbox:
    return Sandbox.find(lambda: session.client, name)


def _list(session: Session) -> Table:
    found = roster.entries(session.client)
    rows = tuple((e.name, str(e.folder), visible(e.cell), ago(e.began_at), e.status) for e in found)
    return Table("sandboxes", _TITLES, rows, found)


def _discard(session: Session, options: Namespace) -> Message:
    client = session.client
    found = roster.entries(client) if options.all else [roster.find(client, name) for name in options.words]
    for entry in found:
        client.containers.remove(entry.id, force=True, volumes=True)
    return Message(tuple(f"discarded {entry.name}" for entry in found) or ("there is no sandbox",))


RUN_OPTIONS = (
    *carrying.VARIABLES,
    Argument(("--shell",), "the body is a script for sh, and not Python", Takes.NOTHING, only_in=MAGIC),
    Argument(("--name",), "call it so (default sandbox-NUMBER)", metavar="NAME", default="", only_in=MAGIC),
    *(
        argument
        for argument in (*run_arguments.CONTAINER, *run_arguments.PROCESS, *run_arguments.LIMITS)
        if {"--env", "--workdir", "--user", "--volume", "--net", *(n for a in run_arguments.LIMITS for n in a.names)}
        & {*argument.names}
    ),
    TIMEOUT,
    run_arguments.NO_RAISE,
)
SANDBOX = Command(
    "sandbox",
    "run the cell in a throw-away copy of the notebook's own environment",
    sandbox,
    (
        *RUN_OPTIONS,
        Argument(("-y", "--yes"), "keep: do not ask", Takes.NOTHING),
        Argument(("-f", "--force"), "keep: also over what is the system's, or has changed here since", Takes.NOTHING),
        Argument(("--all",), "discard: every sandbox", Takes.NOTHING),
        Argument(("verb",), "what to do with one that has ended", Takes.OPTIONAL, "|".join(VERBS), choices=VERBS),
        Argument(
            ("words",), "show NAME; keep NAME [PATH…]; discard NAME…; save NAME IMAGE (NAME may be last)", Takes.ANY,
            "NAME", completes=Completes.CONTAINER,
        ),
    ),
    details=(
        "The cell sees this machine's system, the notebook's folder, its Python with all packages, and the\n"
        "environment without what may be secret; all of it as a copy: what it writes or deletes stays inside. When\n"
        "it has ended, the files that changed are listed, and the sandbox stays to be decided about: keep makes\n"
        "changes in the notebook's folder (or at PATHs) real, discard throws them away, save makes an image. The\n"
        "result has .files, .keep(…), .discard() and .save(…). The newest 10 are left; one without changes goes at\n"
        "once.\n\n"
        + carrying.DETAILS
    ),
    body="Python for the notebook's own interpreter",
)  # fmt: skip
