"""The `--change` of `docker import` and `docker commit`: Dockerfile instructions that only touch the config."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.image_config import ProcessDefaults


def apply_changes(process: ProcessDefaults, changes: Sequence[str]) -> ProcessDefaults:
    """Return `process` with instructions such as `CMD ["sh"]` or `ENV A=b` applied, one text for each.

    Raises InvalidParameter for an instruction that is none of these or has wrong arguments.
    """
    for change in changes:
        word, _, rest = change.strip().partition(" ")
        instruction = _INSTRUCTIONS.get(word.upper())
        if instruction is None:
            known = ", ".join(_INSTRUCTIONS)
            raise InvalidParameter(f"{word or change!r} is not a valid change; use one of {known}")
        if not rest.strip():
            raise InvalidParameter(f"{word.upper()} requires at least one argument")
        process = instruction(process, rest.strip())
    return process


def _command(text: str) -> tuple[str, ...]:
    """Read JSON form if it parses as such, else shell form."""
    if text.startswith("["):
        try:
            words = json.loads(text)
        except ValueError:
            words = None
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return tuple(words)
    return ("/bin/sh", "-c", text)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise InvalidParameter(f"cannot split {text!r} into words: {error}") from error


def _pairs(text: str) -> dict[str, str]:
    """Read `A=b C="d e"`, or the old form `A b`."""
    words = _words(text)
    if "=" not in words[0]:
        name, _, value = text.partition(" ")
        return {name: value.strip()}
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise InvalidParameter(f"syntax error: can't find = in {word!r}; must be of the form: name=value")
        pairs[name] = value
    return pairs


def _env(process: ProcessDefaults, text: str) -> ProcessDefaults:
    merged = {name: value for name, _, value in (entry.partition("=") for entry in process.env)}
    merged |= _pairs(text)
    return replace(process, env=tuple(f"{name}={value}" for name, value in merged.items()))


def _label(process: ProcessDefaults, text: str) -> ProcessDefaults:
    return replace(process, labels={**process.labels, **_pairs(text)})


def _cmd(process: ProcessDefaults, text: str) -> ProcessDefaults:
    return replace(process, cmd=_command(text))


def _entrypoint(process: ProcessDefaults, text: str) -> ProcessDefaults:
    return replace(process, entrypoint=_command(text))


def _expose(process: ProcessDefaults, text: str) -> ProcessDefaults:
    ports = [port if "/" in port else f"{port}/tcp" for port in _words(text)]
    return replace(process, exposed_ports=tuple(dict.fromkeys((*process.exposed_ports, *ports))))


def _volume(process: ProcessDefaults, text: str) -> ProcessDefaults:
    paths = _command(text) if text.startswith("[") else _words(text)
    return replace(process, volumes=tuple(dict.fromkeys((*process.volumes, *paths))))


def _user(process: ProcessDefaults, text: str) -> ProcessDefaults:
    return replace(process, user=text)


def _workdir(process: ProcessDefaults, text: str) -> ProcessDefaults:
    base = process.working_dir or "/"
    return replace(process, working_dir=text if text.startswith("/") else f"{base.rstrip('/')}/{text}")


def _stop_signal(process: ProcessDefaults, text: str) -> ProcessDefaults:
    return replace(process, stop_signal=text)


def _on_build(process: ProcessDefaults, text: str) -> ProcessDefaults:
    return replace(process, on_build=(*process.on_build, text))


_INSTRUCTIONS: Mapping[str, Callable[[ProcessDefaults, str], ProcessDefaults]] = {
    "CMD": _cmd, "ENTRYPOINT": _entrypoint, "ENV": _env, "EXPOSE": _expose, "LABEL": _label, "ONBUILD": _on_build,
    "STOPSIGNAL": _stop_signal, "USER": _user, "VOLUME": _volume, "WORKDIR": _workdir,
}  # fmt: skip
