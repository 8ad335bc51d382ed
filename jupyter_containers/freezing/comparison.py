"""Are the outputs of a notebook's cells the same in the image as those that were saved? Said cell by cell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_containers.freezing.notebooks import Cell, joined

SAME, DIFFERS, FAILED, NOT_RUN = "same", "differs", "failed", "not run"
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}")
_EXECUTED = re.compile(r"\x1b\[[0-9;]*m")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class CellCheck:
    """A code cell, counted from 1; `note` is the first difference, the error, or why it was not run."""

    number: int
    state: str
    note: str = ""


def compare(cells: Sequence[Cell], inside: Sequence[Mapping[str, Any]], *, is_full: bool) -> list[CellCheck]:
    """Return how the cells did. `inside` has {"outputs", "skipped"} for each; not `is_full`: only text was kept."""
    checks = []
    for number, cell in enumerate(cells, 1):
        if number > len(inside):
            checks.append(CellCheck(number, NOT_RUN, "a cell before it has failed"))
            continue
        report = inside[number - 1]
        if report.get("skipped"):
            checks.append(CellCheck(number, NOT_RUN, str(report["skipped"])[:_LONGEST]))
            continue
        checks.append(_compared(number, cell.outputs, list(report.get("outputs") or ()), is_full=is_full))
    return checks


def _compared(number: int, saved: Sequence[Mapping[str, Any]], made: Sequence[Any], *, is_full: bool) -> CellCheck:
    outputs = [output for output in made if isinstance(output, Mapping)]
    before, after = (list(_words(one, is_full=is_full)) for one in (saved, outputs))
    error = next((o for o in outputs if o.get("output_type") == "error"), None)
    expected = any(output.get("output_type") == "error" for output in saved)
    if error is not None and not expected:
        return CellCheck(number, FAILED, f"{error.get('ename', '')}: {error.get('evalue', '')}"[:_LONGEST])
    for old, new in zip(before, after, strict=False):
        if old != new:
            return CellCheck(number, DIFFERS, f"saved {old[:_LONGEST]!r}, now {new[:_LONGEST]!r}")
    if len(before) != len(after):
        extra = before[len(after) :] or after[len(before) :]
        which = "no longer" if len(before) > len(after) else "only now"
        return CellCheck(number, DIFFERS, f"{which}: {extra[0][:_LONGEST]!r}")
    return CellCheck(number, SAME)


def _words(outputs: Sequence[Mapping[str, Any]], *, is_full: bool) -> Iterator[str]:
    """Yield what is compared: lines of text, results as text, pictures as digests, errors by name."""
    streams: dict[str, str] = {}
    for output in outputs:
        if output.get("output_type") == "stream":
            name = str(output.get("name", "stdout"))
            streams[name] = streams.get(name, "") + joined(output.get("text", ""))
    # Warnings on stderr name paths and times; what a notebook computes is on stdout.
    yield from _plain(streams.get("stdout", "")).splitlines()
    for output in outputs:
        kind = output.get("output_type")
        if kind == "error":
            yield f"{output.get('ename', '')}: {output.get('evalue', '')}"
        elif kind == "execute_result" or (kind == "display_data" and is_full):
            forms = output.get("data") or {}
            yield _plain(joined(forms.get("text/plain", "")))
            if is_full and "image/png" in forms:
                picture = joined(forms["image/png"]).replace("\n", "").strip()
                yield f"picture {hashlib.sha256(picture.encode()).hexdigest()[:12]}"


def _plain(text: str) -> str:
    return _ADDRESS.sub("0x…", _EXECUTED.sub("", text))
