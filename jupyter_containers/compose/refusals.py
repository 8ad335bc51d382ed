"""What the specification has and we do not: refused with the reason, or, where it changes nothing here, told.

Whatever the engine itself may not be able to do (a device, a storage option) goes to it, and it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jupyter_containers.compose.source import Node, WrongFile
from jupyter_containers.errors import Unsupported

REFUSED: Mapping[str, str] = {
    "provider": "no program is called for a service; make what it gives yourself, and leave it out",
    "models": "there is nothing here that serves language models; run one as a service",
    "credential_spec": "that is for Windows",
    "use_api_socket": "no container is given the engine's socket; mount it as a volume if you trust the image",
    "pull_refresh_after": "there is no refresh of images by their age; write pull_policy: always",
    "build.privileged": "no step of a build is privileged",
    "build.entitlements": "no step of a build is privileged",
    "build.isolation": "that is for Windows",
    "build.provenance": "no attestations are made; leave it out",
    "build.sbom": "no attestations are made; leave it out",
}
# What other places than this machine's one engine would make of it.
TOLD: Mapping[str, str] = {
    "develop": "nothing here watches files",
    "deploy.mode": "there is one machine only",
    "deploy.endpoint_mode": "there is no swarm",
    "deploy.placement": "there is one machine only",
    "deploy.update_config": "there is no swarm; containers are replaced one by one",
    "deploy.rollback_config": "there is no swarm",
    "deploy.labels": "there is no swarm; containers take those of labels",
    "deploy.restart_policy.delay": "the engine chooses its own delays",
    "deploy.restart_policy.window": "the engine does not count by time",
    "deploy.resources.reservations.cpus": "processors are not reserved",
    "deploy.resources.reservations.generic_resources": "there is no swarm",
    "cpu_count": "that is for Windows",
    "cpu_percent": "that is for Windows",
}
_POLICIES = re.compile(r"always|never|missing|if_not_present|build")


class UnsupportedKey(Unsupported):
    """A key of the specification that we do not have. Details: file and line."""

    def __init__(self, node: Node, path: str, reason: str) -> None:
        super().__init__(f"{node.place}: {path} is not supported: {reason}", file=node.place.file, line=node.place.line)


def check_service(name: str, service: Node) -> Iterator[str]:
    """Yield what is left aside of a service, in sentences. Raises UnsupportedKey, WrongFile."""
    for key, reason in REFUSED.items():
        node = _at(service, key)
        if node is not None and node.value not in (False, "", ()):
            raise UnsupportedKey(node, f"services.{name}.{key}", reason)
    _check_more(name, service)
    for key, reason in TOLD.items():
        node = _at(service, key)
        if node is not None and node.value not in ("replicated", (), {}):
            yield f"{node.place}: services.{name}.{key} is left aside: {reason}"


def _check_more(name: str, service: Node) -> None:
    policy, isolation = _at(service, "pull_policy"), _at(service, "isolation")
    if policy is not None and not _POLICIES.fullmatch(str(policy.value)):
        reason = "it is always, missing, never or build; nothing is fetched by its age"
        raise UnsupportedKey(policy, f"services.{name}.pull_policy {str(policy.value)[:40]!r}", reason)
    if isolation is not None and isolation.value != "default":
        raise UnsupportedKey(isolation, f"services.{name}.isolation", "that is for Windows")
    platforms = _at(service, "build.platforms")
    if platforms is not None and len(platforms.items) > 1:
        reason = "an image here has one platform; name one"
        raise UnsupportedKey(platforms, f"services.{name}.build.platforms", reason)
    mounts = _at(service, "volumes")
    for mount in mounts.items if mounts is not None else ():
        kind = mount.mapping["type"]
        if kind.value in ("cluster", "npipe"):
            raise UnsupportedKey(kind, f"services.{name}.volumes of type {kind.value}", "choose bind, volume or tmpfs")


def check_file(kind: str, name: str, node: Node) -> None:
    """Check a secret or a config. Raises UnsupportedKey, WrongFile."""
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


def _at(node: Node, key: str) -> Node | None:
    found: Node | None = node
    for word in key.split("."):
        found = found.mapping.get(word) if found is not None else None
    return found
