"""What a person can set once, for all commands: in a file, by `config`, or by `%config ContainerMagics`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from jupyter_containers.commands.spelling import near
from jupyter_containers.errors import InvalidParameter

# What the settings are called in files, and in IPython.
SECTION = "ContainerMagics"
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def _setting(default: Any, help_: str) -> Any:
    if isinstance(default, tuple):
        return field(default_factory=tuple, metadata={"help": help_})
    return field(default=default, metadata={"help": help_})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings and their defaults."""

    host: str = _setting("", "the daemon to work with when the environment names none: an address or docker context")
    image: str = _setting("", "the image of run and python when the line names none")
    timeout: float = _setting(0.0, "seconds after which run, exec and python are killed in a notebook; 0: never")
    safe: bool = _setting(False, "run and python are --safe; --no-safe takes it back for one line")
    open_lines: int = _setting(40, "how many of the last lines of an output are seen at once")
    short_errors: bool = _setting(True, "show errors in a line or two, without the calls that led to them")
    aliases: tuple[str, ...] = _setting((), "more names of the magic, such as docker for %docker and %%docker")

    @classmethod
    def read(cls, values: Mapping[str, Any], place: str) -> Self:
        """Return the settings of a file. Raises InvalidParameter naming the place, and what is wrong there."""
        settings = cls()
        for name, value in values.items():
            try:
                settings = settings.having(name, value)
            except InvalidParameter as error:
                raise InvalidParameter(f"{place}: {error.message}") from None
        return settings

    def having(self, name: str, value: object) -> Self:
        """Return settings with another value, which may be text. Raises InvalidParameter."""
        if name not in NAMES:
            hint = near(name, NAMES) or f"; there are {', '.join(NAMES)}"
            raise InvalidParameter(f"there is no setting {name}{hint}")
        read: dict[str, Any] = {name: _read(name, value, type(getattr(self, name)))}
        return replace(self, **read)


NAMES = tuple(one.name for one in fields(Settings))


def help_of(name: str) -> str:
    """Return what a setting means."""
    found = next(one.metadata["help"] for one in fields(Settings) if one.name == name)
    return str(found)


def _read(name: str, value: object, kind: type) -> object:
    if kind is bool:
        return _truth(name, value)
    if kind is tuple:
        words = value.replace(",", " ").split() if isinstance(value, str) else value
        if isinstance(words, list | tuple) and all(isinstance(one, str) and one.isidentifier() for one in words):
            return tuple(words)
        raise InvalidParameter(f"{name}: {value!r} are no names of magics, such as docker")
    if kind is str:
        if isinstance(value, str):
            return value
        raise InvalidParameter(f"{name}: {value!r} is no text")
    try:
        number = kind(value)
    except (TypeError, ValueError):
        number = -1
    if isinstance(value, bool) or not 0 <= number < 1e9:
        raise InvalidParameter(f"{name}: {value!r} is no number from 0 up")
    return number


def _truth(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise InvalidParameter(f"{name}: {value!r} is neither true nor false")
