"""Tests of commands.dashboard: its text and its values, of lines that are given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from jupyter_containers.client.histories import Histories, History
from jupyter_containers.client.values import ContainerSummary
from jupyter_containers.commands.board import Line
from jupyter_containers.commands.dashboard import Dashboard, bars

NOW = 1_767_323_045.0
COLUMNS = ("pids", "received_bytes", "sent_bytes", "read_bytes", "written_bytes")


def line(name: str, state: str = "running", samples: int = 3, **fields: Any) -> Line:
    history = History(
        f"{name}-id", name, state, times=[NOW - 2 * (samples - n) for n in range(samples)],
        memory_bytes=[1000 * (n + 1) for n in range(samples)], cpu_ns=[n * 10**9 + 1 for n in range(samples)],
        **{column: [0] * samples for column in COLUMNS}, **fields,
    )  # fmt: skip
    summary = ContainerSummary(f"{name}-id", name, "busybox", "sh", datetime.now(UTC), state, f"Up {name}")
    return Line(summary, history)


def dashboard(*lines: Line) -> Dashboard:
    """Return a dashboard of lines; no daemon is behind it."""
    made = Dashboard.__new__(Dashboard)
    board: Any = SimpleNamespace(asked_at=float("inf"), lines=list(lines), histories=Histories(NOW, 4, 10**9, True, []))
    made.board = board
    return made


def test_the_text_has_a_line_for_each_with_its_course() -> None:
    text = dashboard(
        line("web", memory_limit_bytes=4000, out_of_memory_at=(NOW - 1, NOW)), line("new", "created", 0)
    ).text()
    titles, web, new = text.splitlines()
    assert titles.split("   ")[0] == "NAME"
    assert "Up web, memory ran out 2 times" in web
    assert "50.0" in web
    assert "3kB / 4kB" in web
    assert "▅▆" in web
    assert new.split() == ["new", "Up", "new", "-", "-", "-"]
    assert dashboard().text() == "no containers"


def test_the_values_have_limits_marks_and_points() -> None:
    made = dashboard(line("web", memory_limit_bytes=4000, out_of_memory_at=(NOW,)), line("off", "exited"))
    [web, _] = made.data()["containers"]
    assert (web["memoryLimitBytes"], web["outOfMemoryAt"], len(web["points"])) == (4000, [NOW], 2)
    assert made.summary() == "2 containers, 1 running"
    assert len(made) == 2


def test_the_samples_are_a_table_of_pandas() -> None:
    made = dashboard(line("web"))
    made.board.histories.containers.append(made.lines[0].history)
    assert made.df["memory_bytes"].tolist() == [1000, 2000, 3000]


def test_names_and_states_steer_no_terminal() -> None:
    assert "\x1b" not in dashboard(line("\x1b[2Jx")).text()


def test_bars_go_from_nothing_to_the_highest() -> None:
    assert bars([0, 5, 10, 99], 10) == "▁▅██"
    assert bars([0, 0], 0) == "▁▁"
    assert bars([], 1) == ""


def test_the_gist_is_how_containers_are_and_not_what_they_use() -> None:
    def status(text: str, samples: int = 3) -> object:
        one = line("web", samples=samples)
        return dashboard(replace(one, summary=replace(one.summary, status=text))).gist()

    assert status("Up 2 minutes") == status("Up 3 minutes", samples=9)
    assert status("Up 2 minutes (healthy)") != status("Up 2 minutes (unhealthy)")
    assert dashboard(line("web")).gist() != dashboard(line("web", "exited")).gist()
    assert dashboard(line("web")).gist() != dashboard(line("web", out_of_memory_at=(NOW,))).gist()
