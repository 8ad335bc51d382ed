"""doctor, status, use: the daemon, and what this machine allows."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from dataclasses import dataclass
from typing import ClassVar

from jupyter_containers.client import autostart
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Json, Message, Result, aligned
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.storage_checkup import examine_storage
from jupyter_containers.errors import ContainersError

USUAL = "default"


@dataclass(frozen=True, slots=True)
class Finding:
    """A thing that a kernel may or may not allow; `reason`, `cost` and `remedy` are about its absence."""

    name: str
    available: bool
    essential: bool
    reason: str = ""
    cost: str = ""
    remedy: str = ""


class Checkup(Result):
    """What this machine allows. True when containers can run here."""

    kind: ClassVar[str] = "doctor"

    def __init__(self, body: Json) -> None:
        self.can_run = bool(body.get("canRun"))
        self.findings = tuple(
            Finding(
                str(entry["name"]), bool(entry["available"]), bool(entry.get("essential")),
                str(entry.get("reason") or ""), str(entry.get("cost") or ""), str(entry.get("remedy") or ""),
            )
            for entry in body.get("features", ())
        )  # fmt: skip

    def __bool__(self) -> bool:
        return self.can_run

    def verdict(self) -> str:
        if self.can_run:
            lacking = sum(not finding.available for finding in self.findings)
            return "containers can run here" + (f"; {lacking} things are missing" if lacking else "")
        missing = ", ".join(f.name for f in self.findings if f.essential and not f.available)
        return f"containers cannot run here: lacking {missing}"

    def text(self) -> str:
        rows = [("", "FEATURE", "")]
        rows += [("yes" if f.available else "NO", f.name, f.reason if not f.available else "") for f in self.findings]
        lines = []
        for line, finding in zip(aligned(rows), (None, *self.findings), strict=True):
            lines.append(line)
            if finding is not None and not finding.available:
                for word, text in (("cost", finding.cost), ("mend", finding.remedy)):
                    lines += textwrap.wrap(f"{word}: {text}", 100, initial_indent=" " * 6, subsequent_indent=" " * 12)
        return "\n".join([*lines, self.verdict()])

    def summary(self) -> str:
        return self.verdict()

    def data(self) -> Json:
        return {
            "canRun": self.can_run,
            "features": [
                {
                    "name": f.name, "available": f.available, "essential": f.essential, "reason": f.reason,
                    "cost": f.cost, "remedy": f.remedy,
                }
                for f in self.findings
            ],
        }  # fmt: skip


def doctor(session: Session, options: Namespace) -> Result:
    if options.storage:
        # Every byte is read: how long that takes, nobody can say beforehand.
        return examine_storage(repair=options.repair, deep=options.deep)
    if options.repair or options.deep:
        raise UsageError("doctor: --repair and --deep go together with --storage")
    return Checkup(autostart.diagnose())


def status(session: Session, options: Namespace) -> Message:
    if session.uses_own_daemon:
        state = autostart.status()
        if not state.is_running:
            return NotRunning((state.sentence,))
        lines = [state.sentence]
    else:
        lines = [f"using the daemon at {session.host}"]
    version, containers = session.client.system.version(), session.client.containers.list()
    lines.append(
        f"version {version.get('Version', '?')}, API {version.get('ApiVersion', '?')}, "
        f"{len(containers)} container{'s' if len(containers) != 1 else ''} running"
    )
    return Message(tuple(lines))


class NotRunning(Message):
    """There is no daemon. False, as a shell's exit code has it."""

    def __bool__(self) -> bool:
        return False


def use(session: Session, options: Namespace) -> Message:
    if options.host is None:
        own = "our own daemon" if session.uses_own_daemon else "the daemon"
        return Message((f"using {own} at {session.host}",), (session.host,))
    session.use("" if options.host == USUAL else options.host)
    try:
        version = session.client.system.version()
    except ContainersError:
        version = {}
    name = (version.get("Platform") or {}).get("Name") or f"version {version.get('Version', '?')}"
    lines = [f"using the daemon at {session.host} ({name})"]
    if not session.is_magic and options.host != USUAL:
        # A shell's command ends here, and takes what it knows with it.
        variable = "DOCKER_HOST" if "/" in options.host else "DOCKER_CONTEXT"
        lines = [f"the daemon at {session.host} answers ({name}); for this shell: export {variable}={options.host}"]
    return Message(tuple(lines), (session.host,))


DOCTOR = Command(
    "doctor",
    "check what this machine allows, and how to mend it",
    doctor,
    (
        Argument(("--storage",), "look for damage in the store of images, containers and volumes", Takes.NOTHING),
        Argument(("--repair",), "mend what --storage finds; without it nothing is changed", Takes.NOTHING),
        Argument(("--deep",), "let --storage compare each unpacked layer with its blob, too", Takes.NOTHING),
    ),
)
STATUS = Command("status", "tell whether the daemon runs", status)
USE = Command(
    "use",
    "work with another Docker or Podman daemon",
    use,
    (
        Argument(
            ("host",), f"address (unix, tcp, ssh) or docker context; {USUAL}: the usual one; nothing: tell which",
            Takes.OPTIONAL, "HOST", completes=Completes.HOST,
        ),
    ),
)  # fmt: skip
