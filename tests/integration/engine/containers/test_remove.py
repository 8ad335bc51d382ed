"""Remove and prune."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.api_client import Api
from tests.support.daemon import Daemon


def test_nothing_is_left_of_a_removed_container(api: Api, daemon: Daemon) -> None:
    snapshots = {path.name for path in (daemon.data / "snapshots").iterdir()}
    container = api.run("sh", "-c", "echo x > /file")
    api.wait(container)
    assert api.delete(f"/containers/{container}").status == 204
    assert api.delete(f"/containers/{container}").status == 404
    assert not (daemon.data / "containers" / container).exists()
    assert {path.name for path in (daemon.data / "snapshots").iterdir()} == snapshots
    assert api.events(container)[-1] == "destroy"


def test_what_runs_is_removed_only_by_force(api: Api) -> None:
    container = api.run("sleep", "60")
    answer = api.delete(f"/containers/{container}")
    assert answer.status == 409
    assert f"You cannot remove a running container {container}" in answer.message
    assert api.delete(f"/containers/{container}", force=1).status == 204
    assert api.get(f"/containers/{container}/json").status == 404


def test_force_removes_what_is_paused(api: Api) -> None:
    container = api.run("sleep", "60")
    api.post(f"/containers/{container}/pause")
    assert "You cannot remove a paused container" in api.delete(f"/containers/{container}").message
    assert api.delete(f"/containers/{container}", force=1).status == 204


def test_force_removes_what_waits_for_its_restart(api: Api) -> None:
    container = api.run("false", host={"RestartPolicy": {"Name": "always"}})
    assert api.delete(f"/containers/{container}", force=1).status == 204
    assert api.get(f"/containers/{container}/json").status == 404


def test_volumes_that_nobody_named_go_on_request(api: Api) -> None:
    names = []
    for query in ({}, {"v": 1}):
        container = api.create("true", host={"Binds": ["/data", "kept:/kept"]})
        mounts = {mount["Destination"]: mount["Name"] for mount in api.inspect(container)["Mounts"]}
        names.append(mounts["/data"])
        assert api.delete(f"/volumes/{mounts['/data']}").status == 409
        api.delete(f"/containers/{container}", **query)
    assert [api.get(f"/volumes/{name}").status for name in names] == [200, 404]
    assert api.get("/volumes/kept").status == 200
    for name in (names[0], "kept"):
        assert api.delete(f"/volumes/{name}").status == 204


def test_two_removals_at_once_are_one(api: Api) -> None:
    container = api.run("sleep", "60")
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _number: api.delete(f"/containers/{container}", force=1).status, range(4)))
    assert 204 in statuses
    assert set(statuses) <= {204, 404}
    assert api.events(container).count("destroy") == 1


def test_prune_takes_what_is_stopped_and_matches(api: Api) -> None:
    running = api.run("sleep", "60")
    kept = api.create("true", Labels={"keep": "1"})
    gone = api.run("sh", "-c", "head -c 100000 /dev/zero > /file")
    api.wait(gone)
    answer = api.post("/containers/prune", filters={"label!": ["keep"]}).json
    assert answer["ContainersDeleted"] == [gone]
    assert answer["SpaceReclaimed"] >= 100_000
    assert {entry["Id"] for entry in api.get("/containers/json", all=1).json} == {running, kept}
    assert api.post("/containers/prune", filters={"until": ["24h"]}).json["ContainersDeleted"] is None
