"""Puts into words what was done to make a container: the plan of its spec, with the durations that were kept."""

from __future__ import annotations

from jupyter_containers.linux import constants
from jupyter_containers.runtime import calls, init
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.plan import plan
from jupyter_containers.runtime.trace import Call, Durations, Step, Trace


def explain(bundle: Bundle) -> Trace:
    """Return the steps that were done, up to the one that failed if one did.

    Raises: BundleNotFound when no container was made of this bundle yet.
    """
    durations = Durations.read(bundle.trace_path)
    spec = bundle.load_spec()
    inside = init.descriptions(plan(spec, bundle.root_path(spec)))
    return Trace(
        (
            *(Step(name, duration, "outside") for name, duration in durations.outside),
            *(Step(text, duration, "inside") for text, duration in zip(inside, durations.inside, strict=False)),
        )
    )


def record(bundle: Bundle) -> list[calls.Row]:
    """Return the calls to the kernel that were made; empty when nobody asked for a record of them.

    Raises: BundleNotFound when no container was made of this bundle yet.
    """
    durations = Durations.read(bundle.trace_path)
    if durations.calls is None:
        return []
    outside = durations.calls.get("outside") or _before_anybody_asked(durations)
    return [
        *calls.rows("outside", outside),
        *calls.rows("inside", durations.calls.get("inside", ())),
        *calls.rows("inside", durations.calls.get("at last", ())),
    ]


def _before_anybody_asked(durations: Durations) -> list[Call]:
    """Return what a process that was born ahead of its container went through: its steps are single calls."""
    return [
        [step, name, list(arguments), 0, 0, duration]
        for step, duration in durations.outside
        for beginning, name, arguments in _SINGLE_CALLS
        if step.startswith(beginning)
    ]


_SINGLE_CALLS = (
    ("clone into new namespaces", "clone", (
        constants.CLONE_NEWPID | constants.CLONE_NEWNET | constants.CLONE_NEWIPC | constants.CLONE_NEWUTS,
    )),
    ("open the network namespace", "setns", ("/proc/<pid>/ns/net", constants.CLONE_NEWNET)),
)  # fmt: skip
