"""python: the cell's body as Python of an image, with variables, figures and tables."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace

from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.commands import carrying, changes, container_arguments, run_arguments, safety
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.display_follower import DisplayFollower
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.pulling import ensure_image
from jupyter_containers.commands.run import TIMEOUT, attend, judged
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import MAGIC, Session
from jupyter_containers.commands.terminals import connector
from jupyter_containers.sandboxes.surroundings import own_prefixes

HOST = "host"


def python(session: Session, options: Namespace) -> RunResult:
    if not session.body.strip():
        raise UsageError("python: what shall it run? write Python below the line")
    options.detach, options.safe = False, safety.is_wanted(options)
    carrier = carrying.carrier_of(session, options, cell=session.body)
    assert carrier is not None
    settings = _settings(session, options, carrier)
    ensure_image(session, settings.image, options.pull, options.platform)
    client, result = session.client, RunResult(settings.image, ("python",))
    if settings.image == HOST:
        settings = _with_own_python(session, settings)
    luggage = carrier.luggage(session)
    if options.changes:
        luggage = changes.noting(client, result, luggage)
    follower = DisplayFollower(connector(session), carrier.folder)

    def started(container: str) -> None:
        follower.watch(container)
        if options.safe:
            safety.watch(client, result, settings)(container)

    attend(
        session,
        result,
        lambda output: client.runs.run(
            settings, output, stdin=None, luggage=luggage, timeout_seconds=options.timeout, watch=started
        ),
        lambda succeeded: carrier.deliver(session, result, succeeded=succeeded),
        follower.telling,
    )
    return judged(session, result, raises=not options.no_raise_error)


def _settings(session: Session, options: Namespace, carrier: carrying.Carrier) -> RunSettings:
    # In the notebook's own system, the Python is the notebook's own too.
    program = sys.executable if options.image == HOST else "python3"
    options.command, options.entrypoint = [program, f"{carrier.folder}/run.py"], ""
    settings, _ = run_arguments.run_settings(options, "", is_magic=True, folder=session.folder)
    settings = session.marked(settings)
    return carrier.into_run(safety.hardened(settings) if options.safe else settings)


def _with_own_python(session: Session, settings: RunSettings) -> RunSettings:
    """Return settings of `host` with this very Python: the daemon shows its own there, which may be another."""
    image = session.client.host_images.make(folders=(), prefixes=own_prefixes())
    mounted = (f"{place}:{place}:ro" for place in image.unseen)
    return replace(settings, image=image.id, volumes=(*settings.volumes, *mounted))


PYTHON = Command(
    "python",
    "run the cell's Python in a new container",
    python,
    (
        *carrying.VARIABLES,
        *(argument for argument in run_arguments.CONTAINER if not {"--entrypoint", "--detach"} & {*argument.names}),
        *run_arguments.PROCESS,
        *run_arguments.LIMITS,
        *container_arguments.FURTHER,
        *safety.SAFE_OR_NOT,
        changes.CHANGES,
        TIMEOUT,
        run_arguments.NO_RAISE,
        Argument(
            ("image",), "an image that has python3 (default: host, the notebook's own system and Python)",
            Takes.OPTIONAL, "IMAGE", default=HOST, completes=Completes.IMAGE, setting="image",
        ),
    ),
    details=(
        "The variables of -i are defined when the cell begins, those of -o are set in the notebook when it has ended.\n"
        "The last expression, display(…) and figures of matplotlib are shown below the output: what display and\n"
        "plt.show() show at once, the others when the cell has ended. The image needs only python3; arrays and\n"
        "DataFrames stay what they are where it has numpy, and pandas or pyarrow. host has this notebook's Python,\n"
        "but not its files: %%container sandbox shows them as well, as a copy."
    ),
    body="Python for the image's own interpreter",
    refused=container_arguments.REFUSED,
    only_in=MAGIC,
)  # fmt: skip
