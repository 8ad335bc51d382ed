"""Parts of pages: what they show as text and as results, and what they refuse."""

from __future__ import annotations

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.dashboard import FRESH_SECONDS
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.widgets import ContainerTable, LogView, UsageChart
from tests.support.api_client import Api


def test_each_part_has_a_text_where_no_front_end_is(client: Client, api: Api) -> None:
    api.wait(api.run("sh", "-c", "echo hello", name="web"))
    table, chart, logs = ContainerTable(client=client), UsageChart("web", client=client), LogView("web", client=client)
    for part, words in ((table, "Exited (0)"), (chart, "Exited (0)"), (logs, "hello")):
        bundle = part._repr_mimebundle_()
        assert bundle is not None
        assert words in bundle[0]["text/plain"]
        assert "application/vnd.jupyter.widget-view+json" in bundle[0]
        part.settle()
    assert repr(table) == "ContainerTable('containers')"


def test_a_table_of_some_has_only_those(client: Client, api: Api) -> None:
    api.create("true", name="one")
    api.create("true", name="two")
    table = ContainerTable("one", client=client)
    assert [line["name"] for line in table.actions()["begin"]({})["lines"]] == ["one"]
    table.settle()


def test_a_table_whose_containers_have_gone_is_empty_and_no_table_of_others(client: Client, api: Api) -> None:
    gone = api.create("true", name="gone")
    api.create("true", name="other")
    table, every = ContainerTable("gone", client=client), ContainerTable(client=client)
    api.remove(gone)
    table.actions()["visible"]({"is": True})
    table.actions()["begin"]({})
    assert table.text() == "no containers"
    every.board.asked_at -= FRESH_SECONDS
    assert [line.split()[0] for line in every.text().splitlines()] == ["NAME", "other"]
    assert UsageChart(client=client).text() == "no container is chosen"
    table.settle()
    every.settle()


def test_what_is_not_there_is_refused(client: Client) -> None:
    with pytest.raises(NotFound):
        UsageChart("nosuch", client=client)
    with pytest.raises(NotFound):
        LogView("nosuch", client=client)
    with pytest.raises(InvalidParameter, match="nothing is measured as 'weight'; there are memory, cpu"):
        UsageChart(measure="weight", client=client)
