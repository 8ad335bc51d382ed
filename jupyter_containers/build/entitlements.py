"""What a Dockerfile may ask of this machine only in a build that was told so, by BuildKit's names and in its words.

Source: BuildKit, util/entitlements.
"""

from __future__ import annotations

from collections.abc import Collection

from jupyter_containers.build.dockerfile.to_graph.plan import Plan
from jupyter_containers.build.failures import place
from jupyter_containers.build.operations.definitions import Execute
from jupyter_containers.errors import Forbidden, InvalidParameter

SECURITY_INSECURE = "security.insecure"
# RUN --network=host is not kept from anybody here, so that to be allowed it changes nothing.
NETWORK_HOST = "network.host"
_KNOWN = (SECURITY_INSECURE, NETWORK_HOST)


def parse(texts: Collection[str]) -> frozenset[str]:
    """Read the names of entitlements. Raises InvalidParameter."""
    for text in texts:
        if text not in _KNOWN:
            raise InvalidParameter(f"unknown entitlement {text!r}; use {' or '.join(_KNOWN)}")
    return frozenset(texts)


def check(planned: Plan, allowed: Collection[str]) -> None:
    """Raise Forbidden, blaming the RUN, for a step that is done and not allowed."""
    for step in planned.steps:
        operation = step.vertex.operation if step.vertex is not None else None
        if isinstance(operation, Execute) and operation.is_insecure and SECURITY_INSECURE not in allowed:
            error = Forbidden(f"{SECURITY_INSECURE} is not allowed; build with --allow {SECURITY_INSECURE}")
            place(error, step.lines, step.text)
            raise error
