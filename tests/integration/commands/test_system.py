"""system df and system prune on a real daemon."""

from __future__ import annotations

from jupyter_containers.commands.results import Table
from tests.integration.commands.conftest import Do
from tests.support.api_client import Api, ok
from tests.support.failed_steps import fail

STEPS = "FROM busybox\nRUN head -c 3000 /dev/zero > /f\nRUN false\n"


def counts(do: Do) -> dict[str, tuple[str, str]]:
    """How many there are of each kind, and how many are in use."""
    found = do("system", "df")
    assert isinstance(found, Table)
    return {kind: (total, active) for kind, total, active, *_ in found.rows}


def test_what_nobody_uses_is_told_and_removed(do: Do, api: Api) -> None:
    do("run", "-d", "--name", "stays", "-v", "used:/v", "busybox", "sleep", "100")
    do("run", "--name", "ended", "busybox", "true")
    ok(api.post("/networks/create", {"Name": "nobody"}))
    fail(api, STEPS)
    assert counts(do) == {
        "Images": ("1", "1"), "Containers": ("2", "1"), "Local Volumes": ("1", "1"), "Build Cache": ("2", "0"),
    }  # fmt: skip
    told = do("system", "prune", "-a").text()
    # The failed step and the cached one, as df has counted them.
    assert told.startswith("removed 1 containers, 1 networks, 2 cached steps; ")
    assert not told.endswith(" 0B are free again")
    assert counts(do) == {
        "Images": ("1", "1"), "Containers": ("1", "1"), "Local Volumes": ("1", "1"), "Build Cache": ("0", "0"),
    }  # fmt: skip
    assert [one["Names"] for one in api.get("/containers/json", all=1).json] == [["/stays"]]
    api.remove("stays")
    do("system", "prune", "--volumes")
    # It has a name, so somebody may come back for it.
    assert counts(do)["Local Volumes"] == ("1", "0")
    ok(api.delete("/volumes/used"))
