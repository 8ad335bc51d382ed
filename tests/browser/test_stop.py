"""Stop in a real browser: pressed while the cell runs, it does what Interrupt does; a quick command has none."""

from __future__ import annotations

from tests.support.api_client import Api
from tests.support.lab import Lab

LOAD = "%load_ext jupyter_containers"
STUBBORN = "%%container run busybox\ntrap '' INT\necho ready\nwhile :; do sleep 0.1; done\n"
OUTPUT = ".jp-OutputArea-output"


def test_stop_ends_a_run_and_later_cells_do_not_run(lab: Lab, api: Api) -> None:
    with lab.open(LOAD, "%%container run busybox\necho ready; exec sleep 100", "print('too far')") as notebook:
        notebook.begin()
        notebook.page.click(".jc-stop")
        notebook.wait_idle()
        assert notebook.errors[0].startswith("Interrupted: SIGINT was sent to the process")
        assert "too far" not in notebook.page.inner_text(".jp-Notebook").split("print('too far')")[1]
        assert notebook.page.locator(".jc-view").count() == 0
        assert "interrupted" in notebook.page.inner_text(OUTPUT)
        assert api.get("/containers/json", all=1).json == []
        with lab.reopen(notebook) as again:
            assert "ready" in again.page.inner_text(OUTPUT)
            assert "model not found" not in again.page.inner_text(".jp-Notebook")


def test_stop_again_kills(lab: Lab, api: Api) -> None:
    with lab.open(LOAD, STUBBORN) as notebook:
        notebook.begin()
        notebook.page.click(".jc-stop")
        notebook.page.wait_for_selector(".jc-sentence:has-text('Stop again kills')")
        notebook.page.click(".jc-stop")
        notebook.wait_idle()
        assert notebook.errors[0].startswith("Interrupted: SIGKILL was sent to the process")
        assert api.get("/containers/json", all=1).json == []


def test_a_build_is_stopped_and_goes_on_being_drawn_until_then(lab: Lab, api: Api) -> None:
    cell = "%%container build\nFROM busybox\nRUN for i in $(seq 5000); do echo line $i; sleep 0.2; done\n"
    with lab.open(LOAD, cell) as notebook:
        notebook.begin()
        notebook.page.wait_for_selector(".jc-stop")
        notebook.page.wait_for_selector(".jc-view pre:has-text('line 12')")
        for theme in ("Light", "Dark"):
            notebook.theme(theme)
            assert notebook.axe(".jc-view") == []
        notebook.page.click(".jc-stop")
        notebook.wait_idle()
        assert notebook.errors[0].startswith("Interrupted: the build was stopped")
        assert "■ cancelled" in notebook.page.inner_text(OUTPUT)


def test_what_is_quick_has_no_button(lab: Lab) -> None:
    with lab.open(LOAD, "%container run busybox echo quick") as notebook:
        notebook.page.evaluate("""() => { window.buttons = 0; new MutationObserver(() => {
            window.buttons += document.querySelectorAll('.jc-stop').length; })
            .observe(document.body, {childList: true, subtree: true}); }""")
        notebook.run_all()
        notebook.page.wait_for_selector(f"{OUTPUT} pre:has-text('quick')")
        assert notebook.page.evaluate("() => window.buttons") == 0


QUICK = """
import time
from IPython.display import display
from jupyter_containers.magics.stage import Audience, Stage
from jupyter_containers.widgets import live
live.LOADING_SECONDS = 3.0
views = []
for seconds in (0, 0.02, 0.1, 0.4):
    handle = display({"text/plain": ""}, raw=True, display_id=True)
    stage = Stage(handle, "run", str, Audience(), clock=iter((0, 1, 1, 1)).__next__)
    stage.draw({"text/html": "growing"})
    views.append(stage._view)
    time.sleep(seconds)
    handle.update({"text/plain": "ended"}, raw=True)
    stage.close()
"""
# anywidget gives a model two seconds to load, and reports it then.
REPORTED = "() => window.performance.now() > window.ended + 2500"


def test_one_that_ends_while_its_button_is_loaded_is_no_error_in_the_browser(lab: Lab) -> None:
    closed = "while any(view.comm for view in views):\n    time.sleep(0.05)"
    with lab.open(LOAD, QUICK, closed) as notebook:
        notebook.run_all()
        assert notebook.errors == []
        notebook.page.evaluate("() => { window.ended = window.performance.now(); }")
        notebook.page.wait_for_function(REPORTED)
        assert notebook.page.locator(f"{OUTPUT}:has-text('ended')").count() == 4
        assert notebook.problems == []
