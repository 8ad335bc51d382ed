"""The `--name[=value]` words of an instruction: each taken once, what is left over refused."""

from __future__ import annotations

from jupyter_containers.build.dockerfile.lines import Line
from jupyter_containers.errors import Unsupported

_REPEATED = frozenset({"mount", "exclude"})


class Flags:
    """The flags of one line. Raises DockerfileError for a flag that is given twice."""

    def __init__(self, line: Line) -> None:
        self._line = line
        # None: there is no `=`, which only switches can do without.
        self._values: dict[str, str | None] = {}
        self._lists: dict[str, list[str]] = {}
        for flag in line.flags:
            name, equals, text = flag[2:].partition("=")
            value = text if equals else None
            if name in self._values and name not in _REPEATED:
                raise line.error(f"Duplicate flag specified: {name}")
            # Of several none may be without.
            self._values[name] = None if self._values.get(name, "") is None else value
            self._lists.setdefault(name, []).append(text)

    def take(self, name: str, default: str = "") -> str:
        """Return the flag's value, or the default. Raises DockerfileError for a flag without a value."""
        found = self._values.pop(name, default)
        if found is None:
            raise self._line.error(f"missing a value on flag: --{name}=…")
        return found

    def take_all(self, name: str) -> tuple[str, ...]:
        """Return the values of a flag that may be given again and again."""
        self.take(name)
        return tuple(self._lists.get(name, ()))

    def take_switch(self, name: str) -> bool:
        """Return whether a flag without a value is on; `=true` and `=false` may follow it."""
        if name not in self._values:
            return False
        value = self._values.pop(name)
        if value is not None and value.lower() not in ("true", "false"):
            raise self._line.error(f"expecting boolean value for flag {name}, not: {value.lower()}")
        return value is None or value.lower() == "true"

    def take_choice(self, name: str) -> bool | None:
        """Return a switch as take_switch() does, None if it is not there."""
        return self.take_switch(name) if name in self._values else None

    def refuse(self, name: str, reason: str) -> None:
        """Raise Unsupported for a flag that exists in Docker and not here: silence would build something else."""
        if name in self._values:
            raise Unsupported(
                f"{self._line.word} --{name} is not supported (line {self._line.start}): {reason}",
                line=self._line.start, end_line=self._line.end, source=self._line.text,
            )  # fmt: skip

    def refuse_unknown(self) -> None:
        for name in self._values:
            raise self._line.error(f"Unknown flag: {name}")
