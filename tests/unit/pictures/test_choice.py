"""Tests of pictures.choice: what is drawn, and that it is drawn of what stays in notebooks nobody trusts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import import_module

import pytest

from jupyter_containers.client.build_reader import ImageBuilt, StepDone, StepOutput, StepStarted, Warned
from jupyter_containers.client.builds import BuildFailed
from jupyter_containers.client.runs import Outcome
from jupyter_containers.client.values import Progress
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.commands.containers import Logs
from jupyter_containers.commands.daemon import Checkup
from jupyter_containers.commands.inspecting import Inspection
from jupyter_containers.commands.pull_result import PullResult
from jupyter_containers.commands.results import LiveResult, Message, Result, Table
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.pictures import bundle, picture
from jupyter_containers.pictures.choice import PICTURES
from tests.support.pictures import EVIL, after, check


def run_of(*events: object) -> LiveResult:
    return after(RunResult(EVIL, (EVIL,)), *events)


NOW = datetime.now(UTC)
BUILD = (StepStarted(1, 2, f"RUN {EVIL}", 1, 1), StepOutput(1, 1, f"{EVIL}\n"), StepDone(1, 0.5))
FAILED = (StepStarted(2, 2, "RUN x", 2, 2), BuildFailed(EVIL, line=1, end_line=2))
LACK = {"name": EVIL, "available": False, "essential": True, "reason": EVIL, "cost": EVIL, "remedy": EVIL}
RESULTS: list[Result] = [
    run_of((1, EVIL.encode()), (2, EVIL.encode()), Outcome("c", 0, NOW, NOW)),
    run_of(*[(1, b"line\n")] * 100, Outcome("c", 3, NOW, NOW, out_of_memory=True)),
    run_of((1, b"still ")),
    after(BuildResult(f"RUN {EVIL}\n", (EVIL,)), *BUILD, Warned(1, EVIL), ImageBuilt("sha256:1")),
    after(BuildResult(f"RUN {EVIL}\nRUN x", ()), *BUILD, *FAILED),
    after(BuildResult("FROM x", ()), Progress("a", "Downloading", 1, 3)),
    after(PullResult(EVIL), Progress(EVIL, EVIL, 1, 3), Progress("", EVIL)),
    after(Logs(EVIL), (1, EVIL.encode())),
    Table("things", ("A",), ((EVIL,),)),
    Table("things", ("A",), ()),
    Message((EVIL,)),
    Inspection([(EVIL, "container", {"Name": EVIL, "Config": {"Image": EVIL}})]),
    Checkup({"canRun": False, "features": [LACK]}),
]  # fmt: skip


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_a_picture_is_made_of_what_stays(result: Result) -> None:
    check(picture(result))


def test_a_subclass_without_a_picture_has_that_of_its_base() -> None:
    class Things(Table):
        kind = "things"

    assert picture(Things("things", ("A",), (("x",),))) == picture(Table("things", ("A",), (("x",),)))


def test_every_picture_that_the_table_names_is_there() -> None:
    for name in PICTURES.values():
        assert callable(import_module(f"jupyter_containers.pictures.{name}").draw)


def test_a_settled_bundle_has_three_forms_and_is_the_results_own() -> None:
    message = Message(("x",))
    assert bundle(message) == {
        "text/plain": "x",
        "text/html": picture(message),
        "application/vnd.jupyter-containers.message+json": {"lines": ["x"], "items": []},
    }
    assert message._repr_mimebundle_() == bundle(message)


@pytest.mark.parametrize("is_settled", [True, False])
def test_a_name_that_is_no_text_is_in_no_message(is_settled: bool) -> None:
    """Jupyter would send the byte as it is, which no page can read, or fail."""
    named = Table("changes", ("", "PATH"), (("A", "/caf\udce9"), ("A", "/\ud800")))
    assert json.dumps(bundle(named, is_settled=is_settled), ensure_ascii=False).encode()
    assert bundle(Message(("\udce9",), ("\udce9",)))["text/plain"] == "\ufffd"


def test_a_bundle_that_still_grows_is_without_json() -> None:
    assert set(bundle(Message(("x",)), is_settled=False)) == {"text/plain", "text/html"}
