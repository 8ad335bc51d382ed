"""Names that the daemon knows, for completion. A Tab starts no daemon, and fails in silence."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_containers.client import autostart, contexts
from jupyter_containers.client.images import split_name
from jupyter_containers.client.values import short_id
from jupyter_containers.commands.command import Completes
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError

HOST_IMAGE = "host"


def names(session: Session, kind: Completes) -> Sequence[str]:
    """Return the names of a kind; none when no daemon answers."""
    if kind is Completes.NOTHING:
        return ()
    if kind is Completes.HOST:
        return sorted({"default", "unix://", "tcp://", "ssh://", *contexts.names()})
    if session.uses_own_daemon and not autostart.is_running():
        return ()
    try:
        return sorted(set(_asked(session, kind)))
    except ContainersError:
        return ()


def _asked(session: Session, kind: Completes) -> list[str]:
    client, found = session.client, list[str]()
    if kind in (Completes.CONTAINER, Completes.RUNNING, Completes.ANYTHING):
        found += [c.name for c in client.containers.list(every=kind is not Completes.RUNNING)]
    if kind in (Completes.IMAGE, Completes.ANYTHING):
        found += [_short(name) for image in client.images.list() for name in image.names] + [HOST_IMAGE]
    if kind is Completes.NETWORK:
        found += [network["Name"] for network in client.networks.list()]
    if kind is Completes.VOLUME:
        found += [volume["Name"] for volume in client.volumes.list()]
    if kind is Completes.STEP:
        found += [name for step in client.failed_steps.list() for name in (short_id(step.id), *step.names)]
    return found


def _short(name: str) -> str:
    repository, tag = split_name(name)
    return repository if tag == "latest" else name
