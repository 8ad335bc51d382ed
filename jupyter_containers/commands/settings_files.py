"""Where settings are kept: jupyter_containers_config.py and .json in Jupyter's configuration folders.

The .py is traitlets' form (`c.ContainerMagics.image = "host"`), written by people; the .json is what `config` writes,
and wins, as everywhere in Jupyter. traitlets and jupyter_core are only loaded when there is a .py: most have none, and
a command of a shell shall not wait for them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_containers.commands.settings import SECTION, Settings, help_of
from jupyter_containers.errors import InvalidParameter

NAME = "jupyter_containers_config"


def folder() -> Path:
    """Return the folder of this user's configuration of Jupyter."""
    return Path(os.environ.get("JUPYTER_CONFIG_DIR") or Path.home() / ".jupyter")


def folders() -> list[Path]:
    """Return where settings are looked for; what is later in the list wins."""
    given = os.environ.get("JUPYTER_CONFIG_PATH", "")
    usual = [Path("/etc/jupyter"), Path("/usr/local/etc/jupyter"), Path(sys.prefix) / "etc" / "jupyter"]
    return [*usual, folder(), *(Path(one) for one in reversed(given.split(os.pathsep)) if one)]


def load() -> Settings:
    """Return the settings of all files. Raises InvalidParameter naming the file that cannot be read."""
    values: dict[str, Any] = {}
    place = ""
    for one in folders():
        for file in (one / f"{NAME}.py", one / f"{NAME}.json"):
            if file.is_file():
                found, place = _read(file), str(file)
                Settings.read(found, place)
                values |= found
    return Settings.read(values, place)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        whole = _from_python(file) if file.suffix == ".py" else json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise InvalidParameter(f"cannot read {file}: {error}") from None
    section = whole.get(SECTION, {}) if isinstance(whole, Mapping) else None
    if not isinstance(section, Mapping):
        raise InvalidParameter(f"cannot read {file}: there is no object {SECTION} in it")
    return section


def _from_python(file: Path) -> Mapping[str, Any]:
    from traitlets.config.loader import PyFileConfigLoader

    try:
        found: Mapping[str, Any] = PyFileConfigLoader(file.name, str(file.parent)).load_config()
    except Exception as error:  # noqa: BLE001 - a person's program may raise anything
        raise InvalidParameter(f"cannot read {file}: {type(error).__name__}: {error}") from None
    return {name: dict(section) for name, section in found.items()}


def keep(name: str, value: object | None) -> Path:
    """Write a setting into this user's .json, or with None take it out; return the file. Raises InvalidParameter."""
    file = folder() / f"{NAME}.json"
    whole = {}
    if file.exists():
        section = dict(_read(file))
        whole = json.loads(file.read_text())
    else:
        section = {}
    section.pop(name, None)
    if value is not None:
        section[name] = list(value) if isinstance(value, tuple) else value
    whole[SECTION] = section
    return _write(file, json.dumps(whole, indent=2) + "\n")


def _write(file: Path, text: str) -> Path:
    """Write a file, whole or not at all, and its folder; return it. Raises InvalidParameter."""
    other = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        other.write_text(text)
        os.replace(other, file)
    except OSError as error:
        raise InvalidParameter(f"cannot write {file}: {error.strerror}") from None
    return file


def generate() -> Path:
    """Write a .py that shows all settings and sets none; return it. Raises InvalidParameter when there is one."""
    file = folder() / f"{NAME}.py"
    if file.exists():
        raise InvalidParameter(f"{file} is there already; move it away for a new one")
    lines = ["# Settings of jupyter-containers, for %container and jupyter-containers.", "c = get_config()  # noqa"]
    for name in Settings.__dataclass_fields__:
        default = getattr(Settings(), name)
        shown = list(default) if isinstance(default, tuple) else default
        lines += ["", f"# {help_of(name)}", f"# c.{SECTION}.{name} = {shown!r}"]
    return _write(file, "\n".join(lines) + "\n")
