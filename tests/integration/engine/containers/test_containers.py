"""The face: names, renames, updates, sizes of terminals, and what other rooms ask."""

from __future__ import annotations

from tests.support.api_client import Api
from tests.support.eventually import eventually


def test_a_container_is_renamed(api: Api) -> None:
    container, other = api.create("true", name="old"), api.create("true", name="taken")
    assert api.post(f"/containers/{container}/rename", name="new").status == 204
    assert api.inspect("new")["Id"] == container
    assert api.get("/containers/old/json").status == 404
    answer = api.post("/containers/new/rename", name="taken")
    assert answer.status == 409
    assert answer.message.startswith('Error when allocating new name: Conflict. The container name "/taken"')
    for name, message in (
        ("", "Neither old nor new names may be empty"),
        ("new", "Renaming a container with the same name as its current name"),
        ("a/b", "Error when allocating new name: Invalid container name (/a/b)"),
    ):
        answer = api.post("/containers/new/rename", name=name)
        assert (answer.status, answer.message[: len(message)]) == (400, message)
    assert api.events(container) == ["create", "rename"]
    assert other


def test_limits_of_a_running_container_are_changed(api: Api) -> None:
    container = api.run("sleep", "60", host={"Memory": 32 << 20})
    answer = api.post(f"/containers/{container}/update", {"Memory": 48 << 20, "MemorySwap": 96 << 20, "PidsLimit": 30})
    assert (answer.status, answer.json) == (200, {"Warnings": None})
    assert api.inspect(container)["HostConfig"]["Memory"] == 48 << 20
    stats = api.get(f"/containers/{container}/stats", stream=0, **{"one-shot": 1}).json
    assert stats["memory_stats"]["limit"] == 48 << 20
    assert stats["pids_stats"]["limit"] == 30


def test_an_update_out_of_range_changes_nothing(api: Api) -> None:
    container = api.run("sleep", "60", host={"Memory": 32 << 20})
    assert api.post(f"/containers/{container}/update", {"Memory": 1000}).status == 400
    answer = api.post(f"/containers/{container}/update", {"Memory": 1 << 30})
    assert answer.status == 409
    assert "update the memoryswap at the same time" in answer.message
    assert api.post(f"/containers/{container}/update", {"RestartPolicy": {"Name": "bad"}}).status == 400
    assert api.inspect(container)["HostConfig"]["Memory"] == 32 << 20


def test_a_terminal_is_resized(api: Api) -> None:
    script = "while test \"$(stty size)\" != '33 44'; do usleep 5000; done; stty size"
    container = api.run("sh", "-c", script, Tty=True)
    assert api.post(f"/containers/{container}/resize", h=33, w=44).status == 200
    assert api.wait(container) == 0
    assert api.post(f"/containers/{container}/resize", h=33, w=44).status == 409
    assert api.post(f"/containers/{container}/resize", h=99999, w=44).status == 400


def test_the_processes_are_listed(api: Api) -> None:
    container = api.run("sh", "-c", "sleep 60 & exec sleep 61")

    def commands() -> set[str]:
        return {row[-1] for row in api.get(f"/containers/{container}/top").json["Processes"]}

    eventually(lambda: commands() == {"sleep 60", "sleep 61"})
    titles = api.get(f"/containers/{container}/top").json["Titles"]
    assert titles == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    rows = api.get(f"/containers/{container}/top", ps_args="-o pid,comm").json["Processes"]
    assert str(api.state(container)["Pid"]) == rows[0][0]
    assert api.get(f"/containers/{container}/top", ps_args="--zz").status == 501
    api.post(f"/containers/{container}/kill")
    api.wait(container)
    assert api.get(f"/containers/{container}/top").status == 409


def test_an_image_and_a_network_know_who_uses_them(api: Api) -> None:
    container = api.run("sleep", "60", name="user", host={"NetworkMode": "bridge"})
    answer = api.delete("/images/busybox")
    assert answer.status == 409
    assert container[:12] in answer.message
    network = api.get("/networks/bridge").json
    assert network["Containers"][container]["Name"] == "user"
    counts = api.get("/info").json
    assert (counts["Containers"], counts["ContainersRunning"]) == (1, 1)
