"""The daemon's settings and where they come from: defaults, then a file, then flags, named as dockerd names them."""

from __future__ import annotations

import argparse
import json
import os
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.api.listeners import UNPROTECTED, ListenAddress, Protection
from jupyter_containers.api.tls import TlsFiles
from jupyter_containers.daemon.cache_limits import cache_limits
from jupyter_containers.daemon.log_format import LEVELS
from jupyter_containers.engine.cache_room import CacheLimit
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.reference import DEFAULT_DOMAIN, Reference
from jupyter_containers.paths import Places, default_configuration_file, default_places
from jupyter_containers.version import __version__

DEFAULT_DOWNLOAD_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings, valid. `hosts` are addresses such as `unix:///run/x.sock`."""

    places: Places
    hosts: tuple[str, ...]
    pidfile: Path
    group: str | None = None
    log_level: str = "info"
    insecure_registries: tuple[str, ...] = ()
    registry_mirrors: tuple[str, ...] = ()
    nondistributable: tuple[str, ...] = ()
    max_download_attempts: int = DEFAULT_DOWNLOAD_ATTEMPTS
    protection: Protection = UNPROTECTED
    cache_limits: tuple[CacheLimit, ...] = ()

    def warnings(self) -> tuple[str, ...]:
        """Return what `info` shall remind of."""
        return tuple(
            f"WARNING: API is accessible on {host.replace('tcp://', 'http://')} without encryption: every user of this "
            "machine, and every container on its network, is root through it; use --tlsverify"
            for host in self.hosts
            if self.protection.insecure and not host.startswith("unix://")
        )


# Keys of the file, by dockerd's names, with the type of their value.
_KEYS: Mapping[str, type] = {
    "hosts": list, "data-root": str, "exec-root": str, "pidfile": str, "group": str, "debug": bool, "log-level": str,
    "insecure-registries": list, "registry-mirrors": list, "max-download-attempts": int, "tls": bool,
    "tlsverify": bool, "tlscacert": str,
    "tlscert": str, "tlskey": str, "insecure-tcp": bool, "builder": dict, "allow-nondistributable-artifacts": list,
}  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """Return the parser of `jupyter-containers daemon`."""
    places = default_places()
    flags = argparse.ArgumentParser(
        prog="jupyter-containers daemon",
        description="Serve the Docker Engine API on unix sockets, and on TCP with TLS. Ends with SIGTERM; containers "
        "run on.",
        argument_default=argparse.SUPPRESS,
    )
    add = flags.add_argument
    where = "where to listen: unix://PATH, tcp://HOST:PORT or fd:// (repeatable)"
    add("-H", "--host", dest="hosts", action="append", metavar="ADDRESS", help=where)
    add("--data-root", metavar="PATH", help=f"images, containers, volumes (default {places.data})")
    add("--exec-root", metavar="PATH", help=f"state that dies with the host (default {places.run})")
    add("--pidfile", "-p", metavar="PATH", help="file for the daemon's pid (default EXEC-ROOT/daemon.pid)")
    add("--config-file", metavar="PATH", help=f"settings as JSON (default {default_configuration_file()})")
    add("--group", "-G", metavar="GROUP", help="group that may use the socket; its mode is then 0660")
    add("--debug", "-D", action="store_true", help="same as --log-level debug")
    add("--log-level", "-l", choices=list(LEVELS), help="how much to log (default info)")
    insecure = "a registry that may be spoken to without TLS (repeatable)"
    add("--insecure-registry", dest="insecure-registries", action="append", metavar="HOST", help=insecure)
    mirror = "URL of a registry to ask before Docker Hub, or HOST=URL: before another one (repeatable)"
    add("--registry-mirror", dest="registry-mirrors", action="append", metavar="[HOST=]URL", help=mirror)
    foreign = "a registry that is sent layers that others say where to get, too (repeatable)"
    artifacts = "allow-nondistributable-artifacts"
    add(f"--{artifacts}", dest=artifacts, action="append", metavar="HOST", help=foreign)
    attempts = "how often to ask a registry that does not answer well (default 5)"
    add("--max-download-attempts", type=int, metavar="NUMBER", help=attempts)
    _add_tls(flags)
    add("--version", "-v", action="version", version=f"jupyter-containers {__version__}")
    return flags


def _add_tls(flags: argparse.ArgumentParser) -> None:
    add, folder = flags.add_argument, _certificates()
    add("--tls", action="store_true", help="use TLS on TCP; only together with --tlsverify")
    add("--tlsverify", action="store_true", help="use TLS on TCP, and let in only clients with a certificate")
    add("--tlscacert", metavar="PATH", help=f"who must have signed it (default {folder / 'ca.pem'})")
    add("--tlscert", metavar="PATH", help=f"certificate of this daemon (default {folder / 'cert.pem'})")
    add("--tlskey", metavar="PATH", help=f"its key (default {folder / 'key.pem'})")
    insecure = "let everybody on this host in who reaches a loopback address of -H tcp://, without TLS"
    add("--insecure-tcp", action="store_true", help=insecure)


def _certificates() -> Path:
    """Return the folder where dockerd looks for PEM files as well."""
    return Path(os.environ.get("DOCKER_CERT_PATH") or Path.home() / ".docker")


def configure(arguments: Sequence[str]) -> Configuration:
    """Return the settings for a command line. Raises InvalidParameter naming the setting that is wrong."""
    flags = {name.replace("_", "-"): value for name, value in vars(parser().parse_args(arguments)).items()}
    explicit = flags.pop("config-file", None)
    path = Path(explicit) if explicit else default_configuration_file()
    settings = _from_file(path) if explicit or path.exists() else {}
    both = sorted(settings.keys() & flags.keys())
    if both:
        raise InvalidParameter(f"given both as a flag and in {path}: {', '.join(both)}; remove one of the two")
    return _configuration({**settings, **flags})


def data_root() -> Path:
    """Return the data root of this user's daemon, as its configuration file or the default has it.

    Raises InvalidParameter for a file that cannot be read.
    """
    path = default_configuration_file()
    settings = _from_file(path) if path.exists() else {}
    return Path(settings.get("data-root", default_places().data)).absolute()


def _from_file(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text())
    except OSError as error:
        raise InvalidParameter(f"cannot read the configuration file {path}: {error.strerror}") from error
    except ValueError as error:
        raise InvalidParameter(f"invalid JSON in the configuration file {path}: {error}") from error
    if not isinstance(settings, dict):
        raise InvalidParameter(f"the configuration file {path} must be a JSON object")
    for key, value in settings.items():
        if key not in _KEYS:
            raise InvalidParameter(f"{path}: no setting is called {key!r}; known are {', '.join(_KEYS)}")
        if not isinstance(value, _KEYS[key]) or (
            isinstance(value, list) and not all(isinstance(v, str) for v in value)
        ):
            raise InvalidParameter(f"{path}: {key} must be a {_KEYS[key].__name__}, not {value!r}")
    return settings


def _configuration(settings: Mapping[str, Any]) -> Configuration:
    defaults = default_places()
    places = Places(
        Path(settings.get("data-root", defaults.data)).absolute(),
        Path(settings.get("exec-root", defaults.run)).absolute(),
    )
    level = "debug" if settings.get("debug") else settings.get("log-level", "info")
    if level not in LEVELS:
        raise InvalidParameter(f"no log level {level!r}; choose one of {', '.join(LEVELS)}")
    attempts = settings.get("max-download-attempts", DEFAULT_DOWNLOAD_ATTEMPTS)
    if attempts < 1:
        raise InvalidParameter(f"max-download-attempts must be 1 or more, not {attempts}")
    hosts, protection = tuple(settings.get("hosts") or (f"unix://{places.socket}",)), _protection(settings)
    for host in hosts:
        ListenAddress.parse(host).check(protection)
    return Configuration(
        places=places,
        hosts=hosts,
        pidfile=Path(settings.get("pidfile", places.pidfile)).absolute(),
        group=settings.get("group"),
        log_level=level,
        insecure_registries=tuple(settings.get("insecure-registries", ())),
        registry_mirrors=tuple(map(_mirror, settings.get("registry-mirrors", ()))),
        nondistributable=tuple(settings.get("allow-nondistributable-artifacts", ())),
        max_download_attempts=attempts,
        protection=protection,
        cache_limits=cache_limits(settings.get("builder", {})),
    )


def _mirror(text: str) -> str:
    """Return a mirror's URL as `info` shows it, with the host before it that it is for, if that is not Docker Hub.

    Raises InvalidParameter, in dockerd's words for what dockerd knows.
    """
    host, is_of_host, url = text.partition("=")
    if is_of_host and "/" not in host:
        if not _is_domain(host):
            raise InvalidParameter(f'invalid mirror: "{host}" in "{text}" is no registry; write HOST=URL, or URL alone')
        return _mirror(url) if host == DEFAULT_DOMAIN else f"{host}={_mirror(url)}"
    try:
        parts = urllib.parse.urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise InvalidParameter(f'invalid mirror: "{text}" is not a valid URI: {error}') from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidParameter(f'invalid mirror: unsupported scheme "{parts.scheme}" in "{text}"')
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise InvalidParameter(f'invalid mirror: path, query, or fragment at end of the URI "{text}"')
    return f"{parts.scheme}://{parts.netloc}/"


def _is_domain(text: str) -> bool:
    try:
        return Reference.parse(f"{text}/image").domain == text
    except InvalidParameter:
        return False


def _protection(settings: Mapping[str, Any]) -> Protection:
    """Return what guards TCP. TLS that asks clients for nothing guards nothing: it is refused."""
    if settings.get("tlsverify"):
        if settings.get("insecure-tcp"):
            raise InvalidParameter("tlsverify and insecure-tcp exclude each other; remove one of the two")
        folder, names = _certificates(), {"tlscacert": "ca.pem", "tlscert": "cert.pem", "tlskey": "key.pem"}
        return Protection(TlsFiles(*(Path(settings.get(key, folder / name)).absolute() for key, name in names.items())))
    for key in ("tls", "tlscacert", "tlscert", "tlskey"):
        if settings.get(key):
            raise InvalidParameter(
                f"{key} without tlsverify would let in everybody who reaches the port; add tlsverify, which asks "
                "clients for a certificate"
            )
    return Protection(insecure=bool(settings.get("insecure-tcp")))
