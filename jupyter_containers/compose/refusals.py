"""What the specification has and one engine on one machine has not: refused with the reason, or left aside and told.

Refused is what would make a service another one than its file says. Left aside and told is what Docker Compose, too,
leaves aside for want of a swarm, and what changes nothing while everything runs as it should. INFORMATIONAL are words
for people, and for other programs that read the file: of these nothing is told. Whatever else the specification has
is in the requests; what the engine itself cannot do (a device, a storage option) goes to it, and it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jupyter_containers.compose.source import Node, WrongFile
from jupyter_containers.errors import Unsupported

REFUSED: Mapping[str, str] = {
    "provider": "no program is called for a service; make what it gives yourself, and leave it out",
    "models": "there is nothing here that serves language models; run one as a service",
    "pre_start": "no container is run before a service's own; write it as a service that this one depends on, with "
    "condition: service_completed_successfully",
    "credential_spec": "that is for Windows",
    "cpu_percent": "that is for Windows; write cpus",
    "use_api_socket": "no container is given the engine's socket; mount it as a volume if you trust the image",
    "build.provenance": "no attestations are made; leave it out",
    "build.sbom": "no attestations are made; leave it out",
}
TOLD: Mapping[str, str] = {
    "deploy.endpoint_mode": "there is no swarm; names of services lead to their containers in turn",
    "deploy.placement": "there is one machine only",
    "deploy.update_config": "there is no swarm; containers are replaced one by one",
    "deploy.rollback_config": "there is no swarm",
    "deploy.labels": "there is no swarm; containers take those of labels",
    "deploy.restart_policy.delay": "the engine chooses its own delays",
    "deploy.restart_policy.window": "the engine does not count by time",
    "deploy.resources.reservations.cpus": "processors are not reserved",
    "deploy.resources.reservations.generic_resources": "there is no swarm",
}
# Said by the specification to be for people, or for other platforms; `x-…` is anybody's, anywhere.
INFORMATIONAL = frozenset({"version", "services.ports.name", "services.ports.app_protocol", "services.ports.mode"})
_POLICIES = re.compile(r"always|never|missing|if_not_present|build|refresh|daily|weekly|every_([0-9]{1,9}[wdhms])+")
# What asks for nothing. `dnsrr` is how names are answered here.
_NOTHING = (False, "", (), "false", "default", "dnsrr")


class UnsupportedKey(Unsupported):
    """A key of the specification that we do not have. Details: file and line."""

    def __init__(self, node: Node, path: str, reason: str) -> None:
        super().__init__(f"{node.place}: {path} is not supported: {reason}", file=node.place.file, line=node.place.line)


def check_service(name: str, service: Node) -> Iterator[str]:
    """Yield what is left aside of a service, in sentences. Raises UnsupportedKey, WrongFile."""
    for key, reason in REFUSED.items():
        node = _at(service, key)
        if node is not None and node.value not in _NOTHING:
            raise UnsupportedKey(node, f"services.{name}.{key}", reason)
    _check_more(name, service)
    for key, reason in TOLD.items():
        node = _at(service, key)
        if node is not None and node.value not in (*_NOTHING, {}):
            yield _left_aside(node, f"services.{name}.{key}", reason)
    yield from _attempts(name, service)


def _left_aside(node: Node, path: str, reason: str) -> str:
    return f"{node.place}: {path} is left aside: {reason}"


def _attempts(name: str, service: Node) -> Iterator[str]:
    """Tell that restarts are counted only after failures."""
    attempts, condition = _at(service, "deploy.restart_policy.max_attempts"), None
    if attempts is not None:
        condition = _at(service, "deploy.restart_policy.condition")
    if attempts is not None and (condition is None or condition.value != "on-failure"):
        reason = "the engine counts restarts only with condition: on-failure"
        yield _left_aside(attempts, f"services.{name}.deploy.restart_policy.max_attempts", reason)


def _check_more(name: str, service: Node) -> None:
    policy, after = _at(service, "pull_policy"), _at(service, "pull_refresh_after")
    if policy is not None and not _POLICIES.fullmatch(str(policy.value)):
        reason = "it is always, missing, never, build, daily, weekly, every_ with a time such as every_12h, or refresh"
        raise UnsupportedKey(policy, f"services.{name}.pull_policy {str(policy.value)[:40]!r}", reason)
    refreshes = policy is not None and policy.value == "refresh"
    if after is not None and not refreshes:
        raise WrongFile(after.place, f"services.{name}.pull_refresh_after: it goes with pull_policy: refresh")
    if policy is not None and refreshes and after is None:
        raise WrongFile(policy.place, f"services.{name}.pull_policy: refresh needs pull_refresh_after, such as 24h")
    for key in ("isolation", "build.isolation"):
        isolation = _at(service, key)
        if isolation is not None and isolation.value != "default":
            raise UnsupportedKey(isolation, f"services.{name}.{key}", "that is for Windows")
    platforms = _at(service, "build.platforms")
    if platforms is not None and len(platforms.items) > 1:
        reason = "an image here has one platform; name one"
        raise UnsupportedKey(platforms, f"services.{name}.build.platforms", reason)
    _check_deploy(name, service)
    _check_mounts(name, service)


def _check_deploy(name: str, service: Node) -> None:
    mode = _at(service, "deploy.mode")
    if mode is not None and str(mode.value).endswith("-job"):
        reason = "there is no swarm that runs jobs; write restart: on-failure, and wait for its end"
        raise UnsupportedKey(mode, f"services.{name}.deploy.mode {mode.value}", reason)
    for key in ("deploy.replicas", "scale"):
        count = _at(service, key)
        if mode is not None and mode.value == "global" and count is not None and count.value != 1:
            message = "it is for mode: replicated; global is one container on this machine"
            raise WrongFile(count.place, f"services.{name}.{key}: {message}")


def _check_mounts(name: str, service: Node) -> None:
    mounts = _at(service, "volumes")
    for mount in mounts.items if mounts is not None else ():
        kind = mount.mapping["type"]
        if kind.value in ("cluster", "npipe"):
            reason = "choose bind, volume, tmpfs or image"
            raise UnsupportedKey(kind, f"services.{name}.volumes of type {kind.value}", reason)


def check_top(tree: Node) -> None:
    """Check what stands beside the services. Raises UnsupportedKey."""
    for name, node in tree.mapping["models"].mapping.items() if "models" in tree.mapping else ():
        raise UnsupportedKey(node, f"models.{name}", REFUSED["models"])


def check_file(kind: str, name: str, node: Node) -> Iterator[str]:
    """Check a secret or a config; yield what is left aside of it. Raises UnsupportedKey, WrongFile."""
    given = node.mapping
    for key in ("driver", "template_driver", "driver_opts"):
        if key in given:
            raise UnsupportedKey(given[key], f"{kind}.{name}.{key}", "there is no swarm; name a file")
    external = given.get("external")
    if external is not None and external.value:
        raise UnsupportedKey(external, f"{kind}.{name}.external", "there is no swarm that keeps it; name a file")
    sources = [key for key in ("file", "environment", "content") if key in given]
    if len(sources) != 1:
        expected = "file, environment or content" if kind == "configs" else "file or environment"
        raise WrongFile(
            node.place, f"{kind}.{name}: it takes {'one' if sources else 'its content from one'} of {expected}"
        )
    for key in ("name", "labels"):
        if key in given and given[key].value not in ("", {}):
            yield _left_aside(given[key], f"{kind}.{name}.{key}", "there is no swarm that keeps it")


def _at(node: Node, key: str) -> Node | None:
    found: Node | None = node
    for word in key.split("."):
        found = found.mapping.get(word) if found is not None else None
    return found
