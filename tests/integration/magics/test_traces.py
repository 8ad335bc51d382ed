"""Traces in a real kernel: a command down to the file of its memory limit, saved and shown where there is no daemon."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from jupyter_containers.cgroups.manager import choose
from tests.support.notebook_kernel import ROOT, Kernel
from tests.support.own_registry import own_registry
from tests.support.pictures import check

MIME = "application/vnd.jupyter-containers.trace+json"
LIMIT = 64 << 20
LIMIT_FILES = {1: "memory.limit_in_bytes", 2: "memory.max"}
EVIL = "<script>alert(1)</script>\x1b[31m"


def test_a_run_is_traced_down_to_the_file_of_its_memory_limit(kernel: Kernel) -> None:
    reply = kernel.run("r = %container run --trace --memory 64m -p 127.0.0.1::8080 busybox echo out")
    assert reply.error is None
    output, shown = reply.outputs
    assert output["text/plain"] == "out"
    trace = shown[MIME]
    assert trace["docker"] == "docker run --rm --init -p 127.0.0.1::8080/tcp -m 64m busybox echo out"
    path = f"/{LIMIT_FILES[choose().version]}"
    (process,) = trace["processes"]
    (limit,) = [c for c in process["calls"] if c["name"] == "write" and c["arguments"][0].endswith(path)]
    assert limit["arguments"] == [f"/sys/fs/cgroup/{limit['arguments'][0].removeprefix('/sys/fs/cgroup/')}", str(LIMIT)]
    assert process["id"] in limit["arguments"][0]
    assert "the container may use 64 MiB of memory" in shown["text/plain"]
    names = [call["name"] for call in process["calls"]]
    assert names.index("clone") < names.index("pivot_root") < names.index("seccomp") < names.index("execve")
    assert {"netlink", "nftables", "capset"} <= set(names)
    requests = [(one["method"], one["path"].partition("/containers")[2].partition("?")[0]) for one in trace["requests"]]
    assert ("POST", "/create") in requests
    assert all(one["status"] < 400 for one in trace["requests"] if "/images/" not in one["path"])
    check(shown["text/html"])


def test_a_result_has_its_trace_as_records_and_as_a_table(kernel: Kernel) -> None:
    kernel.run("r = %container run --trace busybox true")
    assert kernel.run("len(r.trace.records) == len(r.trace.df)").text == "True"
    columns = kernel.run("list(r.trace.df.columns)").text
    for name in ("call", "arguments", "result", "microseconds", "sentence"):
        assert f"'{name}'" in columns
    assert kernel.run("q = %container ps\nq.trace is None").text.endswith("True")


def test_without_pandas_there_is_a_sentence(kernel: Kernel) -> None:
    kernel.run("r = %container run --trace busybox true")
    reply = kernel.run("import sys\nkept = sys.modules.get('pandas')\nsys.modules['pandas'] = None\nr.trace.df")
    kernel.run("sys.modules.pop('pandas')\nif kept is not None: sys.modules['pandas'] = kept")
    assert reply.error is not None
    assert reply.error["evalue"] == "a trace as DataFrame: pandas is not installed here; install it, or take .records"


def test_a_command_that_starts_nothing_has_its_requests(kernel: Kernel) -> None:
    (_, shown) = sorted(kernel.run("%container ps --trace").outputs, key=lambda output: MIME in output)
    assert shown[MIME]["docker"] == "docker ps"
    assert [one["path"].partition("?")[0][-16:] for one in shown[MIME]["requests"]] == ["/containers/json"]
    assert shown[MIME]["note"] == "no process was started"


def test_what_fails_is_traced_up_to_there(kernel: Kernel) -> None:
    reply = kernel.run("%container run --trace busybox /no/such/program")
    assert reply.error is not None
    (shown,) = [output for output in reply.outputs if MIME in output]
    last = shown[MIME]["processes"][0]["calls"][-1]
    assert (last["name"], last["arguments"], last["result"]) == ("execve", ["/no/such/program"], "ENOENT")


def test_an_exec_is_traced(kernel: Kernel) -> None:
    kernel.run("%container run -d --name entered busybox sleep 60")
    reply = kernel.run("%container exec --trace entered echo inside")
    (shown,) = [output for output in reply.outputs if MIME in output]
    (process,) = shown[MIME]["processes"]
    assert (process["kind"], process["name"]) == ("exec", "in entered")
    names = [call["name"] for call in process["calls"]]
    assert names.index("setns") < names.index("seccomp") < names.index("capset") < names.index("execve")
    assert process["calls"][-1]["arguments"] == ["echo", "inside"]
    assert shown[MIME]["docker"] == "docker exec entered echo inside"
    again = kernel.run("%container exec entered echo again")
    assert again.text == "again"


def test_an_exec_that_fails_is_traced(kernel: Kernel) -> None:
    kernel.run("%container run -d --name refusing busybox sleep 60")
    reply = kernel.run("%container exec --trace refusing /no/such/program")
    assert reply.error is not None
    (shown,) = [output for output in reply.outputs if MIME in output]
    (process,) = shown[MIME]["processes"]
    assert (process["kind"], process["name"]) == ("exec", "in refusing")
    last = process["calls"][-1]
    assert (last["name"], last["arguments"], last["result"]) == ("execve", ["/no/such/program"], "ENOENT")


def test_the_steps_of_a_build_are_traced(kernel: Kernel) -> None:
    reply = kernel.run("%%container build --trace --no-cache -t stepped\nFROM busybox\nRUN echo one\nRUN echo two\n")
    (shown,) = [output for output in reply.outputs if MIME in output]
    assert [process["name"] for process in shown[MIME]["processes"]] == [
        "/bin/sh -c echo one", "/bin/sh -c echo two",
    ]  # fmt: skip
    assert shown[MIME]["docker"].startswith("docker build -t stepped --no-cache -f - . <<'EOF'\nFROM busybox\n")


def test_a_push_and_a_pull_tell_what_the_registry_was_asked(kernel: Kernel, tmp_path: Path) -> None:
    with own_registry(tmp_path / "registry") as registry:
        name = f"{registry.address}/traced:1"
        kernel.run(f"%container tag busybox {name}")
        for word, first in (("push", "PUT"), ("pull", "HEAD")):  # what is there already is not fetched
            reply = kernel.run(f"%container {word} --trace {name}")
            assert reply.error is None
            (shown,) = [output for output in reply.outputs if MIME in output]
            (asked,) = shown[MIME]["processes"]
            assert (asked["kind"], asked["name"]) == ("registry", registry.address)
            manifest = f"http://{registry.address}/v2/traced/manifests/1"
            methods = [call["name"] for call in asked["calls"] if call["arguments"] == [manifest]]
            assert first in methods
            assert f"REGISTRY  registry {registry.address}" in shown["text/plain"]
        kernel.run(f"%container rmi {name}")


def test_a_container_is_told_of_afterwards(kernel: Kernel) -> None:
    kernel.run("%container run -d --name told busybox sleep 60")
    (shown,) = kernel.run("%container trace told").outputs
    assert "pivot into the new root and detach the old one" in shown["text/plain"]
    assert "start it with --trace for each call" in shown["text/plain"]
    kernel.run("%container stop -t 0 told")
    kernel.run("%container start --trace told")
    (shown,) = kernel.run("%container trace told").outputs
    assert "pivot_root(., .) = 0" in shown["text/plain"]


def test_a_saved_trace_is_shown_to_anybody_without_a_daemon(
    kernel: Kernel, kernel_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kernel.run("%container run --trace --name told-again busybox true")
    saved = kernel.run("%container trace save run.json")
    assert saved.text.startswith("saved trace of run --name told-again busybox true: ")
    shown = kernel.run("%container trace replay run.json").outputs[0]
    assert "pivot_root(., .) = 0" in shown["text/plain"]
    folder = tmp_path_factory.mktemp("anybody")
    shutil.copy(kernel_folder / "run.json", folder)
    for place in (folder, *folder.parents):
        if place == Path(tempfile.gettempdir()):
            break
        place.chmod(0o755)
    code = (
        "import os, sys\n"
        "from jupyter_containers.commands.terminal import main\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"sys.exit(main(['trace', 'replay', '{folder}/run.json']))"
    )
    nowhere = {"DOCKER_HOST": "unix:///nonexistent/d.sock", "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT), **nowhere},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert "pivot_root(., .) = 0" in done.stdout.decode()


def test_hostile_words_in_a_trace_stay_text(kernel: Kernel, kernel_folder: Path) -> None:
    call = {
        "side": EVIL,
        "step": EVIL,
        "name": EVIL,
        "arguments": [EVIL],
        "result": EVIL,
        "microseconds": 1,
        "times": 1,
    }
    request = {"method": EVIL, "path": EVIL, "status": 200, "microseconds": 1, "sent_bytes": 0, "received_bytes": 0}
    process = {"kind": EVIL, "id": EVIL, "name": EVIL, "calls": [call] * 9}
    content = {
        "format": "jupyter-containers-trace", "version": 1, "command": EVIL, "docker": EVIL, "note": EVIL,
        "requests": [request], "processes": [process],
    }  # fmt: skip
    (kernel_folder / "evil.json").write_text(json.dumps(content))
    (shown,) = kernel.run("%container trace replay evil.json").outputs
    check(shown["text/html"])
    assert "<script" not in shown["text/html"]
    assert "\x1b" not in shown["text/plain"] + shown["text/html"]
