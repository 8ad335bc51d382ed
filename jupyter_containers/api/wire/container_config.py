"""Docker's container Config ↔ Settings."""

from __future__ import annotations

import posixpath
from typing import Any

from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.fields import Body
from jupyter_containers.engine.containers.ports import single_ports
from jupyter_containers.engine.containers.record import Settings
from jupyter_containers.oci.image_config import Healthcheck

_HEALTH_FIELDS = (
    ("Interval", "interval"), ("Timeout", "timeout"), ("StartPeriod", "start_period"),
    ("StartInterval", "start_interval"), ("Retries", "retries"),
)  # fmt: skip


def settings_from_wire(body: Body) -> Settings:
    """Read a create request's Config. Raises InvalidParameter, Unsupported."""
    return Settings(
        image=fields.text(body, "Image"),
        hostname=fields.text(body, "Hostname"),
        domainname=fields.text(body, "Domainname"),
        user=fields.text(body, "User"),
        attach_stdin=fields.flag(body, "AttachStdin"),
        attach_stdout=fields.flag(body, "AttachStdout"),
        attach_stderr=fields.flag(body, "AttachStderr"),
        exposed_ports=tuple(
            sorted({port for text in fields.mapping(body, "ExposedPorts") for port in single_ports(text)})
        ),
        tty=fields.flag(body, "Tty"),
        open_stdin=fields.flag(body, "OpenStdin"),
        stdin_once=fields.flag(body, "StdinOnce"),
        env=fields.texts(body, "Env") or (),
        cmd=fields.command(body, "Cmd"),
        entrypoint=fields.command(body, "Entrypoint"),
        volumes=tuple(sorted(fields.mapping(body, "Volumes"))),
        working_dir=_clean(fields.text(body, "WorkingDir")),
        network_disabled=fields.flag(body, "NetworkDisabled"),
        mac_address=fields.text(body, "MacAddress"),
        labels=fields.text_mapping(body, "Labels"),
        stop_signal=fields.text(body, "StopSignal"),
        stop_timeout_seconds=fields.optional_number(body, "StopTimeout"),
        shell=fields.command(body, "Shell") or (),
        healthcheck=_healthcheck(body),
        on_build=fields.texts(body, "OnBuild"),
        args_escaped=fields.flag(body, "ArgsEscaped"),
    )


def _clean(path: str) -> str:
    # A relative one is refused later, in Docker's words and with the name that was given.
    return posixpath.normpath(path).replace("//", "/") if path.startswith("/") else path


def _healthcheck(body: Body) -> Healthcheck | None:
    if body.get("Healthcheck") is None:
        return None
    health = fields.mapping(body, "Healthcheck")
    values = {ours: fields.number(health, theirs) for theirs, ours in _HEALTH_FIELDS}
    return Healthcheck(test=fields.texts(health, "Test") or (), **values)


def settings_to_wire(settings: Settings) -> dict[str, Any]:
    """Write the Config of inspect, `null` and `[]` as dockerd has them."""
    config: dict[str, Any] = {
        "Hostname": settings.hostname,
        "Domainname": settings.domainname,
        "User": settings.user,
        "AttachStdin": settings.attach_stdin,
        "AttachStdout": settings.attach_stdout,
        "AttachStderr": settings.attach_stderr,
        "Tty": settings.tty,
        "OpenStdin": settings.open_stdin,
        "StdinOnce": settings.stdin_once,
        "Env": list(settings.env),
        "Cmd": None if settings.cmd is None else list(settings.cmd),
        "Image": settings.image,
        "Volumes": {path: {} for path in settings.volumes} or None,
        "WorkingDir": settings.working_dir,
        "Entrypoint": None if settings.entrypoint is None else list(settings.entrypoint),
        "OnBuild": None if settings.on_build is None else list(settings.on_build),
        "Labels": dict(settings.labels),
    }
    optional: dict[str, Any] = {
        "ExposedPorts": {port: {} for port in settings.exposed_ports},
        "Healthcheck": _healthcheck_json(settings.healthcheck),
        "NetworkDisabled": settings.network_disabled,
        "MacAddress": settings.mac_address,
        "StopSignal": settings.stop_signal,
        "Shell": list(settings.shell),
        "ArgsEscaped": settings.args_escaped,
    }
    config |= {name: value for name, value in optional.items() if value}
    if settings.stop_timeout_seconds is not None:
        config["StopTimeout"] = settings.stop_timeout_seconds
    return config


def _healthcheck_json(health: Healthcheck | None) -> dict[str, Any] | None:
    if health is None:
        return None
    values = {theirs: getattr(health, ours) for theirs, ours in _HEALTH_FIELDS}
    return {"Test": list(health.test)} | {name: value for name, value in values.items() if value}
