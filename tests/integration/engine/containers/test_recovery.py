"""A daemon that was killed: the next one finds what runs, records what ended, and finishes what was half done."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_containers.linux import mountinfo
from tests.support.api_client import Api
from tests.support.daemon import Daemon, running_daemon
from tests.support.eventually import eventually
from tests.support.standing_daemon import load_image


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with running_daemon(tmp_path) as daemon:
        load_image(Api(os.fspath(daemon.socket)))
        yield daemon


@pytest.fixture
def api(daemon: Daemon) -> Api:
    return Api(os.fspath(daemon.socket))


def crash(daemon: Daemon) -> None:
    daemon.kill()
    daemon.start()


def lines_after(api: Api, container: str, seen: int) -> list[str]:
    return eventually(lambda: api.logs(container).split()[seen:])


def pids(api: Api) -> dict[str, int]:
    return {entry["Id"]: api.state(entry["Id"])["Pid"] for entry in api.get("/containers/json").json}


def test_ten_running_containers_are_found_again_with_their_logs_and_addresses(api: Api, daemon: Daemon) -> None:
    script = "i=0; while true; do echo $i; i=$((i+1)); usleep 20000; done"
    containers = [api.run("sh", "-c", script, host={"NetworkMode": "bridge"}) for _ in range(10)]
    before = pids(api)
    addresses = [api.inspect(container)["NetworkSettings"]["IPAddress"] for container in containers]
    api.post(f"/containers/{containers[0]}/pause")
    crash(daemon)
    assert pids(api) == before
    assert [api.inspect(container)["NetworkSettings"]["IPAddress"] for container in containers] == addresses
    assert api.state(containers[0])["Paused"]
    for container in containers[1:]:
        numbers = [int(line) for line in api.logs(container).split()]
        assert numbers == list(range(len(numbers)))
        more = lines_after(api, container, len(numbers))
        assert int(more[0]) == len(numbers)
    api.post(f"/containers/{containers[0]}/unpause")
    assert api.post(f"/containers/{containers[1]}/stop", t=0).status == 204
    assert api.state(containers[1])["ExitCode"] == 137


def test_a_container_that_rested_for_a_commit_goes_on_and_one_that_a_person_paused_does_not(
    api: Api, daemon: Daemon
) -> None:
    script = "dd if=/dev/urandom of=/large bs=1M count=100; while true; do echo tick; usleep 20000; done"
    committed, paused = api.run("sh", "-c", script), api.run("sh", "-c", script)
    for container in (committed, paused):
        eventually(lambda container=container: "tick" in api.logs(container))
    api.post(f"/containers/{paused}/pause")
    with ThreadPoolExecutor() as pool:
        commit = pool.submit(api.post, "/commit", container=committed, repo="never")
        eventually(lambda: api.state(committed)["Paused"])
        crash(daemon)
        assert isinstance(commit.exception(), OSError), "the commit was over before the daemon was killed"
    assert api.state(paused)["Paused"]
    assert api.state(committed)["Status"] == "running"
    seen = len(api.logs(committed))
    eventually(lambda: len(api.logs(committed)) > seen)
    assert api.get("/images/never/json").status == 404
    crash(daemon)
    assert api.state(committed)["Status"] == "running"


def test_ends_that_nobody_heard_are_recorded(api: Api, daemon: Daemon) -> None:
    container = api.run(
        "sh", "-c", "while ! test -e /x/go; do usleep 5000; done; echo last; exit 42", host={"Binds": ["go:/x"]}
    )
    removed = api.run(
        "sh", "-c", "while ! test -e /x/go; do usleep 5000; done", host={"Binds": ["go:/x"], "AutoRemove": True}
    )
    waiting = [api.state(one)["Pid"] for one in (container, removed)]
    daemon.kill()
    (daemon.data / "volumes" / "go" / "_data" / "go").touch()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in waiting))
    daemon.start()
    state = api.state(container)
    assert (state["Status"], state["ExitCode"]) == ("exited", 42)
    assert api.logs(container) == "last\n"
    assert api.get(f"/containers/{removed}/json").status == 404
    assert list((daemon.run / "bundles").iterdir()) == []


def test_a_shim_that_died_with_the_daemon_is_told(api: Api, daemon: Daemon) -> None:
    container = api.run("sleep", "600")
    pid = api.state(container)["Pid"]
    shim = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    daemon.kill()
    os.kill(shim, signal.SIGKILL)
    daemon.start()
    state = api.state(container)
    assert (state["Status"], state["ExitCode"]) == ("exited", 137)
    assert "shim lost" in state["Error"]
    assert not list(Path("/sys/fs/cgroup").glob(f"*/jupyter-containers/{container}"))


def test_restart_policies_are_kept_over_restarts(api: Api, daemon: Daemon) -> None:
    always = api.run("sleep", "600", host={"RestartPolicy": {"Name": "always"}})
    stopped = api.run("sleep", "600", host={"RestartPolicy": {"Name": "unless-stopped"}})
    api.post(f"/containers/{stopped}/stop", t=0)
    api.post(f"/containers/{always}/stop", t=0)
    crash(daemon)
    assert api.state(always)["Running"]
    assert not api.state(stopped)["Running"]


def test_half_a_creation_and_half_a_removal_are_finished(api: Api, daemon: Daemon) -> None:
    without_files, leftover = api.create("true", name="half"), api.create("true", name="other")
    daemon.kill()
    # As a crash between two steps leaves it: a row without its snapshot, and a snapshot without its row.
    with sqlite3.connect(daemon.data / "metadata.db") as database:
        database.execute("DELETE FROM snapshots WHERE key = ?", (f"container:{without_files}",))
        database.execute("DELETE FROM containers WHERE id = ?", (leftover,))
    database.close()
    daemon.start()
    assert api.get("/containers/json", all=1).json == []
    assert list((daemon.data / "containers").iterdir()) == []
    assert api.create("true", name="half")


def test_a_stop_leaves_containers_running(api: Api, daemon: Daemon) -> None:
    container = api.run("sleep", "600")
    before = pids(api)
    daemon.stop()
    daemon.start()
    assert pids(api) == before
    assert api.post(f"/containers/{container}/kill").status == 204
    assert api.wait(container) == 137


def test_a_mounted_volume_stays_for_what_runs_and_goes_with_what_has_ended(api: Api, daemon: Daemon) -> None:
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}
    place = Path(api.post("/volumes/create", {"Name": "fast", "DriverOpts": options}).json["Mountpoint"])

    def mounted() -> int:
        return sum(entry.mount_point == str(place) for entry in mountinfo.read())

    container = api.run("sleep", "600", host={"Binds": ["fast:/m"]})
    (place / "file").write_text("kept")
    crash(daemon)
    assert mounted() == 1
    assert api.output("cat", "/m/file", host={"Binds": ["fast:/m"]}) == "kept"
    assert mounted() == 1
    pid = api.state(container)["Pid"]
    daemon.kill()
    os.kill(pid, signal.SIGKILL)
    daemon.start()
    eventually(lambda: api.state(container)["Status"] == "exited")
    assert mounted() == 0
    api.remove(container)
    assert api.delete("/volumes/fast").status == 204


def test_a_start_that_was_cut_off_leaves_no_end_to_the_next_run(api: Api, daemon: Daemon) -> None:
    container = api.create("true")
    daemon.kill()
    # What the shim of a quick program has left, whose daemon was killed before it had written down that it runs.
    bundle = daemon.run / "bundles" / container
    bundle.mkdir(parents=True)
    (bundle / "exit.json").write_text('{"exit_code":42,"at_ns":1}')
    daemon.start()
    assert not bundle.exists()
    assert api.state(container)["Status"] == "created"
