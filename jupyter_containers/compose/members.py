"""The containers of a project as they are right now, and what it takes for others to start."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jupyter_containers.client.values import Event, Json
from jupyter_containers.compose.model import COMPLETED, HEALTHY, Dependency
from jupyter_containers.errors import ContainersError

_CODE = re.compile(r"-?[0-9]{1,9}")
_ENDED = {"exited", "dead", "removed"}
_BEGUN = {"running", "paused", "restarting", *_ENDED}


class DependencyFailed(ContainersError):
    """A service cannot start: what it waits for has ended, or is not healthy."""


@dataclass(slots=True)
class Member:
    """One container. `health` is "" without a health check; `exit_code` is that of its last end."""

    service: str
    name: str
    id: str
    state: str = "created"
    health: str = ""
    exit_code: int | None = None
    has_terminal: bool = False
    ports: tuple[str, ...] = ()
    # Where the output begins that has not been seen yet, and how much of what is before is wanted.
    log_since: str = ""
    log_tail: str = "all"
    is_followed: bool = False
    # How often it has ended, now and when its output was last followed.
    ends: int = 0
    ends_when_followed: int = 0

    def look(self, body: Json) -> None:
        """Take over what an inspection says."""
        state = body["State"]
        self.state = str(state.get("Status", "")) or ("running" if state.get("Running") else "exited")
        health = state.get("Health") or {}
        self.health = "" if health.get("Status") in (None, "none") else str(health["Status"])
        self.exit_code = int(state.get("ExitCode", 0)) if self.has_ended else self.exit_code
        self.has_terminal = bool(body["Config"].get("Tty"))
        self.ports = tuple(_published(body.get("NetworkSettings") or {}))

    def hear(self, event: Event) -> None:
        """Take over what an event says."""
        action, _, detail = event.action.partition(": ")
        if action == "start":
            self.state, self.exit_code = "running", None
            self.health = "starting" if self.health else ""
        elif action == "die":
            code = event.attributes.get("exitCode", "")
            self.state, self.exit_code = "exited", int(code) if _CODE.fullmatch(code) else None
            self.log_since, self.log_tail = f"{event.at.timestamp():.6f}", "all"
            self.ends += 1
        elif action == "health_status":
            self.health = detail or event.attributes.get("health_status", self.health)
        elif action in ("pause", "unpause"):
            self.state = "paused" if action == "pause" else "running"
        elif action == "destroy":
            self.state = "removed"

    @property
    def has_ended(self) -> bool:
        return self.state in _ENDED

    @property
    def has_begun(self) -> bool:
        return self.state in _BEGUN

    def will_start(self) -> None:
        """Forget how it ended: it is to be started again, and counts from then on."""
        self.state, self.health, self.exit_code = "created", "", None

    def status(self) -> Status:
        return Status(self.service, self.name, self.id, self.state, self.health, self.exit_code, self.ports)


def _published(network: Json) -> Iterator[str]:
    for inside, places in sorted((network.get("Ports") or {}).items()):
        for place in places or ():
            host = place.get("HostIp", "")
            yield f"{f'[{host}]' if ':' in host else host}:{place.get('HostPort', '')}->{inside}"


@dataclass(frozen=True, slots=True)
class Status:
    """How a container is, as it is told to whoever shows it."""

    service: str
    name: str
    id: str
    state: str
    health: str = ""
    exit_code: int | None = None
    ports: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """How it is, in a few words."""
        if self.state == "exited" and self.exit_code is not None:
            return f"exited ({self.exit_code})"
        return f"{self.state} ({self.health})" if self.health and self.state == "running" else self.state


def is_satisfied(need: Dependency, members: Iterable[Member], *, who: str) -> bool:
    """Return whether a service is as another needs it. Raises DependencyFailed when it never will be."""
    own = [member for member in members if member.service == need.service]
    if not own:
        return True
    return all(_is_as_needed(need, member, who) for member in own)


def _is_as_needed(need: Dependency, member: Member, who: str) -> bool:
    if need.condition == HEALTHY:
        return _is_healthy(member, who)
    if need.condition == COMPLETED:
        if member.has_ended and member.exit_code:
            raise DependencyFailed(
                f"{who} does not start: {member.name}, which must complete first, ended with exit code "
                f"{member.exit_code}"
            )
        return member.has_ended and member.exit_code == 0
    return member.has_begun


def _is_healthy(member: Member, who: str) -> bool:
    if member.health == "healthy" and not member.has_ended:
        return True
    if not member.has_begun:
        return False
    if member.has_ended:
        raise DependencyFailed(
            f"{who} does not start: {member.name}, which must be healthy first, ended with exit code {member.exit_code}"
        )
    if member.health == "unhealthy":
        raise DependencyFailed(f"{who} does not start: {member.name} is unhealthy; its logs may tell why")
    if not member.health:
        raise DependencyFailed(
            f"{who} does not start: {member.name} must be healthy first, and has no health check; write one in the file"
        )
    return False
