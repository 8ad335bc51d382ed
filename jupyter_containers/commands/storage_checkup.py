"""doctor --storage: what is wrong with the store, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from jupyter_containers.client import autostart
from jupyter_containers.commands.results import Json, Result


class StorageCheckup(Result):
    """The findings of the doctor of the store. True when nothing is wrong any more."""

    kind: ClassVar[str] = "storage-doctor"

    def __init__(self, body: Json, *, was_repaired: bool = False) -> None:
        self._was_repaired = was_repaired
        self.is_sound = bool(body.get("sound"))
        self.data_root = str(body.get("dataRoot", ""))
        self.findings: tuple[Json, ...] = tuple(body.get("findings", ()))

    def __bool__(self) -> bool:
        return self.is_sound

    def summary(self) -> str:
        mended = sum(bool(finding["mended"]) for finding in self.findings)
        if self.is_sound:
            return "the store is sound" + (f" again: {mended} things were mended" if mended else "")
        left = len(self.findings) - mended
        hint = "" if self._was_repaired else "; nothing was changed, mend with doctor --storage --repair"
        return f"{left} things are wrong with the store" + (f", {mended} were mended" if mended else "") + hint

    def text(self) -> str:
        lines = []
        for found in self.findings:
            lines.append(f"{found['what']} {found['name']}: {found['problem']}")
            failed = f"not mended ({found['failure']})" if found["failure"] else "mend"
            lines.append(f"      {'mended' if found['mended'] else failed}: {found['remedy']}")
        return "\n".join([*lines, f"{self.data_root}: {self.summary()}"])

    def data(self) -> Json:
        return {"dataRoot": self.data_root, "sound": self.is_sound, "findings": list(self.findings)}


def examine_storage(*, repair: bool, deep: bool = False) -> StorageCheckup:
    """Let the doctor examine the store of this user's daemon. Raises ContainersError while the daemon runs."""
    flags = [flag for flag, is_wanted in (("--repair", repair), ("--deep", deep)) if is_wanted]
    found = autostart.diagnose("--storage", *flags, timeout=None)
    return StorageCheckup(found, was_repaired=repair)
