"""The dashboard in a real browser: looked at, clicked, searched, pruned, closed; and parts in a page of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jupyter_containers.widgets.static import module
from tests.support.api_client import Api
from tests.support.eventually import eventually
from tests.support.lab import Lab, NotebookPage

LOAD, OPEN = "%load_ext jupyter_containers", "%container dashboard"
HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
WRITES = f"printf '%s\\n' '{HOSTILE}'; seq 100; echo last >&2; sleep 600"
TABS = ("Usage", "Logs", "Processes", "Files", "Events", "Inspect")

pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture(autouse=True)
def web(api: Api) -> str:
    return api.run(
        "sh", "-c", f"touch '/{HOSTILE.replace('/', '')}'; {WRITES}", name="web", host={"Memory": 64 << 20},
        Labels={"x": HOSTILE},
    )  # fmt: skip


@contextmanager
def opened(lab: Lab, *cells: str) -> Iterator[NotebookPage]:
    with lab.open(LOAD, *(cells or (OPEN,))) as notebook:
        notebook.run_all()
        assert notebook.errors == []
        notebook.page.wait_for_selector(".jc-name:has-text('web')")
        yield notebook
        assert notebook.page.evaluate("() => window.pwned") is None
        assert notebook.page.query_selector_all(".jc-view img, .jc-view script") == []


def state(api: Api, container: str) -> str:
    return str(api.inspect(container)["State"]["Status"])


def see(notebook: NotebookPage, tab: str) -> None:
    notebook.page.click(f".jc-closeup .jc-tab:has-text('{tab}')")
    notebook.page.wait_for_selector(f".jc-closeup .jc-tab[aria-selected=true]:has-text('{tab}')")


def test_stop_asks_first_and_the_state_changes_by_itself(lab: Lab, api: Api, web: str) -> None:
    with opened(lab) as notebook:
        page = notebook.page
        page.click(".jc-name:has-text('web')")
        page.click(".jc-do-kill")
        page.click(".jc-confirm button:has-text('Cancel')")
        page.wait_for_selector(".jc-confirm", state="detached")
        assert state(api, web) == "running"
        page.click(".jc-do-kill")
        page.click(".jc-confirm .jc-danger")
        page.wait_for_selector(".jc-sentence:has-text('killed web')")
        eventually(lambda: state(api, web) == "exited")
        page.wait_for_selector("tr:has-text('web') td:has-text('exited')")
        page.wait_for_selector(".jc-do-kill[disabled]")
        page.click(".jc-do-start:not([disabled])")
        page.wait_for_selector("tr:has-text('web') td:has-text('running')")
        page.click(".jc-do-stop:not([disabled])")
        # What is begun by keys is ended by keys: the safe answer has the focus.
        assert page.evaluate("() => document.activeElement.textContent") == "Cancel"
        page.keyboard.press("Escape")
        page.wait_for_selector(".jc-confirm", state="detached")


def test_what_the_daemon_refuses_is_said(lab: Lab, api: Api, web: str) -> None:
    with opened(lab) as notebook:
        page = notebook.page
        page.click(".jc-name:has-text('web')")
        api.post(f"/containers/{web}/pause")
        page.evaluate("() => { document.querySelector('.jc-do-pause').disabled = false; }")
        page.click(".jc-do-pause")
        page.wait_for_selector(".jc-sentence.jc-bad:has-text('already paused')")
        page.wait_for_selector("tr:has-text('web') td:has-text('paused')")
        page.click(".jc-do-unpause:not([disabled])")
        page.wait_for_selector("tr:has-text('web') td:has-text('running')")


def test_each_look_at_a_container_is_text(lab: Lab) -> None:
    with opened(lab) as notebook:
        page = notebook.page
        page.click(".jc-name:has-text('web')")
        page.wait_for_selector(".jc-figure figcaption:has-text('limit 67.1 MB')")
        see(notebook, "Logs")
        page.wait_for_selector(f".jc-board-log div:has-text('{HOSTILE[:18]}')")
        assert page.inner_text(".jc-board-log .jc-log-stderr") == "last"
        page.fill(".jc-board-search", "9")
        page.wait_for_selector(".jc-told:has-text('19 of the last 102 lines')")
        page.fill(".jc-board-search", "onerror")
        page.wait_for_selector(".jc-told:has-text('1 of the last 102 lines')")
        assert page.inner_text(".jc-board-log") == HOSTILE
        see(notebook, "Processes")
        page.wait_for_selector(".jc-closeup td:has-text('sleep 600')")
        see(notebook, "Files")
        page.wait_for_selector(".jc-closeup td:has-text('onerror')")
        page.click(".jc-folder")
        page.click(".jc-closeup .jc-name:has-text('etc')")
        page.wait_for_selector(".jc-closeup td:has-text('hostname')")
        assert page.input_value(".jc-path") == "/etc"
        see(notebook, "Events")
        page.wait_for_selector(".jc-closeup pre:has-text('container start web')")
        see(notebook, "Inspect")
        page.wait_for_selector(".jc-closeup pre:has-text('window.pwned')")


def test_keys_are_enough(lab: Lab) -> None:
    with opened(lab) as notebook:
        page = notebook.page
        page.focus(".jc-name:has-text('web')")
        page.keyboard.press("Enter")
        page.focus(".jc-closeup .jc-tab[aria-selected=true]")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(".jc-board-log")
        assert page.evaluate("() => document.activeElement.textContent") == "Logs"
        page.keyboard.press("End")
        page.wait_for_selector('.jc-closeup pre:has-text(\'"Name": "/web"\')')
        page.focus(".jc-closeup-close")
        page.keyboard.press("Enter")
        page.wait_for_selector(".jc-closeup", state="detached")
        assert page.evaluate("() => document.activeElement.textContent") == "web"


def test_networks_and_volumes_are_a_graph_and_what_is_unused_is_pruned(lab: Lab, api: Api) -> None:
    api.create("true", name="unused")
    with opened(lab) as notebook:
        page = notebook.page
        page.click(".jc-tab:has-text('Networks and volumes')")
        page.wait_for_selector(".jc-graph text:has-text('unused')")
        page.click("summary:has-text('in words')")
        page.wait_for_selector("details tr:has-text('unused') td:has-text('none')")
        page.click(".jc-tab:has-text('Disk')")
        page.click(".jc-prune-containers")
        page.click(".jc-confirm .jc-danger")
        page.wait_for_selector(".jc-sentence:has-text('containers: 1 removed')")
        assert [one["Names"] for one in api.get("/containers/json", all=1).json] == [["/web"]]


def test_nothing_keeps_people_out(lab: Lab) -> None:
    with opened(lab) as notebook:
        page = notebook.page
        page.click(".jc-name:has-text('web')")
        for theme in ("Dark", "Light"):
            notebook.theme(theme)
            for tab in TABS:
                see(notebook, tab)
                assert notebook.axe(".jc-view") == [], (theme, tab)
        page.click(".jc-do-remove")
        assert notebook.axe(".jc-view") == []
        for tab, sign in (("Networks and volumes", ".jc-graph"), ("Disk", ".jc-prune-images")):
            page.click(f".jc-tab:has-text('{tab}')")
            page.wait_for_selector(sign)
            for theme in ("Dark", "Light"):
                notebook.theme(theme)
                assert notebook.axe(".jc-view") == [], (theme, tab)


def test_closed_it_is_a_picture_that_needs_no_kernel(lab: Lab) -> None:
    with opened(lab) as notebook:
        page = notebook.page
        page.wait_for_function("() => document.querySelector('tr .jc-plot')?.getAttribute('points').includes(' ')")
        page.click(".jc-close")
        page.wait_for_selector(".jc-view", state="detached")
        page.wait_for_selector(".jp-OutputArea-output table:has-text('web')")
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(".jp-OutputArea-output table:has-text('web')")
            image = again.page.wait_for_selector("img[alt^='memory: at most']")
            assert image is not None
            assert image.evaluate("image => image.naturalWidth") > 0
            assert "model not found" not in again.page.inner_text(".jp-Notebook")


SEEN = """
import time
[view] = get_ipython().magics_manager.registry['ContainerMagics']._front._panels._views
deadline = time.monotonic() + 20
while view._is_visible is not WANTED and time.monotonic() < deadline: time.sleep(0.01)
assert view._is_visible is WANTED
"""


def looked_at(notebook: NotebookPage) -> bool:
    """Wait until the kernel has been told that a page is seen; return whether it is, in the end."""
    return ask(notebook, SEEN.replace("WANTED", "True"))


def left_alone(notebook: NotebookPage) -> bool:
    return ask(notebook, SEEN.replace("WANTED", "False"))


def ask(notebook: NotebookPage, code: str) -> bool:
    said = notebook.page.evaluate(
        "code => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".requestExecute({code}).done.then(reply => reply.content.status)",
        code,
    )
    return bool(said == "ok")


def test_out_of_sight_it_asks_for_nothing(lab: Lab) -> None:
    show = "shown => { document.querySelector('.jc-view').style.display = shown; }"
    with opened(lab) as notebook:
        assert looked_at(notebook)
        notebook.page.evaluate(show, "none")
        assert left_alone(notebook)
        notebook.page.evaluate(show, "")
        assert looked_at(notebook)


def test_in_a_page_that_is_hidden_it_asks_for_nothing_from_the_start(lab: Lab) -> None:
    with lab.open(LOAD, OPEN) as notebook:
        page = notebook.page
        # No observer says anything where nothing is drawn.
        page.evaluate("""() => { Object.defineProperty(document, 'hidden', {get: () => true});
            window.IntersectionObserver = class { observe() {} disconnect() {} }; }""")
        notebook.run_all()
        page.wait_for_selector(".jc-name:has-text('web')")
        # It was told before the table was sent.
        assert ask(notebook, SEEN.partition("deadline")[0] + "assert not view._is_visible")


PARTS = """
from ipywidgets import VBox, jslink
from jupyter_containers.widgets import ContainerTable, LogView, UsageChart
table, logs = ContainerTable(), LogView()
link = jslink((table, "selected"), (logs, "container"))
VBox([table, UsageChart("web", measure="cpu"), logs])
"""


def test_parts_make_a_page_and_know_of_each_other(lab: Lab) -> None:
    with opened(lab, PARTS) as notebook:
        page = notebook.page
        page.wait_for_selector(".jc-quiet:has-text('no container is chosen')")
        page.click(".jc-name:has-text('web')")
        page.wait_for_selector(".jc-board-log div:has-text('last')")
        page.wait_for_selector("figcaption:has-text('Processor of web')")
        for theme in ("Dark", "Light"):
            notebook.theme(theme)
            for view in ("containers", "cpu of web", "logs of web"):
                assert notebook.axe(f".jc-view[aria-label='{view}']") == [], (theme, view)


def test_a_box_with_parts_leaves_their_pictures_at_the_end_of_the_kernel(lab: Lab) -> None:
    with opened(lab, PARTS) as notebook:
        notebook.command("notebook:shutdown-kernel")
        notebook.page.wait_for_selector(".jc-view", state="detached")
        notebook.page.wait_for_selector(".jp-OutputArea-output table:has-text('web')")
        # What the notebook has of it needs no kernel: the widget is not among its forms.
        [data] = [output["data"] for output in notebook.outputs() if "data" in output]
        assert sorted(data) == ["application/vnd.jupyter-containers.page+json", "text/html", "text/plain"]


def test_a_box_is_left_with_its_last_part_and_another_box_is_displayed_as_ever(lab: Lab) -> None:
    one = "from jupyter_containers.widgets import ContainerTable\nVBox([ContainerTable('web')])"
    other = "from ipywidgets import HTML, VBox\nVBox([HTML('<b class=plain>as ever</b>')])"
    with opened(lab, other, one) as notebook:
        notebook.page.wait_for_selector("b.plain")
        notebook.page.click(".jc-close")
        notebook.page.wait_for_selector(".jc-view", state="detached")
        notebook.page.wait_for_selector(".jp-OutputArea-output table:has-text('web')")


def test_a_part_by_itself_leaves_a_picture(lab: Lab) -> None:
    cell = "from jupyter_containers.widgets import ContainerTable\nContainerTable('web')"
    with opened(lab, cell) as notebook:
        notebook.page.click(".jc-close")
        notebook.page.wait_for_selector(".jc-view", state="detached")
        notebook.page.wait_for_selector(".jp-OutputArea-output table:has-text('web')")
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(".jp-OutputArea-output table:has-text('web')")


LATE = """async () => {
  const waiting = [], said = [];
  const call = (name, given) => new Promise((good, bad) => waiting.push({ name, given, good, bad }));
  const panel = el("div"), say = (text, bad) => { if (bad) said.push(text); };
  const settle = () => new Promise((done) => setTimeout(done));
  void logsPanel(panel, call, say);
  panel.querySelector(".jc-board-search").value = "new";
  panel.querySelector(".jc-log-again").disabled = false;
  panel.querySelector(".jc-log-again").click();
  const [old, newer] = waiting;
  newer.good({ lines: [[1, "newer"]], found: 1, searched: 9 });
  await settle();
  old.good({ lines: [[1, "old"]], found: 1, searched: 9 });
  await settle();
  const logs = panel.querySelector(".jc-board-log").textContent;
  waiting.length = 0;
  const files = el("div");
  void filesPanel(files, call, say);
  files.querySelector(".jc-folder").click();
  const row = { kind: "file", shown: "newer", name: "newer", size: 1, mode: "", changed: "" };
  waiting[1].good({ rows: [row], isWhole: true });
  await settle();
  waiting[0].bad(new Error("late"));
  await settle();
  return [logs, files.querySelector("tbody").textContent.includes("newer"), said];
}"""


def test_an_answer_that_comes_late_does_not_replace_a_newer_one(lab: Lab) -> None:
    with opened(lab) as notebook:
        # The parts are no one's but the module's: here they are put into the page by themselves.
        body, _, _ = module("tabs.js", "charts.js", "board.js", "closeup.js", "places.js").partition("export default")
        found = notebook.page.evaluate(f"(() => {{ {body}\n return ({LATE})(); }})()")
        assert found == ["newer", True, []]
