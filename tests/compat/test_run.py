"""docker run: output, exit codes, streams, and every flag that issue A names, seen from inside."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import termios
import urllib.request
import uuid
from pathlib import Path

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually


def run(docker: Docker, *words: str, **options: object) -> str:
    return docker("run", "--rm", *words, **options).stdout  # type: ignore[arg-type]


def test_output_and_exit_code_come_back(docker: Docker) -> None:
    done = docker("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7", code=7)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_standard_input_is_fed_until_its_end(docker: Docker) -> None:
    assert run(docker, "-i", "busybox", "cat", stdin="a\nb\n") == "a\nb\n"


def test_binary_output_is_intact(docker: Docker) -> None:
    process = docker.open("run", "--rm", "-i", "busybox", "cat", stderr=subprocess.DEVNULL)
    content = bytes(range(256)) * 4096
    out, _ = process.communicate(content, timeout=60)
    assert out == content


def test_a_command_that_is_not_there_is_127(docker: Docker) -> None:
    done = docker("run", "--rm", "busybox", "no-such-command", code=127)
    assert 'exec: "no-such-command": executable file not found in $PATH' in done.stderr


def test_a_path_that_is_not_there_is_127(docker: Docker) -> None:
    done = docker("run", "--rm", "busybox", "/no/such", code=127)
    assert "no such file or directory" in done.stderr


def test_a_file_that_is_not_executable_is_126(docker: Docker) -> None:
    done = docker("run", "--rm", "busybox", "/etc/not-executable", code=126)
    assert "permission denied" in done.stderr


def test_a_killed_process_is_128_and_the_signal(docker: Docker) -> None:
    # PID 1 without handlers ignores signals from its own namespace, so a child dies of it.
    docker("run", "--rm", "busybox", "sh", "-c", "sh -c 'kill -9 $$'; exit $?", code=137)


def test_an_unknown_image_is_125_and_named(docker: Docker) -> None:
    done = docker("run", "--rm", "--pull", "never", "no/such:image", code=125)
    assert "No such image: no/such:image" in done.stderr


def test_environment_comes_from_the_image_and_from_flags(docker: Docker) -> None:
    lines = run(docker, "-e", "COURSE=os", "-e", "EMPTY=", "-h", "lab", "busybox", "env").splitlines()
    assert sorted(lines) == ["COURSE=os", "EMPTY=", "HOME=/root", "HOSTNAME=lab", "PATH=/bin"]


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        ("alice", "uid=1000(alice) gid=1000(alice) groups=50(staff),1000(alice)"),
        ("1000:50", "uid=1000(alice) gid=50(staff) groups=50(staff)"),
        ("4321", "uid=4321 gid=0(root) groups=0(root)"),
        ("nobody:staff", "uid=65534(nobody) gid=50(staff) groups=50(staff)"),
    ],
)
def test_users_go_by_name_and_number(docker: Docker, user: str, shown: str) -> None:
    assert run(docker, "-u", user, "busybox", "id").strip() == shown


def test_an_unknown_user_is_named(docker: Docker) -> None:
    done = docker("run", "--rm", "-u", "mallory", "busybox", "true", code=125)
    assert "unable to find user mallory: no matching entries in passwd file" in done.stderr


def test_the_working_directory_is_made(docker: Docker) -> None:
    assert run(docker, "-w", "/made/up", "busybox", "pwd") == "/made/up\n"


def test_a_relative_working_directory_is_refused(docker: Docker) -> None:
    done = docker("run", "--rm", "-w", "relative", "busybox", "true", code=125)
    assert "the working directory 'relative' is invalid, it needs to be an absolute path" in done.stderr.lower()


def test_a_host_folder_is_bound_read_write_and_read_only(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("from the host\n")
    out = run(docker, "-v", f"{tmp_path}:/work", "busybox", "sh", "-c", "cat /work/in; echo back > /work/out")
    assert out == "from the host\n"
    assert (tmp_path / "out").read_text() == "back\n"
    done = docker("run", "--rm", "-v", f"{tmp_path}:/work:ro", "busybox", "touch", "/work/x", code=1)
    assert "Read-only file system" in done.stderr


def test_a_named_volume_outlives_containers(docker: Docker) -> None:
    name = f"v{uuid.uuid4().hex[:12]}"
    run(docker, "-v", f"{name}:/data", "busybox", "sh", "-c", "echo kept > /data/file")
    assert run(docker, "-v", f"{name}:/data", "busybox", "cat", "/data/file") == "kept\n"
    docker("volume", "rm", name)


def test_memory_is_limited_in_the_kernel(docker: Docker) -> None:
    name = f"m{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", name, "-m", "64m", "--cpus", "0.5", "--pids-limit", "50", "busybox", "sleep", "60")
    inspected = json.loads(docker("inspect", name).stdout)[0]
    host = inspected["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["PidsLimit"]) == (64 << 20, 500_000_000, 50)
    stats = json.loads(docker("stats", "--no-stream", "--format", "{{json .}}", name).stdout)
    assert stats["MemUsage"].endswith("/ 64MiB")
    docker("rm", "-f", name)


def test_more_memory_than_the_limit_is_an_oom_kill(docker: Docker) -> None:
    name = f"o{uuid.uuid4().hex[:12]}"
    command = "x=a; while true; do x=$x$x$x$x; done"
    docker("run", "--name", name, "-m", "8m", "--memory-swap", "8m", "busybox", "sh", "-c", command, code=137)
    state = json.loads(docker("inspect", "--format", "{{json .State}}", name).stdout)
    assert (state["OOMKilled"], state["ExitCode"]) == (True, 137)
    docker("rm", name)


def test_a_memory_limit_under_the_minimum_is_refused(docker: Docker) -> None:
    done = docker("run", "--rm", "-m", "4m", "busybox", "true", code=125)
    assert "Minimum memory limit allowed is 6MB" in done.stderr


def test_network_none_has_only_loopback(docker: Docker) -> None:
    out = run(docker, "--network", "none", "busybox", "ip", "-o", "link")
    assert [line.split(": ")[1] for line in out.splitlines()] == ["lo"]


def test_network_host_is_the_hosts(docker: Docker) -> None:
    ours = subprocess.run(["cat", "/proc/net/dev"], capture_output=True, text=True, check=True).stdout
    theirs = run(docker, "--network", "host", "busybox", "cat", "/proc/net/dev")
    names = lambda text: {line.split(":")[0].strip() for line in text.splitlines()[2:]}  # noqa: E731 - once
    # Interfaces of other containers come and go; the lasting ones are there.
    assert {"lo"} | {name for name in names(ours) if name.startswith(("eth", "en"))} <= names(theirs)


def test_network_of_another_container_is_shared(docker: Docker) -> None:
    name = f"n{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", name, "busybox", "sleep", "60")
    mine = docker("exec", name, "ip", "-o", "-4", "addr").stdout
    assert run(docker, "--network", f"container:{name}", "busybox", "ip", "-o", "-4", "addr") == mine
    docker("rm", "-f", name)


def test_the_entrypoint_is_replaced(docker: Docker) -> None:
    assert run(docker, "--entrypoint", "echo", "busybox", "a", "b") == "a b\n"


def test_a_name_is_used_once(docker: Docker) -> None:
    name = f"u{uuid.uuid4().hex[:12]}"
    first = docker("create", "--name", name, "busybox").stdout.strip()
    done = docker("create", "--name", name, "busybox", code=1)
    assert f'The container name "/{name}" is already in use by container "{first}"' in done.stderr
    docker("rm", name)


def test_a_read_only_root_is_read_only(docker: Docker) -> None:
    done = docker("run", "--rm", "--read-only", "busybox", "touch", "/x", code=1)
    assert "Read-only file system" in done.stderr


def test_tmpfs_is_writable_in_a_read_only_root(docker: Docker) -> None:
    out = run(docker, "--read-only", "--tmpfs", "/scratch:size=1m,mode=1770", "busybox", "sh", "-c",
              "touch /scratch/x && stat -c %a /scratch && grep /scratch /proc/mounts")  # fmt: skip
    assert out.splitlines()[0] == "1770"
    assert "size=1024k" in out


def test_a_terminal_is_a_terminal(docker: Docker) -> None:
    # The CLI sends the size after the start, so the shell waits for it.
    wait = "until stty size 2>/dev/null | grep -q 77; do usleep 20000; done"
    out = in_terminal(docker, "run", "--rm", "-it", "busybox", "sh", "-c", f"{wait}; tty; stty size")
    assert out == "/dev/pts/0\r\n33 77\r\n"


def in_terminal(docker: Docker, *words: str) -> str:
    """Run a command with a terminal of 33 rows and 77 columns; return what it showed."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (33, 77))
    process = docker.open(*words, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):  # EIO: the last one to have the terminal open has gone
        while chunk := os.read(master, 4096):
            shown += chunk
    os.close(master)
    assert process.wait(60) == 0
    return shown.decode()


def test_init_is_pid_1_and_forwards_signals(docker: Docker) -> None:
    name = f"i{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--init", "--name", name, "busybox", "sleep", "60")
    assert "sleep" not in docker("exec", name, "cat", "/proc/1/comm").stdout
    docker("stop", "-t", "10", name)
    assert docker("inspect", "--format", "{{.State.ExitCode}}", name).stdout.strip() == "143"
    docker("rm", name)


def test_a_published_port_is_reached_from_loopback(docker: Docker) -> None:
    name = f"p{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", name, "-p", "127.0.0.1::80", "busybox", "sh", "-c",
           "while true; do echo -e 'HTTP/1.0 200 OK\\r\\n\\r\\nhello' | nc -l -p 80; done")  # fmt: skip
    port = docker("port", name, "80/tcp").stdout.strip().rpartition(":")[2]
    url = f"http://127.0.0.1:{port}/"
    assert eventually(lambda: fetched(url)) == b"hello\n"
    docker("rm", "-f", name)


def fetched(url: str) -> bytes | None:
    """Return the page, or None while nobody answers: nc needs a moment to listen (again)."""
    try:
        with urllib.request.urlopen(url, timeout=5) as page:
            content: bytes = page.read()
            return content
    except OSError:
        return None


def test_a_port_in_use_is_refused_and_nothing_stays(docker: Docker) -> None:
    name = f"q{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", name, "-p", "127.0.0.1::80", "busybox", "sleep", "60")
    port = docker("port", name, "80/tcp").stdout.strip().rpartition(":")[2]
    done = docker("run", "--rm", "-p", f"127.0.0.1:{port}:80", "busybox", "true", code=125)
    assert "port is already allocated" in done.stderr
    docker("rm", "-f", name)


def test_an_unknown_option_value_is_refused(docker: Docker) -> None:
    done = docker("run", "--rm", "--cap-add", "CAP_NONSENSE", "busybox", "true", code=125)
    assert "CAP_NONSENSE" in done.stderr
