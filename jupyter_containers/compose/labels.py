"""The labels by which Docker Compose v2, docker-compose and we know what belongs to a project."""

from __future__ import annotations

import os
from collections.abc import Mapping

from jupyter_containers.compose.model import Network, Project, Service, Volume, digest
from jupyter_containers.version import __version__

PREFIX = "com.docker.compose."
PROJECT, SERVICE, NUMBER = f"{PREFIX}project", f"{PREFIX}service", f"{PREFIX}container-number"
HASH, ONEOFF, VERSION = f"{PREFIX}config-hash", f"{PREFIX}oneoff", f"{PREFIX}version"
WORKING_DIR, CONFIG_FILES = f"{PREFIX}project.working_dir", f"{PREFIX}project.config_files"
DEPENDS_ON, IMAGE = f"{PREFIX}depends_on", f"{PREFIX}image"
NETWORK, VOLUME = f"{PREFIX}network", f"{PREFIX}volume"


def of_container(
    project: Project, service: Service, number: int, *, image_id: str = "", is_oneoff: bool = False
) -> Mapping[str, str]:
    """Return the labels of a container: the service's own, and Compose's."""
    needs = (f"{need.service}:{need.condition}:{str(need.restart).lower()}" for need in service.depends_on)
    return {
        **service.labels,
        PROJECT: project.name,
        SERVICE: service.name,
        NUMBER: str(number),
        HASH: service.hash(),
        ONEOFF: "True" if is_oneoff else "False",
        VERSION: __version__,
        WORKING_DIR: os.fspath(project.folder),
        CONFIG_FILES: ",".join(map(os.fspath, project.files)),
        DEPENDS_ON: ",".join(needs),
        IMAGE: image_id,
    }


def of_network(project: Project, network: Network) -> Mapping[str, str]:
    own = network.definition.get("labels") or {}
    return {**_texts(own), **_shared(project), NETWORK: network.key, HASH: digest(network.definition)}


def of_volume(project: Project, volume: Volume) -> Mapping[str, str]:
    own = volume.definition.get("labels") or {}
    return {**_texts(own), **_shared(project), VOLUME: volume.key, HASH: digest(volume.definition)}


def _shared(project: Project) -> Mapping[str, str]:
    return {PROJECT: project.name, VERSION: __version__}


def _texts(labels: Mapping[str, object]) -> Mapping[str, str]:
    return {name: "" if value is None else str(value) for name, value in labels.items()}
