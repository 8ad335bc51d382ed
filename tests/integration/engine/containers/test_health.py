"""Health checks that run."""

from __future__ import annotations

from tests.support.api_client import Api
from tests.support.eventually import eventually

SECOND = 10**9


def probed(api: Api, test: list[str], **settings: int) -> str:
    return api.run("sleep", "60", Healthcheck={"Test": test, "Interval": SECOND // 20, **settings})


def health(api: Api, container: str) -> str:
    return str(api.state(container)["Health"]["Status"])


def test_a_container_falls_ill_and_recovers(api: Api) -> None:
    container = probed(api, ["CMD-SHELL", "echo looking; test -e /ok"], Retries=2)
    assert health(api, container) == "starting"
    eventually(lambda: health(api, container) == "unhealthy")
    last = api.state(container)["Health"]["Log"][-1]
    assert (last["ExitCode"], last["Output"]) == (1, "looking\n")
    [entry] = api.get("/containers/json", filters={"health": ["unhealthy"]}).json
    assert entry["Status"].endswith("(unhealthy)")
    exec_ = api.post(f"/containers/{container}/exec", {"Cmd": ["touch", "/ok"]}).json["Id"]
    api.post(f"/exec/{exec_}/start", {"Detach": True})
    eventually(lambda: health(api, container) == "healthy")
    told = [action for action in api.events(container) if action.startswith("health_status")]
    assert told == ["health_status: unhealthy", "health_status: healthy"]
    api.post(f"/containers/{container}/kill")
    api.wait(container)
    assert health(api, container) == "unhealthy"


def test_a_probe_that_takes_too_long_is_killed(api: Api) -> None:
    container = probed(api, ["CMD", "sleep", "50"], Retries=1, Timeout=SECOND // 10)
    eventually(lambda: health(api, container) == "unhealthy")
    result = api.state(container)["Health"]["Log"][0]
    assert (result["ExitCode"], result["Output"]) == (-1, "Health check exceeded timeout (100ms)")

    def commands() -> list[str]:
        return [row[-1] for row in api.get(f"/containers/{container}/top").json["Processes"]]

    eventually(lambda: commands().count("sleep 50") <= 1)


def test_without_a_probe_there_is_no_health(api: Api) -> None:
    assert "Health" not in api.state(probed(api, ["NONE"]))
    assert "Health" not in api.state(api.run("sleep", "60"))
