"""The life of a container through the docker CLI: create to rm, and what can be asked and done in between."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually


@pytest.fixture
def name() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def sleeper(docker: Docker, name: str) -> Iterator[str]:
    """A running container that does nothing."""
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    yield name
    docker("rm", "-f", name)


def with_trap(docker: Docker, name: str, trap: str) -> None:
    """Run a container that has set its trap and does nothing: a signal before that is ignored by a PID 1."""
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", f"{trap}; echo ready; while true; do usleep 10000; done")
    eventually(lambda: docker("logs", name).stdout == "ready\n")


def state(docker: Docker, name: str) -> str:
    return docker("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", name).stdout.strip()


def test_create_start_wait_remove(docker: Docker, name: str) -> None:
    container_id = docker("create", "--name", name, "busybox", "sh", "-c", "exit 3").stdout.strip()
    assert state(docker, name) == "created 0"
    assert docker("start", name).stdout.strip() == name
    assert docker("wait", name).stdout.strip() == "3"
    assert state(docker, name) == "exited 3"
    assert docker("rm", container_id[:12]).stdout.strip() == container_id[:12]
    done = docker("inspect", name, code=1)
    assert f"No such object: {name}" in done.stderr


def test_an_exited_container_starts_again_with_its_files(docker: Docker, name: str) -> None:
    docker("run", "--name", name, "busybox", "sh", "-c", "echo run >> /log; cat /log")
    assert docker("start", "-a", name).stdout == "run\nrun\n"
    docker("rm", name)


def test_stop_sends_the_signal_and_then_kills(docker: Docker, name: str) -> None:
    with_trap(docker, name, "trap 'exit 5' TERM")
    docker("stop", "-t", "10", name)
    assert state(docker, name) == "exited 5"
    docker("rm", name)
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")  # PID 1 without a handler ignores TERM
    docker("stop", "-t", "1", name)
    assert state(docker, name) == "exited 137"
    docker("rm", name)


def test_kill_sends_any_signal(docker: Docker, name: str) -> None:
    with_trap(docker, name, "trap 'exit 9' USR1")
    docker("kill", "-s", "USR1", name)
    assert docker("wait", name).stdout.strip() == "9"
    done = docker("kill", name, code=1)
    assert "is not running" in done.stderr
    docker("rm", name)


def test_a_running_container_is_removed_only_by_force(docker: Docker, sleeper: str) -> None:
    done = docker("rm", sleeper, code=1)
    assert "container is running" in done.stderr or "cannot remove a running container" in done.stderr.lower()


def test_ps_shows_what_runs_and_with_a_all(docker: Docker, sleeper: str, name: str) -> None:
    other = f"{name}x"
    docker("create", "--name", other, "--label", "kind=other", "busybox")
    running = docker("ps", "--format", "{{.Names}}").stdout.split()
    assert sleeper in running
    assert other not in running
    everything = docker("ps", "-a", "--format", "{{.Names}} {{.State}}").stdout.splitlines()
    assert {f"{sleeper} running", f"{other} created"} <= set(everything)
    assert docker("ps", "-a", "--filter", "label=kind=other", "--format", "{{.Names}}").stdout.split() == [other]
    assert docker("ps", "--filter", f"name={sleeper}$", "--format", "{{.Command}}").stdout.strip() == '"sleep 600"'
    docker("rm", other)


def test_logs_have_both_streams_tail_and_times(docker: Docker, name: str) -> None:
    docker("run", "--name", name, "busybox", "sh", "-c", "echo problem >&2; for i in 1 2 3; do echo line $i; done")
    done = docker("logs", name)
    assert (done.stdout, done.stderr) == ("line 1\nline 2\nline 3\n", "problem\n")
    both = docker("logs", "--tail", "2", name)
    assert len((both.stdout + both.stderr).splitlines()) == 2
    stamped = docker("logs", "-t", name).stdout.splitlines()[0]
    assert stamped.endswith("Z line 1")
    moment = docker("logs", "-t", name).stdout.splitlines()[2].split()[0]
    assert docker("logs", "--since", moment, name).stdout == "line 3\n"
    docker("rm", name)


def test_logs_follow_until_the_end(docker: Docker, name: str) -> None:
    script = "echo first; while [ ! -e /go ]; do usleep 10000; done; echo last"
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", script)
    process = docker.open("logs", "-f", name)
    assert process.stdout is not None
    assert process.stdout.readline() == b"first\n"
    docker("exec", name, "touch", "/go")
    rest, _ = process.communicate(timeout=30)
    assert rest == b"last\n"
    docker("rm", name)


def test_a_last_line_without_an_end_is_kept(docker: Docker, name: str) -> None:
    docker("run", "--name", name, "busybox", "printf", "no end")
    assert docker("logs", name).stdout == "no end"
    docker("rm", name)


def test_attach_sees_output_and_feeds_input(docker: Docker, name: str) -> None:
    docker("run", "-d", "-i", "--name", name, "busybox", "sh", "-c", "read line; echo got $line; usleep 300000; exit 4")
    process = docker.open("attach", name)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"hello\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"got hello\n"
    assert process.wait(30) == 4
    process.communicate()
    docker("rm", name)


def test_exec_runs_beside_the_first_process(docker: Docker, sleeper: str) -> None:
    done = docker("exec", sleeper, "sh", "-c", "echo out; echo err >&2; exit 6", code=6)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")
    assert docker("exec", "-i", sleeper, "cat", stdin="fed").stdout == "fed"
    out = docker("exec", "-u", "alice", "-w", "/tmp", "-e", "A=b", sleeper, "sh", "-c", "id -un; pwd; echo $A").stdout
    assert out == "alice\n/tmp\nb\n"
    docker("exec", "-d", sleeper, "touch", "/made-detached")
    eventually(lambda: docker("exec", sleeper, "ls", "/made-detached", code=None).returncode == 0)


def test_exec_of_nothing_and_of_the_dead_is_refused(docker: Docker, sleeper: str) -> None:
    # 126 on dockerd 20.10, 127 since 23.
    done = docker("exec", sleeper, "no-such-command", code=None)
    assert done.returncode != 0
    assert 'exec: "no-such-command": executable file not found in $PATH' in done.stdout + done.stderr
    docker("kill", sleeper)
    eventually(lambda: state(docker, sleeper).startswith("exited"))
    done = docker("exec", sleeper, "true", code=1)
    assert "is not running" in done.stderr


def test_events_tell_the_life(docker: Docker, name: str) -> None:
    since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
    docker("run", "--name", name, "busybox", "sh", "-c", "exit 2", code=2)
    docker("rm", name)
    until = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
    shown = "{{.Action}} {{.Actor.Attributes.exitCode}}"
    out = docker("events", "--since", since, "--until", until, "-f", f"container={name}", "--format", shown).stdout
    told = [line.replace(" <no value>", "") for line in out.splitlines()]
    assert told == ["create", "attach", "start", "die 2", "destroy"]


def test_events_are_heard_while_they_happen(docker: Docker, name: str) -> None:
    process = docker.open("events", "-f", f"container={name}", "-f", "event=create", "--format", "{{.Action}}")
    try:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        # Listening begins some time after the CLI's start, so something happens until it has heard of it.
        eventually(lambda: created(docker, name) and process.stdout and process.stdout.read(), within_seconds=30)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def created(docker: Docker, name: str) -> bool:
    docker("create", "--name", name, "busybox")
    docker("rm", name)
    return True


def test_top_lists_processes(docker: Docker, sleeper: str) -> None:
    lines = docker("top", sleeper).stdout.splitlines()
    assert lines[0].split()[:3] == ["UID", "PID", "PPID"]
    assert lines[1].endswith("sleep 600")


def test_stats_have_numbers(docker: Docker, sleeper: str) -> None:
    stats = json.loads(docker("stats", "--no-stream", "--format", "{{json .}}", sleeper).stdout)
    assert stats["Name"] == sleeper
    assert stats["PIDs"] == "1"
    assert not stats["MemUsage"].startswith("0B")


def test_rename_moves_the_name(docker: Docker, sleeper: str) -> None:
    docker("rename", sleeper, f"{sleeper}new")
    assert docker("inspect", "--format", "{{.Name}}", f"{sleeper}new").stdout.strip() == f"/{sleeper}new"
    docker("inspect", sleeper, code=1)
    docker("rename", f"{sleeper}new", sleeper)


def test_pause_stops_time_for_the_container(docker: Docker, name: str) -> None:
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", "while true; do date +%s%N >> /ticks; usleep 1000; done")
    eventually(lambda: docker("exec", name, "ls", "/ticks", code=None).returncode == 0)
    docker("pause", name)
    assert state(docker, name).startswith("paused")
    done = docker("exec", name, "true", code=1)
    assert "is paused" in done.stderr
    docker("cp", f"{name}:/ticks", "-")
    docker("unpause", name)
    assert state(docker, name).startswith("running")
    docker("rm", "-f", name)


def test_cp_takes_files_out_and_in(docker: Docker, sleeper: str, tmp_path: Path) -> None:
    docker("exec", sleeper, "sh", "-c", "mkdir /out && echo inside > /out/file && ln -s file /out/link")
    docker("cp", f"{sleeper}:/out", str(tmp_path))
    assert (tmp_path / "out" / "file").read_text() == "inside\n"
    assert (tmp_path / "out" / "link").readlink() == Path("file")
    (tmp_path / "back").write_text("outside\n")
    docker("cp", str(tmp_path / "back"), f"{sleeper}:/tmp/renamed")
    assert docker("exec", sleeper, "cat", "/tmp/renamed").stdout == "outside\n"
    done = docker("cp", f"{sleeper}:/absent", str(tmp_path), code=1)
    assert "Could not find the file /absent in container" in done.stderr


def test_cp_works_on_a_container_that_never_ran(docker: Docker, name: str, tmp_path: Path) -> None:
    docker("create", "--name", name, "busybox", "cat", "/tmp/given")
    (tmp_path / "given").write_text("before the start\n")
    docker("cp", str(tmp_path / "given"), f"{name}:/tmp/given")
    assert docker("start", "-a", name).stdout == "before the start\n"
    archive = subprocess.run(docker.command("cp", f"{name}:/etc/passwd", "-"), capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == ["passwd"]
    docker("rm", name)


def test_diff_and_export_show_the_files(docker: Docker, name: str) -> None:
    docker("run", "--name", name, "busybox", "sh", "-c", "echo new > /new; rm /etc/group; echo >> /etc/passwd")
    assert set(docker("diff", name).stdout.splitlines()) == {"A /new", "C /etc", "D /etc/group", "C /etc/passwd"}
    tar = subprocess.run(docker.command("export", name), capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        names = set(archive.getnames())
    assert "new" in names
    assert "etc/group" not in names
    docker("rm", name)


def test_an_unknown_container_is_named(docker: Docker) -> None:
    for words in (("start", "nobody"), ("logs", "nobody"), ("exec", "nobody", "true"), ("rm", "nobody")):
        done = docker(*words, code=1)
        assert "No such container: nobody" in done.stderr


def test_inspect_says_what_was_asked_for(docker: Docker, sleeper: str) -> None:
    inspected = json.loads(docker("inspect", sleeper).stdout)[0]
    assert inspected["Config"]["Cmd"] == ["sleep", "600"]
    assert inspected["State"]["Running"] is True
    assert inspected["State"]["Pid"] > 1
    assert inspected["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    assert inspected["Path"] == "sleep"


def test_prune_takes_what_is_stopped(docker: Docker, sleeper: str, name: str) -> None:
    docker("run", "--name", f"{name}x", "--label", f"prune={name}", "busybox", "true")
    docker("container", "prune", "-f", "--filter", f"label=prune={name}")
    names = docker("ps", "-a", "--format", "{{.Names}}").stdout.split()
    assert f"{name}x" not in names
    assert sleeper in names


def test_version_and_info_answer(docker: Docker) -> None:
    assert json.loads(docker("version", "--format", "{{json .Server}}").stdout)["Os"] == "linux"
    assert json.loads(docker("info", "--format", "{{json .}}").stdout)["NCPU"] >= 1
