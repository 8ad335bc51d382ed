"""kernel: notebooks whose Python runs in a container: put one into the launcher, list them, take one out."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.commands import run_arguments
from jupyter_containers.commands.command import Argument, Command, Completes, Takes, group
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.pulling import ensure_image
from jupyter_containers.commands.results import Message, Table, visible
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from jupyter_containers.sandboxes.surroundings import surroundings

if TYPE_CHECKING:
    from jupyter_containers.kernels.container_plan import ContainerPlan

_TITLES = ("NAME", "IMAGE", "LIMITS", "NETWORK", "RUNNING", "LAST END")
_PYTHONS = ("python3", "python")
_CHECK = "import ipykernel; print(ipykernel.__version__)"
_OWN = {"--env", "--workdir", "--user", "--volume", "--net", *(n for a in run_arguments.LIMITS for n in a.names)}
OPTIONS = (
    Argument(("--name",), "its name (default: the image's)", metavar="NAME", default=""),
    Argument(("--display-name",), "what the launcher shows", metavar="TEXT", default=""),
    Argument(("--sys-prefix",), "for everybody who uses this Python, and not for this user", Takes.NOTHING),
    *(
        argument
        for argument in (*run_arguments.CONTAINER, *run_arguments.PROCESS, *run_arguments.LIMITS)
        if _OWN & {*argument.names}
    ),
)


def install(session: Session, options: Namespace) -> Message:
    from jupyter_containers.kernels import kernelspecs

    image = options.image
    if session.client.address.path is None or session.client.address.ssh:
        raise UsageError(
            f"kernel install: the daemon at {session.host} is on another machine; a kernel's sockets are here"
        )
    ensure_image(session, image)
    plan = _plan(session, options, image)
    python = (sys.executable,) if plan.is_host else _python_with_ipykernel(session, image)
    name = options.name or kernelspecs.name_for(image)
    shown = options.display_name or f"Python in {image} ({_words(plan)})"
    folder = kernelspecs.install(name, plan, display_name=shown, python=python, in_prefix=options.sys_prefix)
    lines = [f"installed kernel {name} in {folder}", f"the launcher shows it as: {visible(shown)}"]
    if plan.is_host:
        lines.append(
            "it sees the notebook's folder as a copy: what it writes there is gone when it ends; -v .:/work is not"
        )
    return Message(tuple(lines), (name,))


def _plan(session: Session, options: Namespace, image: str) -> ContainerPlan:
    from jupyter_containers.kernels.container_plan import HOST, ContainerPlan

    around = surroundings(session.folder) if image == HOST else None
    environment = [f"PATH={os.environ['PATH']}"] if around is not None and "PATH" in os.environ else []
    extra = [str(folder) for folder in around.folders if folder != around.folder] if around is not None else []
    if extra:
        environment.append(f"PYTHONPATH={os.pathsep.join(extra)}")
    return ContainerPlan(
        image=image,
        daemon="" if session.uses_own_daemon else session.host,
        network=options.network or "none",
        memory_bytes=options.memory,
        memory_swap_bytes=options.memory_swap,
        cpus=options.cpus,
        pids_limit=options.pids_limit,
        volumes=tuple(options.volume),
        environment=(*environment, *run_arguments.with_values(options.env)),
        workdir=options.workdir,
        user=options.user,
        folders=tuple(extra),
        prefixes=tuple(map(str, around.prefixes)) if around is not None else (),
    )


def _python_with_ipykernel(session: Session, image: str) -> tuple[str, ...]:
    """Return the Python of an image that has ipykernel. Raises InvalidParameter saying what it lacks."""
    said, has_python = b"", False
    for python in _PYTHONS:
        pieces: list[bytes] = []
        settings = RunSettings(image, (python, "-c", _CHECK), ("",), network="none", auto_remove=True)
        try:
            outcome = session.client.runs.run(settings, lambda _, content: pieces.append(content))  # noqa: B023
        except (NotFound, InvalidParameter, ContainersError) as error:
            if "exec: " not in error.message:
                raise
            continue
        has_python = True
        if outcome.exit_code == 0:
            return (python,)
        said = b"".join(pieces)
    if not has_python:
        raise InvalidParameter(f"image {image} has no Python, so no kernel can run in it")
    last = visible(said.decode(errors="replace").strip().rpartition("\n")[2])[:200]
    raise InvalidParameter(
        f"image {image} has no ipykernel ({last}); build one that has: FROM {image}, RUN pip install ipykernel"
    )


def _words(plan: ContainerPlan) -> str:
    network = "no network" if plan.network == "none" else f"network {plan.network}"
    return ", ".join([*_limits(plan), network])


def _limits(plan: ContainerPlan) -> list[str]:
    limits = []
    if plan.memory_bytes:
        limits.append(f"{plan.memory_bytes / 2**20:g} MiB")
    if plan.cpus:
        limits.append(f"{plan.cpus:g} cpus")
    if plan.pids_limit:
        limits.append(f"{plan.pids_limit} processes")
    return limits


def list_(session: Session, options: Namespace) -> Table:
    from jupyter_containers.kernels import kernelspecs
    from jupyter_containers.kernels.orphans import SPEC_LABEL

    running: list[str] = []
    found = kernelspecs.installed()
    if found:
        containers = session.client.containers.list(filters={"label": [SPEC_LABEL]})
        running = [container.labels.get(SPEC_LABEL, "") for container in containers]
    rows = [
        (k.name, k.plan.image, ", ".join(_limits(k.plan)), k.plan.network, str(running.count(k.name)), k.last_end)
        for k in found
    ]
    return Table("kernels", _TITLES, tuple(rows), found)


def remove(session: Session, options: Namespace) -> Message:
    from jupyter_containers.kernels import kernelspecs

    for name in options.name:
        kernelspecs.remove(name)
    return Message(tuple(f"removed kernel {n}; one that runs goes on" for n in options.name), tuple(options.name))


KERNEL = group(
    "kernel",
    "kernels that run in containers: put one into the launcher, list them, remove one",
    Command(
        "install",
        "put a kernel that runs in a container of an image into the launcher",
        install,
        (
            *OPTIONS,
            Argument(
                ("image",), "an image with ipykernel (host: this machine's own system and Python)", metavar="IMAGE",
                completes=Completes.IMAGE,
            ),
        ),
        details=(
            "A notebook that is opened with such a kernel runs in a new container of IMAGE, which needs ipykernel.\n"
            "It needs no network, and has none unless --net gives it one; -v .:/work makes the notebook's folder its\n"
            "own. When it dies, the one after it says why, and so does `kernel ls`; shut down, it leaves nothing."
        ),
    ),
    Command("ls", "list the kernels that run in containers, and why they last died", list_, aliases=("list",)),
    Command(
        "rm",
        "take kernels out of the launcher",
        remove,
        (Argument(("name",), "names of kernels", Takes.MANY, "NAME"),),
        aliases=("remove",),
    ),
)  # fmt: skip
