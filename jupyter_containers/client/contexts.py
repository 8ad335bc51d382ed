"""The docker CLI's contexts: named daemons in files of a configuration folder, which we read and never write.

<folder>/config.json                                  "currentContext"
<folder>/contexts/meta/<sha256 of the name>/meta.json Endpoints.docker.Host, .SkipTLSVerify
<folder>/contexts/tls/<sha256 of the name>/docker/    ca.pem, cert.pem, key.pem
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.errors import InvalidParameter, NotFound

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a context's daemon is; `folder` has its PEM files, None when it needs none."""

    host: str
    folder: Path | None = None
    skips_verification: bool = False


def configuration_folder() -> Path:
    """Return the folder of the docker CLI's settings."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def certificates_folder() -> Path:
    """Return the folder of PEM files for addresses that are not a context's."""
    return Path(os.environ.get("DOCKER_CERT_PATH") or configuration_folder())


def current() -> str:
    """Return the name of the current context, empty when none has been chosen. Raises InvalidParameter."""
    path = configuration_folder() / "config.json"
    return str(_read(path).get("currentContext") or "") if path.exists() else ""


def names() -> list[str]:
    """Return the names of all contexts that can be read; `default` is not among them."""
    found = []
    for path in sorted((configuration_folder() / "contexts" / "meta").glob("*/meta.json")):
        try:
            found.append(str(_read(path)["Name"]))
        except (InvalidParameter, KeyError):
            continue  # one spoilt file is no reason to know no name at all
    return sorted(found)


def load(name: str) -> Endpoint:
    """Return a context's endpoint. Raises NotFound naming those there are, InvalidParameter for a spoilt file."""
    folder, key = configuration_folder() / "contexts", hashlib.sha256(name.encode()).hexdigest()
    path = folder / "meta" / key / "meta.json"
    if not path.exists():
        known = ", ".join([*names(), DEFAULT])
        raise NotFound(f"no docker context {name!r} in {folder}; there are: {known}; or give an address (unix://…)")
    endpoints = _read(path).get("Endpoints")
    endpoint = endpoints.get("docker") if isinstance(endpoints, dict) else None
    if not isinstance(endpoint, dict) or not isinstance(endpoint.get("Host"), str) or not endpoint["Host"]:
        raise InvalidParameter(f"the docker context {name!r} names no host in {path}")
    certificates = folder / "tls" / key / "docker"
    return Endpoint(
        endpoint["Host"], certificates if certificates.is_dir() else None, bool(endpoint.get("SkipTLSVerify"))
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise InvalidParameter(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise InvalidParameter(f"invalid JSON in {path}: {error}") from error
    if not isinstance(content, dict):
        raise InvalidParameter(f"{path} must be a JSON object")
    return content
