"""-i and -o of run, exec and python: variables of the notebook go into the container, and come out of it."""

from __future__ import annotations

import json
import secrets
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.client.runs import Luggage
from jupyter_containers.commands.command import Argument, Takes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.run_result import Carried, RunResult
from jupyter_containers.commands.session import MAGIC, Session
from jupyter_containers.commands.spelling import near
from jupyter_containers.errors import ContainersError
from jupyter_containers.variables import choice, displays, json_values, parcel
from jupyter_containers.variables.choice import Packed
from jupyter_containers.variables.codec import CannotTravel

FOLDER = "/variables"
# Linux takes no longer word for a process; what is longer is in its file only.
_ENVIRONMENT_CHARACTERS = 30_000
_INSIDE = Path(choice.__file__).with_name("inside.py")

VARIABLES = (
    Argument(("-i", "--input"), "carry this variable into the container", Takes.EACH, "VARIABLE", only_in=MAGIC),
    Argument(
        ("-o", "--output"), "carry this variable out of it when it has ended", Takes.EACH, "VARIABLE", only_in=MAGIC
    ),
)
DETAILS = (
    "-i x puts the variable x into $VARIABLES/in/x.SUFFIX, and a str or a number also into the environment, as $x;\n"
    "-o y takes y out of $VARIABLES/out/y.SUFFIX. Suffixes are formats: .txt str, .bin bytes, .json, .jsonl a list\n"
    "(a line for each item), .npy, .arrow, .parquet, .csv; a file with another suffix comes out as its Path."
)


@dataclass
class Carrier:
    """The variables of one run. `folder` is theirs in the container, `cell` is Python to be run with them."""

    folder: str
    inputs: list[Packed]
    wanted: tuple[str, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    cell: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    problem: CannotTravel | None = None

    @property
    def environment(self) -> tuple[str, ...]:
        """The folder, and for a script the scalars."""
        own = {} if self.cell is not None else self.texts
        return (f"VARIABLES={self.folder}", *(f"{name}={text}" for name, text in own.items()))

    def into_run(self, settings: RunSettings) -> RunSettings:
        """Return settings with a nameless volume for the folder: it can be written where the root cannot."""
        environment = (*self.environment, *settings.environment)
        return replace(settings, environment=environment, volumes=(*settings.volumes, self.folder))

    def into_exec(self, settings: ExecSettings) -> ExecSettings:
        return replace(settings, environment=(*self.environment, *settings.environment))

    def luggage(self, session: Session, *, is_exec: bool = False) -> Luggage:
        """Return what puts the files in and takes them out; an exec's folder is removed then."""
        client = session.client
        name = self.folder.removeprefix("/") if is_exec else ""
        content = parcel.tar(name, self.inputs, self._extras())

        def pack(container: str) -> None:
            client.archives.put(container, "/" if is_exec else self.folder, content)

        def unpack(container: str) -> None:
            if not self.wanted and self.cell is None:
                return
            try:
                self.files = parcel.read(client.archives.get(container, f"{self.folder}/out"))
            except CannotTravel as error:
                self.problem = error

        def clear(container: str) -> None:
            # Not waited for: the container's own rm might never end.
            command = ExecSettings(("rm", "-rf", self.folder), user="0", detached=True)
            try:
                client.execs.start_detached(client.execs.create(container, command))
            except ContainersError as error:
                session.front.note(f"{self.folder} is left behind in {container}: {error.message}")

        return Luggage(pack, unpack, clear) if is_exec else Luggage(pack, unpack)

    def _extras(self) -> dict[str, bytes]:
        if self.cell is None:
            return {}
        suffixes: dict[str, list[str]] = {}
        for packed in self.inputs:
            suffixes.setdefault(packed.name, []).append(packed.suffix)
        manifest = {"inputs": suffixes, "outputs": list(self.wanted), "reads": choice.readable_tables()}
        return {
            "manifest.json": json.dumps(manifest).encode(),
            "cell.py": self.cell.encode(),
            "run.py": _INSIDE.read_bytes(),
        }

    def deliver(self, session: Session, result: RunResult, *, succeeded: bool) -> None:
        """Fill in what the result tells; with a success set the variables, all or none. Raises CannotTravel."""
        result.displays = displays.parse(self.files.get(parcel.DISPLAY, b"")) if self.cell is not None else []
        result.inputs = [Carried(p.name, p.suffix, len(p.content)) for p in self.inputs]
        if not succeeded:
            return
        if self.problem is not None:
            raise self.problem
        chosen = parcel.outputs(self.files, self.wanted)
        values = {packed.name: choice.unpack(packed) for packed in chosen}
        session.namespace.update(values)
        result.values = values
        result.outputs = [Carried(p.name, p.suffix, len(p.content)) for p in chosen]


def carrier_of(
    session: Session, options: Namespace, *, cell: str | None = None, is_exec: bool = False
) -> Carrier | None:
    """Return the carrier that the options ask for, None if they ask for none. Raises UsageError and CannotTravel."""
    inputs, outputs = getattr(options, "input", []), getattr(options, "output", [])
    if not inputs and not outputs and cell is None:
        return None
    if options.detach:
        raise UsageError("-d leaves the container alone, so no variable can be carried; leave out -i and -o, or -d")
    for name in outputs:
        if not name.isidentifier():
            raise UsageError(f"{name!r} is no name of a variable")
    for name in inputs:
        if name not in session.namespace:
            raise UsageError(f"there is no variable {name}{near(name, list(session.namespace))}")
    packed = [file for name in dict.fromkeys(inputs) for file in choice.pack(name, session.namespace[name])]
    folder = f"{FOLDER}-{secrets.token_hex(4)}" if is_exec else FOLDER
    texts = {name: text for name in inputs if (text := _text(session.namespace[name])) is not None}
    return Carrier(folder, packed, tuple(dict.fromkeys(outputs)), texts, cell)


def _text(value: object) -> str | None:
    """Return a scalar as an environment variable has it, None if it is none or does not fit there."""
    if not json_values.is_scalar(value):
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _ENVIRONMENT_CHARACTERS and "\0" not in text else None
