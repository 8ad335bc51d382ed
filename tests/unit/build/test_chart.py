"""Tests of build.chart."""

from __future__ import annotations

from jupyter_containers.build.chart import Chart, Together
from jupyter_containers.build.filesystem import Filesystem, Layer, Outcome
from jupyter_containers.build.progress import Event, GraphPlanned, NodeChanged, Output
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from tests.support.planning import planned

DIGEST = Digest("sha256", "0" * 64)
LAYER = Layer(Descriptor("application/vnd.oci.image.layer.v1.tar", DIGEST, 42), DIGEST)
TEXT = "FROM busybox AS a\nENV x=1\nRUN one\nENV y=2\nFROM a AS b\nRUN one\nFROM busybox\nRUN two\nCOPY --from=b /x /"


class Told:
    def __init__(self, text: str = TEXT) -> None:
        self.plan = planned(text)
        self.events: list[Event] = []
        self.now = 0.0
        self.chart = Chart(self.plan, self.events.append, monotonic=lambda: self.now)
        self.planned = self.events.pop()

    def vertex(self, number: int):
        vertex = self.plan.steps[number - 1].vertex
        assert vertex is not None
        return vertex

    def take(self) -> list[Event]:
        events, self.events[:] = list(self.events), []
        return events


def test_the_graph_is_told_beforehand_with_what_takes_from_what() -> None:
    told = Told()
    assert isinstance(told.planned, GraphPlanned)
    nodes = {node.number: node for node in told.planned.nodes}
    assert [(n.stage, n.stage_name) for n in nodes.values()] == [(0, "a")] * 4 + [(1, "b")] * 2 + [(2, "")] * 3
    assert {number: node.inputs for number, node in nodes.items() if node.inputs} == {5: (4,), 9: (6,)}
    assert (nodes[3].text, nodes[3].lines) == ("RUN one", (3, 3))


def test_a_state_is_told_at_once_with_time_and_size() -> None:
    told = Told()
    told.chart.started(told.vertex(8))
    assert told.take() == [NodeChanged(8, "running")]
    told.now = 2.0
    told.chart.reported(told.vertex(8), Output(1, b"x"))
    told.chart.finished(told.vertex(8), Outcome(Filesystem(), "t", LAYER))
    assert told.take() == [NodeChanged(8, "done", 2.0, 42)]
    told.chart.failed(told.vertex(9))
    assert told.take() == [NodeChanged(9, "failed")]


def test_settings_are_done_with_what_they_stand_on() -> None:
    told = Told()
    told.chart.finished(told.vertex(3), Outcome(Filesystem(), "t", LAYER))
    # The stage that stands on it has its FROM, too.
    assert told.take() == [NodeChanged(3, "done", None, 42), NodeChanged(4, "done"), NodeChanged(5, "done")]


def test_what_nobody_needs_counts_as_cached() -> None:
    told = Told()
    told.chart.unneeded(told.vertex(8))
    told.chart.finished(told.vertex(9), Outcome(Filesystem(), "t", cached=True))
    assert told.take() == [NodeChanged(8, "cached"), NodeChanged(9, "cached")]


def test_several_watchers_hear_the_same() -> None:
    one, two = Told(), Told()
    both = Together(one.chart, two.chart)
    vertex = one.vertex(8)
    both.started(vertex)
    both.reported(vertex, Output(1, b"x"))
    both.finished(vertex, Outcome(Filesystem(), "t"))
    both.unneeded(vertex)
    both.failed(vertex)
    assert [event.state for event in one.events] == ["running", "done", "cached", "failed"]
    assert len(two.events) == 4
