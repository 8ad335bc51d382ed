"""Who asks for a record gets what was made for it, and nobody else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.engine import tracing
from jupyter_containers.engine.tracing import KEPT_RECORDS, KEPT_TOKENS, Traces
from jupyter_containers.errors import NotFound
from jupyter_containers.oci.runtime_spec import ANNOTATION_TRACE, Linux, Process, Root, Spec
from jupyter_containers.registry.witness import noting
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.trace import Durations

SPEC = Spec(Process(args=("sh",)), Root("rootfs"), linux=Linux(namespaces=defaults.default_namespaces()))
TOKEN = "0" * 16
CALLS = {"inside": [["step", "pivot_root", [".", "."], 0, 0, 5]], "at last": [["step", "execve", ["sh"], 0, 0, 7]]}


def bundle(folder: Path, calls: dict[str, list[list[object]]] | None) -> Path:
    made = Bundle.create(folder / "b", SPEC)
    Durations([("clone", 3)], [1], calls).write(made.trace_path)
    return made.path


def test_nothing_is_recorded_for_those_who_do_not_ask() -> None:
    assert tracing.begin("container", "1", "x") is None


def test_what_is_made_in_the_block_is_kept_for_its_token_and_its_container(tmp_path: Path) -> None:
    traces, place = Traces(), bundle(tmp_path, CALLS)
    with traces.collecting(TOKEN):
        work = tracing.begin("container", "1", "x")
        assert work is not None
        assert work.mark(SPEC).annotations == {ANNOTATION_TRACE: "calls"}
        work.rows.append({"call": "netlink"})
        work.keep(place)
    (record,) = traces.of_token(TOKEN)
    # The network is there before the process is.
    assert [call["call"] for call in record["calls"]] == ["pivot_root", "netlink", "execve"]
    assert (record["kind"], record["id"], record["name"]) == ("container", "1", "x")
    assert traces.of_container("1", "x", [place]) == {**record, "recorded": True}
    assert tracing.begin("container", "2", "y") is None


def test_what_goes_on_after_the_request_is_not_recorded() -> None:
    traces = Traces()
    with traces.collecting(TOKEN):
        import contextvars

        inherited = contextvars.copy_context()
        assert inherited.run(tracing.begin, "container", "1", "x") is not None
    assert inherited.run(tracing.begin, "container", "1", "x") is None


def test_tasks_that_go_on_keep_nothing_of_it(tmp_path: Path) -> None:
    traces, place = Traces(), bundle(tmp_path, CALLS)
    with traces.collecting(TOKEN):
        import contextvars

        inherited = contextvars.copy_context()
        work = tracing.begin("container", "1", "x")
        assert work is not None
        with noting("GET", "http://host:5000/v2/"):
            work.keep(place)
    record, asked = inherited[tracing._wanted], inherited.run(witness_rows)
    assert record is not None
    assert (record.records, asked) == ([], None)
    assert len(traces.of_token(TOKEN)) == 2


def witness_rows() -> object:
    """Return what a request to a registry would be written into."""
    with noting("GET", "http://host:5000/v2/") as noted:
        return noted or None


def test_what_registries_are_asked_comes_before_what_is_made_of_it(tmp_path: Path) -> None:
    traces, place = Traces(), bundle(tmp_path, CALLS)
    with traces.collecting(TOKEN):
        work = tracing.begin("build step", "1", "x")
        with noting("GET", "http://host:5000/v2/") as noted:
            noted["result"] = "200"
        assert work is not None
        work.keep(place)
    records = traces.of_token(TOKEN)
    assert [(record["kind"], record["name"]) for record in records] == [("registry", "host:5000"), ("build step", "x")]
    assert [call["arguments"] for call in records[0]["calls"]] == [["http://host:5000/v2/"]]


def test_several_requests_of_one_token_add_up(tmp_path: Path) -> None:
    traces, place = Traces(), bundle(tmp_path, CALLS)
    for name in ("1", "2"):
        with traces.collecting(TOKEN):
            work = tracing.begin("container", name, name)
            assert work is not None
            work.keep(place)
    assert [record["id"] for record in traces.of_token(TOKEN)] == ["1", "2"]


def test_one_that_never_came_to_the_kernel_has_no_calls(tmp_path: Path) -> None:
    traces = Traces()
    with traces.collecting(TOKEN):
        work = tracing.begin("container", "1", "x")
        assert work is not None
        work.keep(tmp_path / "nowhere")
    assert traces.of_token(TOKEN)[0]["calls"] == []


def test_a_start_that_nobody_wanted_recorded_has_its_steps(tmp_path: Path) -> None:
    found = Traces().of_container("1", "x", [tmp_path / "gone", bundle(tmp_path, None)])
    assert [(row["step"], row["microseconds"], row["call"]) for row in found["calls"]] == [
        ("clone", 3, ""), ("leave the parent's session and descriptors", 1, ""),
    ]  # fmt: skip
    assert not found["recorded"]


def test_a_later_start_without_a_record_is_not_told_by_an_older_one(tmp_path: Path) -> None:
    traces = Traces()
    traces.put({"kind": "container", "id": "1", "name": "x", "calls": []})
    assert not traces.of_container("1", "x", [bundle(tmp_path, None)])["recorded"]


def test_one_that_was_never_started_has_nothing_to_tell(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="container x was never started"):
        Traces().of_container("1", "x", [tmp_path])
    with pytest.raises(NotFound, match=TOKEN):
        Traces().of_token(TOKEN)


def test_only_the_last_ones_are_kept() -> None:
    traces = Traces()
    for number in range(KEPT_TOKENS + 1):
        with traces.collecting(f"{number:016x}"):
            pass
    with pytest.raises(NotFound):
        traces.of_token(f"{0:016x}")
    assert traces.of_token(f"{1:016x}") == []
    for number in range(KEPT_RECORDS + 1):
        traces.put({"id": str(number)})
    assert len(traces._records) == KEPT_RECORDS


def test_one_who_asks_gets_no_more_than_is_kept(tmp_path: Path) -> None:
    traces = Traces()
    with traces.collecting(TOKEN):
        for number in range(KEPT_RECORDS + 1):
            work = tracing.begin("build step", str(number), "x")
            assert work is not None
            work.keep(tmp_path)
    assert [record["id"] for record in traces.of_token(TOKEN)] == [str(number) for number in range(KEPT_RECORDS)]
