"""Examine a store, and mend it when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_containers.daemon.lock import Lock
from jupyter_containers.daemon.storage import blobs, database, holders, images, snapshots, unpacked
from jupyter_containers.daemon.storage.finding import Finding, Outcome
from jupyter_containers.daemon.storage.store import DATABASE, Store, opened, opened_copy
from jupyter_containers.errors import Conflict, ContainersError, NotFound
from jupyter_containers.metadata.salvage import salvage

Check = Callable[[Store], Iterator[Finding]]

# Each relies on what those before it have mended.
CHECKS: tuple[Check, ...] = (
    database.check_rows,
    snapshots.check_mounts,
    blobs.check,
    blobs.check_unfinished,
    snapshots.check,
    images.check,
    holders.check_cached_steps,
    holders.check_failed_steps,
    snapshots.check_parents,
    snapshots.check_sizes,
    images.check_sizes,
    holders.check_containers,
    holders.check_volumes,
    holders.check_places,
)
# One thing that goes may be what another stood on.
_ROUNDS = 5


class NoStore(NotFound):
    def __init__(self, data: Path) -> None:
        super().__init__(f"there is no store at {data}: no daemon has run there; name another with --data-root")


class StoreInUse(Conflict):
    def __init__(self, error: Conflict) -> None:
        super().__init__(
            f"{error.message.partition(';')[0]}: the doctor works on a store at rest; stop the daemon with "
            "`jupyter-containers stop` (containers run on), ask again, and start it"
        )


def examine(data: Path, *, repair: bool = False, deep: bool = False) -> list[Outcome]:
    """Return what is wrong with the store at `data`, and with `repair` what became of it.

    `deep`: unpacked layers are compared with their blobs, which takes as long as to unpack them all. Raises NoStore,
    StoreInUse while a daemon has it, NewerSchema.
    """
    if not (data / "daemon.lock").exists():
        raise NoStore(data)
    with _locked(data):
        found = list(database.check(data))
        if not repair:
            return [*map(Outcome, found), *map(Outcome, _look(data, _checks(deep), is_damaged=bool(found)))]
        outcomes = [_mend(finding) for finding in found]
        if any(not outcome.mended for outcome in outcomes):
            return outcomes
        with opened(data, rows_lost=bool(found)) as store:
            return outcomes + _mend_all(store, _checks(deep))


def _checks(deep: bool) -> tuple[Check, ...]:
    return (*CHECKS, unpacked.check) if deep else CHECKS


def _locked(data: Path) -> AbstractContextManager[object]:
    try:
        return Lock(data / "daemon.lock", "data-root")
    except Conflict as error:
        raise StoreInUse(error) from error


def _look(data: Path, checks: Sequence[Check], *, is_damaged: bool) -> list[Finding]:
    """Return what all checks find. Of a damaged database the rows are looked at that can be saved."""
    with TemporaryDirectory(prefix="jupyter-containers-doctor-") as folder:
        path = data / DATABASE
        if is_damaged:
            path = Path(folder) / DATABASE
            salvage(data / DATABASE, path)
        with opened_copy(data, path, rows_lost=is_damaged) as store:
            return [finding for check in checks for finding in _rows_mended(check(store))]


def _rows_mended(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in list(findings):
        if finding.in_rows and finding.mend is not None:
            finding.mend()
        yield finding


def _mend_all(store: Store, checks: Sequence[Check]) -> list[Outcome]:
    """Mend what each check finds, before the next one looks, until there is nothing new."""
    outcomes: dict[tuple[str, str, str], Outcome] = {}
    for _ in range(_ROUNDS):
        before = len(outcomes)
        for check in checks:
            for finding in list(check(store)):
                key = finding.what, finding.name, finding.problem
                if key not in outcomes:
                    outcomes[key] = _mend(finding)
        if len(outcomes) == before:
            break
    return list(outcomes.values())


def _mend(finding: Finding) -> Outcome:
    if finding.mend is None:
        return Outcome(finding)
    try:
        finding.mend()
    except (OSError, ContainersError) as error:
        return Outcome(finding, failure=str(error))
    return Outcome(finding, mended=True)


def is_sound(outcomes: Iterable[Outcome]) -> bool:
    """Tell whether nothing is wrong any more."""
    return all(outcome.mended for outcome in outcomes)


def as_json(data: Path, outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return the findings as JSON values: the form that notebooks draw."""
    return {"dataRoot": str(data), "sound": is_sound(outcomes), "findings": [_entry(outcome) for outcome in outcomes]}


def _entry(outcome: Outcome) -> dict[str, object]:
    values = {name: value for name, value in _fields(outcome.finding).items() if name != "mend"}
    return values | {"can_mend": outcome.finding.mend is not None, "mended": outcome.mended, "failure": outcome.failure}


def _fields(finding: Finding) -> dict[str, object]:
    return {name: getattr(finding, name) for name in ("what", "name", "problem", "remedy")}


def as_text(data: Path, outcomes: Sequence[Outcome], *, repair: bool) -> str:
    """Return the findings as lines: an object and what is wrong, and below it what helps or was done."""
    lines = []
    for outcome in outcomes:
        finding = outcome.finding
        lines.append(f"{finding.what} {finding.name}: {finding.problem}")
        word = "mended" if outcome.mended else f"not mended ({outcome.failure})" if outcome.failure else "mend"
        lines.append(f"      {word}: {finding.remedy}")
    left = sum(not outcome.mended for outcome in outcomes)
    if not outcomes:
        verdict = "The store is sound."
    elif not left:
        verdict = f"The store is sound again: {len(outcomes)} things were mended."
    elif repair:
        verdict = f"{len(outcomes) - left} things were mended, {left} are left to you."
    else:
        verdict = f"{left} things are wrong; nothing was changed. Mend them with: doctor --storage --repair"
    return "\n".join([*lines, f"{data}: {verdict}"])
