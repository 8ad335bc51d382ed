"""Puts into words what was done to make a container: the plan of its spec, with the durations that were kept."""

from __future__ import annotations

from jupyter_containers.runtime import init
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.plan import plan
from jupyter_containers.runtime.trace import Durations, Step, Trace


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
