"""What runs = what was asked for, over what the image says. Pure; the rules are Docker's."""

from __future__ import annotations

from dataclasses import replace

from jupyter_containers.engine.containers.ports import of_image
from jupyter_containers.engine.containers.record import Settings
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.image_config import Healthcheck, ProcessDefaults


def merge(asked: Settings, image: ProcessDefaults) -> Settings:
    """Return the settings of a container of this image. Raises InvalidParameter when nothing is left to run."""
    entrypoint, cmd = _command(asked, image)
    if not entrypoint and not cmd:
        raise InvalidParameter("No command specified")
    return replace(
        asked,
        entrypoint=entrypoint,
        cmd=cmd,
        user=asked.user or image.user,
        env=merge_env(asked.env, image.env),
        exposed_ports=tuple(sorted({*asked.exposed_ports, *of_image(image.exposed_ports)[0]})),
        volumes=tuple(sorted({*asked.volumes, *image.volumes})),
        working_dir=asked.working_dir or image.working_dir,
        labels={**image.labels, **asked.labels},
        stop_signal=asked.stop_signal or image.stop_signal,
        shell=asked.shell or image.shell,
        healthcheck=_healthcheck(asked.healthcheck, image.healthcheck),
    )


def _command(asked: Settings, image: ProcessDefaults) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    entrypoint, cmd = asked.entrypoint, asked.cmd
    if not entrypoint:
        # An entrypoint of one's own also says goodbye to the image's command.
        cmd = cmd or image.cmd
        if entrypoint is None:
            entrypoint = image.entrypoint
    if entrypoint == ("",):
        # How `docker run --entrypoint ""` says: none.
        entrypoint = None
    return entrypoint, cmd


def merge_env(asked: tuple[str, ...], defaults: tuple[str, ...]) -> tuple[str, ...]:
    """Return the variables asked for, then the defaults that they do not name, in Docker's order."""
    named = {entry.partition("=")[0] for entry in asked}
    return (*asked, *(entry for entry in defaults if entry.partition("=")[0] not in named))


def replace_env(base: tuple[str, ...], overrides: tuple[str, ...]) -> tuple[str, ...]:
    """Return `base` with values replaced or added; an override without "=" takes the variable away."""
    places = {entry.partition("=")[0]: place for place, entry in enumerate(base)}
    merged: list[str | None] = list(base)
    for entry in overrides:
        name, equals, _ = entry.partition("=")
        if name in places:
            merged[places[name]] = entry if equals else None
        elif equals:
            places[name] = len(merged)
            merged.append(entry)
    return tuple(entry for entry in merged if entry is not None)


def _healthcheck(asked: Healthcheck | None, image: Healthcheck | None) -> Healthcheck | None:
    if asked is None or image is None:
        return asked or image
    return Healthcheck(
        test=asked.test or image.test,
        interval=asked.interval or image.interval,
        timeout=asked.timeout or image.timeout,
        start_period=asked.start_period or image.start_period,
        start_interval=asked.start_interval or image.start_interval,
        retries=asked.retries or image.retries,
    )
