"""The table that ps prints: which columns for which options, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.engine.containers.ps_columns import Host, Process
from jupyter_containers.engine.containers.top import columns_of, parse_arguments, table
from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported

HOST = Host(1000.0, 10**9, 1_700_000_000.0)
ONE = Process(
    pid=7, thread=7, parent=1, group=7, session=7, terminal=0, foreground=-1, flags=0x400100, state="S", uid=0, gid=0,
    priority=20, nice=0, threads=1, processor=1, cpu_ticks=0, start_ticks=0, virtual_bytes=4096 * 567,
    resident_bytes=1 << 20, name="sleep", arguments="sleep 600",
)  # fmt: skip


def titles(arguments: str) -> str:
    return " ".join(title for title, _ in columns_of(parse_arguments(arguments)))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("-ef", "UID PID PPID C STIME TTY TIME CMD"),
        ("aux", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND"),
        ("auxww", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND"),
        ("-e", "PID TTY TIME CMD"),
        ("ax", "PID TTY STAT TIME COMMAND"),
        ("-o pid,comm", "PID COMMAND"),
        ("-opid,user", "PID USER"),
        ("-eo pid,args=X", "PID X"),
        ("-o pid -o ppid=P", "PID P"),
        ("-A --format=pid,ppid", "PID PPID"),
        ("-eo pid,ppid,args --sort pid", "PID PPID COMMAND"),
        ("o pid,comm", "PID COMMAND"),
        ("axo pid,comm", "PID COMMAND"),
        # What procps prints for these.
        ("-eLf", "UID PID PPID LWP C NLWP STIME TTY TIME CMD"),
        ("-ef -L", "UID PID PPID LWP C NLWP STIME TTY TIME CMD"),
        ("-eL", "PID LWP TTY TIME CMD"),
        ("axjf", "PPID PID PGID SID TTY TPGID STAT UID TIME COMMAND"),
        ("-l", "F S UID PID PPID C PRI NI ADDR SZ WCHAN TTY TIME CMD"),
        ("-ely", "S UID PID PPID C PRI NI RSS SZ WCHAN TTY TIME CMD"),
        ("-elf", "F S UID PID PPID C PRI NI ADDR SZ WCHAN STIME TTY TIME CMD"),
        ("-eF", "UID PID PPID C SZ RSS PSR STIME TTY TIME CMD"),
        ("-ej", "PID PGID SID TTY TIME CMD"),
        ("l", "F UID PID PPID PRI NI VSZ RSS WCHAN STAT TTY TIME COMMAND"),
        ("-Z", "LABEL PID TTY TIME CMD"),
    ],
)
def test_the_columns_of_what_people_type(arguments: str, expected: str) -> None:
    assert titles(arguments) == expected


@pytest.mark.parametrize("arguments", ["-o comm", "-o pid=X", "-eo comm,user"])
def test_without_a_pid_column_dockerd_gives_up_and_so_do_we(arguments: str) -> None:
    with pytest.raises(InvalidParameter, match="Couldn't find PID field in ps output"):
        titles(arguments)


@pytest.mark.parametrize("arguments", ["--bad", "-X", "-o pid,nope", "-C sleep", "-p 1", "aux -u root", "--sort nope"])
def test_what_is_not_understood_is_refused_by_name(arguments: str) -> None:
    with pytest.raises(Unsupported, match="is not supported"):
        wish = parse_arguments(arguments)
        table([ONE], columns_of(wish), wish, HOST)


def rows(arguments: str, *processes: Process) -> tuple[tuple[str, ...], ...]:
    wish = parse_arguments(arguments)
    return table(list(processes), columns_of(wish), wish, HOST).rows


def test_more_columns_than_there_are_kinds_are_refused() -> None:
    """A thousand processes with a megabyte of columns each are more than a daemon has memory."""
    assert len(columns_of(parse_arguments("-o " + ",".join(["pid"] * 100)))) == 100
    with pytest.raises(InvalidParameter, match="101 columns are more than 100"):
        columns_of(parse_arguments("-o " + ",".join(["pid"] * 100) + " --sort pid"))


def test_rows_are_sorted_by_what_the_columns_say() -> None:
    two, three = replace(ONE, pid=30, name="b"), replace(ONE, pid=200, name="a")
    assert rows("-o pid --sort pid", three, ONE, two) == (("7",), ("30",), ("200",))
    assert rows("-o pid --sort=-pid", ONE, two, three) == (("200",), ("30",), ("7",))
    assert rows("-o pid --sort comm,-pid", ONE, two, three) == (("200",), ("30",), ("7",))


def test_a_forest_and_the_long_form() -> None:
    assert rows("axo pid,args f", ONE) == (("7", "\\_ sleep 600"),)
    assert rows("-o pid,args --forest", ONE) == (("7", "\\_ sleep 600"),)
    long_form = dict(zip(titles("-l").split(), rows("-l", ONE)[0], strict=True))
    assert (long_form["F"], long_form["PRI"], long_form["SZ"], long_form["CMD"]) == ("4", "80", "567", "sleep")


@given(st.text(alphabet="-aeuxflLjZyoHw, pid=comm--sort", max_size=30))
def test_any_options_are_understood_or_refused(arguments: str) -> None:
    try:
        wish = parse_arguments(arguments)
        table([ONE], columns_of(wish), wish, HOST)
    except ContainersError as error:
        assert "supported" in error.message or "PID field" in error.message
