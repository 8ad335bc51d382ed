"""config: settings that last, shown and set."""

from __future__ import annotations

from argparse import Namespace
from typing import ClassVar

from jupyter_containers.commands import settings, settings_files
from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message, Table
from jupyter_containers.commands.session import Session


class SettingsTable(Table):
    kind: ClassVar[str] = "settings"


def configure(session: Session, options: Namespace) -> SettingsTable | Message:
    if options.generate:
        return Message((f"wrote {settings_files.generate()}",))
    if options.key is None:
        if options.reset:
            raise UsageError("config: --reset of which setting? name it")
        return _all(session)
    if options.key not in settings.NAMES:
        session.settings.having(options.key, "")
    if options.value is None and not options.reset:
        value = getattr(session.settings, options.key)
        return Message((_shown(value),), (_shown(value),))
    return _set(session, options)


def _all(session: Session) -> SettingsTable:
    records = [(name, getattr(session.settings, name), settings.help_of(name)) for name in settings.NAMES]
    rows = tuple((name, _shown(value), help_) for name, value, help_ in records)
    return SettingsTable("settings", ("SETTING", "VALUE", "MEANING"), rows, records)


def _set(session: Session, options: Namespace) -> Message:
    if options.reset and options.value is not None:
        raise UsageError("config: --reset takes no value; leave one of both out")
    default = getattr(settings.Settings(), options.key)
    changed = session.settings.having(options.key, default if options.reset else options.value)
    value = getattr(changed, options.key)
    file = settings_files.keep(options.key, None if options.reset else value)
    session.settings = changed
    return Message((f"{options.key} is {_shown(value) or 'empty'} now, and kept in {file}",), (_shown(value),))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


CONFIG = Command(
    "config",
    "show and change settings",
    configure,
    (
        Argument(("--reset",), "forget what was set, so that the default holds", Takes.NOTHING),
        Argument(("--generate",), "write a jupyter_containers_config.py that shows all settings", Takes.NOTHING),
        Argument(("key",), "only this one", Takes.OPTIONAL, "SETTING", choices=settings.NAMES),
        Argument(("value",), "what it shall be, from now on", Takes.OPTIONAL, "VALUE"),
    ),
    details=(
        "Settings are read from jupyter_containers_config.py and .json in Jupyter's configuration folders; config\n"
        "writes the .json. In a notebook %config ContainerMagics.SETTING = VALUE changes one for the session only."
    ),
)
