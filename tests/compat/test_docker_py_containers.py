"""docker-py's containers, all of them: what test_docker_py.py does not do already."""

from __future__ import annotations

import io
import os
import socket
import tarfile
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api_client import frames
from tests.support.daemon import Docker
from tests.support.docker_py import LEAVES_SOCKETS, raw, read_all
from tests.support.eventually import eventually

docker_py = pytest.importorskip("docker", reason="the package docker is not installed (pip install docker)")
pytestmark = LEAVES_SOCKETS

Make = Callable[..., Any]


# --- the course of a life --------------------------------------------------------------------------------------------


def test_who_was_killed_has_ended_and_may_be_removed(make: Make) -> None:
    box = make("sleep", "600", start=True)
    box.kill()
    box.reload()
    assert (box.status, box.attrs["State"]["ExitCode"]) == ("exited", 137)
    box.remove()
    with pytest.raises(docker_py.errors.NotFound):
        box.reload()


def test_another_signal_is_only_sent(make: Make) -> None:
    box = make("sh", "-c", "trap 'echo got' USR1; while :; do usleep 10000; done", start=True)
    eventually(lambda: b"SigCgt:\t0000000000000000" not in box.exec_run(["cat", "/proc/1/status"]).output)
    box.kill("SIGUSR1")
    eventually(lambda: box.logs() == b"got\n")
    box.reload()
    assert box.status == "running"
    with pytest.raises(docker_py.errors.APIError) as caught:
        box.kill("SIGNONSENSE")
    assert "SIGNONSENSE" in str(caught.value)


def test_what_starts_again_is_not_removed_without_force(make: Make) -> None:
    box = make("sh", "-c", "usleep 300000; exit 1", restart_policy={"Name": "always"})
    box.start()
    assert box.wait()["StatusCode"] == 1
    with pytest.raises(docker_py.errors.APIError, match=r"(?i)stop the container before"):
        box.remove()
    box.remove(force=True)
    with pytest.raises(docker_py.errors.NotFound):
        box.reload()


def test_a_restart_policy_counts(make: Make) -> None:
    box = make("false", restart_policy={"Name": "on-failure", "MaximumRetryCount": 2}, start=True)

    def has_given_up() -> bool:
        box.reload()
        return bool(box.attrs["RestartCount"] == 2 and box.status == "exited")

    eventually(has_given_up, within_seconds=20)
    assert box.attrs["State"]["ExitCode"] == 1


def test_wait_conditions(make: Make, client: Any) -> None:
    box = make("cat", stdin_open=True)
    assert box.wait(condition="not-running")["StatusCode"] == 0  # it was never started
    box.start()
    response = client.api.post(
        client.api._url("/containers/{0}/wait", box.id), params={"condition": "next-exit"}, stream=True, timeout=30
    )
    box.stop(timeout=0)
    assert response.json()["StatusCode"] == 137


def test_an_unknown_condition_is_refused(make: Make) -> None:
    if os.environ.get("COMPAT_HOST"):
        pytest.skip("the reference takes any condition, and waits")
    with pytest.raises(docker_py.errors.APIError) as caught:
        make("cat", stdin_open=True, start=True).wait(condition="nonsense")
    assert caught.value.status_code == 400
    assert "invalid condition: 'nonsense'" in str(caught.value)


def test_wait_for_removal_before_the_start(make: Make, client: Any, name: str) -> None:
    box = client.containers.create("busybox", ["sh", "-c", "exit 3"], name=name, auto_remove=True)
    response = client.api.post(
        client.api._url("/containers/{0}/wait", box.id), params={"condition": "removed"}, stream=True, timeout=30
    )
    box.start()
    assert response.json()["StatusCode"] == 3
    with pytest.raises(docker_py.errors.NotFound):
        box.reload()


def test_names_are_taken_once_and_may_be_changed(make: Make, client: Any, name: str) -> None:
    box = make("true")
    with pytest.raises(docker_py.errors.APIError) as caught:
        client.containers.create("busybox", name=name)
    assert caught.value.status_code == 409
    assert f'The container name "/{name}" is already in use by container "{box.id}"' in str(caught.value)
    box.rename(f"{name}b")
    assert client.containers.get(f"{name}b").id == box.id
    assert client.containers.get(box.id[:12]).name == f"{name}b"
    with pytest.raises(docker_py.errors.APIError) as caught:
        box.rename("not a name")
    assert caught.value.status_code == 400


def test_limits_are_changed_while_it_runs(make: Make) -> None:
    box = make("sleep", "600", start=True)
    answer = box.update(mem_limit="64m", memswap_limit="64m", cpu_shares=512, restart_policy={"Name": "always"})
    assert answer["Warnings"] in ([], None)
    box.reload()
    host = box.attrs["HostConfig"]
    assert (host["Memory"], host["CpuShares"]) == (64 << 20, 512)
    assert host["RestartPolicy"] == {"Name": "always", "MaximumRetryCount": 0}


def test_prune_takes_what_is_stopped_and_matches(make: Make, client: Any, name: str) -> None:
    stopped = make("true", labels={"prune": name})
    running = make("sleep", "600", labels={"prune": name}, start=True)
    done = client.containers.prune(filters={"label": f"prune={name}"})
    assert done["ContainersDeleted"] == [stopped.id]
    assert done["SpaceReclaimed"] >= 0
    running.reload()
    with pytest.raises(docker_py.errors.NotFound):
        stopped.reload()


# --- lists -----------------------------------------------------------------------------------------------------------


def test_lists_are_filtered(make: Make, client: Any, name: str) -> None:
    first = make("sh", "-c", "exit 3", labels={"group": name}, start=True)
    first.wait()
    second = make("sleep", "600", labels={"group": name, "b": ""}, start=True)
    third = make("true", labels={"group": name})

    def listed(**filters: Any) -> list[str]:
        found = client.containers.list(all=True, filters={"label": [f"group={name}"], **filters})
        return [box.id for box in found]

    assert listed() == [third.id, second.id, first.id]
    assert [box.id for box in client.containers.list(filters={"label": f"group={name}"})] == [second.id]
    assert listed(status="exited") == [first.id]
    assert listed(status=["created", "running"]) == [third.id, second.id]
    assert listed(exited="3") == [first.id]
    assert listed(name=second.name) == [second.id]
    assert listed(id=second.id[:20]) == [second.id]
    assert listed(label=[f"group={name}", "b"]) == [second.id]
    assert listed(before=second.id) == [first.id]
    assert listed(since=second.name) == [third.id]
    assert listed(ancestor="busybox") == [third.id, second.id, first.id]
    assert listed(network="bridge", status="running") == [second.id]
    assert [box.id for box in client.containers.list(all=True, limit=1)] == [third.id]
    with pytest.raises(docker_py.errors.APIError):
        listed(status="nonsense")


def test_a_list_of_low_level_has_sizes(make: Make, client: Any) -> None:
    box = make("sh", "-c", "head -c 5000 /dev/zero > /file; sleep 600", start=True)
    eventually(lambda: box.exec_run(["wc", "-c", "/file"]).output.startswith(b"5000"))
    (entry,) = client.api.containers(size=True, filters={"id": box.id})
    assert entry["SizeRw"] >= 5000
    assert entry["SizeRootFs"] > entry["SizeRw"]
    assert entry["Names"] == [f"/{box.name}"]
    assert entry["State"] == "running"
    assert entry["Status"].startswith("Up ")
    assert client.api.containers(quiet=True, filters={"id": box.id}) == [{"Id": box.id}]


# --- exec ------------------------------------------------------------------------------------------------------------


def test_without_tty_at_its_start_a_terminal_comes_in_frames(make: Make, client: Any) -> None:
    box = make("sleep", "600", start=True)
    exec_ = client.api.exec_create(box.id, ["printf", "a\nb"], tty=True)
    connection = client.api.exec_start(exec_, socket=True)
    assert b"".join(payload for _, payload in frames(read_all(connection))) == b"a\r\nb"
    connection.close()
    exec_ = client.api.exec_create(box.id, ["printf", "a\nb"], tty=True)
    assert client.api.exec_start(exec_, tty=True) == b"a\r\nb"


def test_an_exec_is_left_with_the_keys_of_its_configuration(make: Make, client: Any) -> None:
    box = make("sleep", "600", start=True)
    exec_ = client.api.exec_create(box.id, ["cat"], stdin=True, tty=True, detach_keys="ctrl-x,x")
    connection = client.api.exec_start(exec_, tty=True, socket=True)
    end = raw(connection)
    end.sendall(b"typed\n")
    received = b""
    while received.count(b"typed\r\n") < 2:  # the terminal's echo, and cat's answer
        received += end.recv(64)
    end.sendall(b"\x18x")
    read_all(connection)
    connection.close()
    box.reload()
    assert box.status == "running"


def test_an_exec_is_described(make: Make, client: Any) -> None:
    box = make("sleep", "600", start=True)
    exec_ = client.api.exec_create(box.id, ["sh", "-c", "exit 3"], user="alice", workdir="/tmp")
    before = client.api.exec_inspect(exec_)
    assert (before["Running"], before["ExitCode"], before["ContainerID"]) == (False, None, box.id)
    assert before["ProcessConfig"] == {
        "tty": False, "entrypoint": "sh", "arguments": ["-c", "exit 3"], "privileged": False, "user": "alice",
    }  # fmt: skip
    client.api.exec_start(exec_)
    after = client.api.exec_inspect(exec_)
    assert (after["Running"], after["ExitCode"]) == (False, 3)


# --- streams ---------------------------------------------------------------------------------------------------------


def test_attach_by_websocket(make: Make, client: Any, docker: Docker) -> None:
    websocket = pytest.importorskip("websocket", reason="the package websocket-client is not installed")
    box = make("cat", stdin_open=True, tty=True, start=True)
    url = f"ws://docker/v{client.api.api_version}/containers/{box.id}/attach/ws?stdin=1&stdout=1&stderr=1&stream=1"
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(docker.host.removeprefix("unix://"))
        connection = websocket.create_connection(url, socket=end, timeout=30)
        connection.send("hello\n")
        received = b""
        while received.count(b"hello\r\n") < 2:  # the terminal's echo, and cat's answer
            part = connection.recv()
            received += part.encode() if isinstance(part, str) else part
        connection.close()
    box.reload()
    assert box.status == "running"


def test_logs_of_a_terminal_are_not_framed(make: Make) -> None:
    box = make("sh", "-c", "echo out; echo err >&2", tty=True, start=True)
    box.wait()
    assert box.logs() == b"out\r\nerr\r\n"
    assert b"".join(box.logs(stream=True)) == b"out\r\nerr\r\n"


def test_logs_since_and_until(make: Make) -> None:
    box = make("sh", "-c", "echo one; sleep 1; usleep 200000; echo two", start=True)
    box.wait()
    stamps = [line.split(b" ")[0].decode() for line in box.logs(timestamps=True).splitlines()]
    assert len(stamps) == 2
    assert all(stamp.endswith("Z") and len(stamp) == 30 for stamp in stamps)
    second = int(time.mktime(time.strptime(stamps[1][:19], "%Y-%m-%dT%H:%M:%S"))) - time.timezone
    assert box.logs(since=second) == b"two\n"
    assert box.logs(until=second) == b"one\n"
    assert box.logs(tail=0) == b""


def test_stats_stream_and_one_shot(make: Make, client: Any) -> None:
    box = make("sleep", "600", start=True)
    stream = client.api.stats(box.id, decode=True)
    first, second = next(stream), next(stream)
    stream.close()
    assert second["precpu_stats"]["cpu_usage"] == first["cpu_stats"]["cpu_usage"]
    assert second["preread"] == first["read"]
    single = client.api.stats(box.id, stream=False, one_shot=True)
    assert single["id"] == box.id
    assert single["precpu_stats"]["cpu_usage"]["total_usage"] == 0
    assert single["pids_stats"]["current"] == 1


def test_resize_changes_the_terminal(make: Make) -> None:
    box = make("sh", "-c", "read line; stty size", tty=True, stdin_open=True, start=True)
    box.resize(33, 44)
    connection = box.attach_socket(params={"stdin": 1, "stream": 1})
    raw(connection).sendall(b"\n")
    box.wait()
    connection.close()
    assert b"33 44" in box.logs()


# --- files -----------------------------------------------------------------------------------------------------------


def test_archives_keep_modes_links_and_refuse_wrong_places(make: Make) -> None:
    box = make("sleep", "600", start=True)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        script = tarfile.TarInfo("folder/script")
        script.mode, script.size, script.uid = 0o750, 2, 1000
        tar.addfile(script, io.BytesIO(b"hi"))
        link = tarfile.TarInfo("folder/link")
        link.type, link.linkname = tarfile.SYMTYPE, "script"
        tar.addfile(link)
    assert box.put_archive("/root", buffer.getvalue())
    assert box.exec_run(["stat", "-c", "%a %u", "/root/folder/script"]).output == b"750 1000\n"
    chunks, stat = box.get_archive("/root/folder")
    assert (stat["name"], stat["linkTarget"]) == ("folder", "")
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        assert sorted(tar.getnames()) == ["folder", "folder/link", "folder/script"]
    _, stat = box.get_archive("/root/folder/link")
    assert stat["linkTarget"] == "/root/folder/script"
    with pytest.raises(docker_py.errors.NotFound):
        box.put_archive("/no/such", buffer.getvalue())
    with pytest.raises(docker_py.errors.APIError, match="extraction point is not a directory"):
        box.put_archive("/etc/passwd", buffer.getvalue())


def test_differences_are_told(make: Make) -> None:
    box = make("sh", "-c", "echo x > /new; rm /etc/group; echo y >> /etc/passwd", start=True)
    box.wait()
    changes = {(change["Path"], change["Kind"]) for change in box.diff()}
    assert {("/new", 1), ("/etc/group", 2), ("/etc/passwd", 0), ("/etc", 0)} <= changes


def test_an_image_is_committed(make: Make, client: Any, name: str) -> None:
    box = make("sh", "-c", "echo made > /made", start=True)
    box.wait()
    conf = {"Labels": {"course": "os"}}
    image = box.commit(
        repository=name, tag="one", message="why", author="me", changes='CMD ["cat", "/made"]', conf=conf
    )
    try:
        assert image.tags == [f"{name}:one"]
        assert (image.attrs["Author"], image.attrs["Comment"]) == ("me", "why")
        assert image.attrs["Config"]["Cmd"] == ["cat", "/made"]
        assert client.containers.run(image.id, remove=True) == b"made\n"
    finally:
        client.images.remove(f"{name}:one")


# --- what create takes -----------------------------------------------------------------------------------------------


def test_health_is_checked(make: Make) -> None:
    second = 1_000_000_000
    box = make(
        "sleep", "600", start=True,
        healthcheck={"test": ["CMD-SHELL", "echo fine; test -e /well"], "interval": second // 2, "timeout": second,
                     "retries": 1, "start_period": 0},
    )  # fmt: skip

    def health() -> str:
        box.reload()
        return str(box.health)

    eventually(lambda: health() == "unhealthy", within_seconds=20)
    box.exec_run(["touch", "/well"])
    eventually(lambda: health() == "healthy", within_seconds=20)
    log = box.attrs["State"]["Health"]["Log"]
    assert (log[-1]["ExitCode"], log[-1]["Output"]) == (0, "fine\n")


def test_volumes_of_another_container(make: Make) -> None:
    source = make("sh", "-c", "echo kept > /data/file", volumes=["/data"], start=True)
    source.wait()
    reader = make("cat", "/data/file", volumes_from=[source.name], start=True)
    reader.wait()
    assert reader.logs() == b"kept\n"


def test_settings_come_back_from_inspect(make: Make) -> None:
    box = make(
        "true", hostname="box", domainname="example.org", user="alice", working_dir="/tmp", environment=["A=b"],
        labels={"l": "m"}, stop_signal="SIGINT", cap_add=["NET_ADMIN"], cap_drop=["MKNOD"], dns=["192.0.2.1"],
        dns_search=["example.org"], extra_hosts={"other": "192.0.2.2"}, group_add=["staff"], init=True, mem_limit="64m",
        nano_cpus=500_000_000, pids_limit=50, read_only=True, security_opt=["no-new-privileges"], shm_size="32m",
        sysctls={"net.ipv4.ip_forward": "1"}, tmpfs={"/run": "size=1m"}, oom_score_adj=100, tty=True,
        ipc_mode="private",
        ulimits=[docker_py.types.Ulimit(name="nofile", soft=100, hard=200)], publish_all_ports=True,
        log_config=docker_py.types.LogConfig(type="json-file", config={"max-size": "1m"}),
    )  # fmt: skip
    box.reload()
    config, host = box.attrs["Config"], box.attrs["HostConfig"]
    assert {key: config[key] for key in ("Hostname", "Domainname", "User", "WorkingDir", "StopSignal", "Tty")} == {
        "Hostname": "box", "Domainname": "example.org", "User": "alice", "WorkingDir": "/tmp", "StopSignal": "SIGINT",
        "Tty": True,
    }  # fmt: skip
    assert config["Labels"] == {"l": "m"}
    assert "A=b" in config["Env"]
    expected = {
        "CapAdd": ["NET_ADMIN"], "CapDrop": ["MKNOD"], "Dns": ["192.0.2.1"], "DnsSearch": ["example.org"],
        "ExtraHosts": ["other:192.0.2.2"], "GroupAdd": ["staff"], "Init": True, "Memory": 64 << 20,
        "NanoCpus": 500_000_000, "PidsLimit": 50, "ReadonlyRootfs": True, "SecurityOpt": ["no-new-privileges"],
        "ShmSize": 32 << 20, "Sysctls": {"net.ipv4.ip_forward": "1"}, "Tmpfs": {"/run": "size=1m"}, "OomScoreAdj": 100,
        "IpcMode": "private", "PublishAllPorts": True, "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}],
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
    }  # fmt: skip
    assert {key: host[key] for key in expected} == expected
