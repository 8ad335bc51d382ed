"""What containers use, second after second: the numbers, and the course of processor and memory."""

from __future__ import annotations

from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.usage_stream import UsageStream
from jupyter_containers.pictures.html import Html, block, coloured, table
from jupyter_containers.pictures.sparklines import sparkline


def draw(result: UsageStream) -> Html:
    latest = result.latest
    if not latest.rows:
        return block(coloured("quiet", "no containers"))
    rows = [(*row, *_courses(result, record["name"])) for row, record in zip(latest.rows, latest.records, strict=True)]
    titles = [title.capitalize() for title in latest.titles]
    return block(table([*titles, "Processor", "Memory"], rows))


def _courses(result: UsageStream, name: str) -> tuple[Html, Html]:
    course = result.courses.get(name, ())
    processor = [(at, float(record["cpu_percent"])) for at, record in course]
    memory = [(at, float(record["memory_bytes"])) for at, record in course]
    most, largest = (max((value for _, value in values), default=0.0) for values in (processor, memory))
    return (
        sparkline(processor, f"processor: at most {most:.1f}% in {len(processor)} samples"),
        sparkline(memory, f"memory: at most {size_text(largest)} in {len(memory)} samples"),
    )
