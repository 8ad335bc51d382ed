"""A project written out: one Compose file in long form, with nothing left to be read from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from jupyter_containers.compose.model import Json, Network, Project, Service, Volume

_READ_ALREADY = {"env_file", "label_file", "environment", "labels"}


def configuration(project: Project) -> Json:
    """Return the project as JSON values. Secrets are named, not shown."""
    whole: Json = {
        "name": project.name,
        "services": {name: _service(service) for name, service in project.services.items()},
        "networks": {key: _shared(network) for key, network in project.networks.items()},
        "volumes": {key: _shared(volume) for key, volume in project.volumes.items()},
        **project.files_given,
    }
    return {key: value for key, value in whole.items() if value}


def _service(service: Service) -> Json:
    found = {key: value for key, value in service.definition.items() if key not in _READ_ALREADY}
    if service.environment:
        found["environment"] = dict(service.environment)
    if service.labels:
        found["labels"] = dict(service.labels)
    if "network_mode" in found:
        found.pop("networks", None)
    return dict(sorted(found.items()))


def _shared(place: Network | Volume) -> Json:
    return {"name": place.name, **({"external": True} if place.is_external else place.definition)}


def as_json(project: Project) -> str:
    """Return the file's text. What would be read as a variable has its $ doubled, so that it can be used again."""
    return json.dumps(_doubled(configuration(project)), indent=2)


def as_yaml(project: Project) -> str:
    """Return the same as YAML."""
    return str(yaml.dump(_doubled(configuration(project)), Dumper=_Dumper, sort_keys=False, allow_unicode=True))


def _doubled(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: _doubled(child) for key, child in value.items()}
    return [_doubled(child) for child in value] if isinstance(value, list) else value


class _Dumper(yaml.SafeDumper):
    """Writes no aliases: they help nobody who reads it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
