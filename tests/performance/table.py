"""The result as people read it: a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from tests.performance.benchmarks import Row


def table(rows: Iterable[Row]) -> str:
    """Return one line for each row, with how many times more dockerd takes."""
    lines = ["| what | jupyter_containers | dockerd | ratio |", "|---|---:|---:|---:|"]
    for row in rows:
        ratio = f"{row.theirs / row.ours:.1f} x" if row.ours and row.theirs else "-"
        lines.append(f"| {row.what} | {_number(row.ours)} {row.unit} | {_number(row.theirs)} {row.unit} | {ratio} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
