"""Views in a real browser: called while a cell runs, closed into a picture, opened again without their kernel."""

from __future__ import annotations

from tests.support.lab import Lab

LOAD = "%load_ext jupyter_containers"
# A panel as this package's rooms write one, small enough for a cell.
PROBE = """
import sys, threading, types
from jupyter_containers.commands.results import Panel
from jupyter_containers.errors import NotFound
from jupyter_containers.widgets import choice, static
from jupyter_containers.widgets.view import View

pressed = threading.Event()

class Probe(Panel):
    kind = "probe"
    count = 0
    def text(self): return f"pressed {self.count} times <b>"
    def data(self): return {"count": self.count}

class ProbeView(View):
    _esm = static.module() + '''
    export default { render({ model, el: node }) {
      const call = caller(model);
      const { body, say } = frame(model, node, { label: "probe" });
      const press = el("button", { class: "jc-button probe-press", onclick: () => act(press, say, async () =>
        `now ${await call("press", { by: 2 })}`) }, "Press");
      const fail = el("button", { class: "jc-button probe-fail", onclick: () => act(fail, say, () => call("fail")) },
        "Fail");
      body.append(press, fail);
    } };
    '''
    def __init__(self, panel):
        super().__init__()
        self.panel = panel
    def actions(self):
        return {"press": self.press, "fail": self.fail}
    def press(self, given):
        self.panel.count += given["by"]
        pressed.set()
        return self.panel.count
    def fail(self, given):
        raise NotFound("no thing called <i>x</i>")

choice.VIEWS["probe"] = "probe"
sys.modules["jupyter_containers.widgets.probe"] = types.SimpleNamespace(view=ProbeView)
"""
OPEN = "get_ipython().magics_manager.registry['ContainerMagics']._front.show(Probe())"


def test_a_button_works_while_the_cell_runs(lab: Lab) -> None:
    with lab.open(LOAD, PROBE, f"{OPEN}\nassert pressed.wait(30), 'nothing came'") as notebook:
        notebook.begin()
        notebook.page.click(".probe-press")
        notebook.wait_idle()
        assert notebook.errors == []
        assert notebook.page.inner_text(".jc-sentence") == "now 2"


def test_an_error_is_a_sentence_and_text(lab: Lab) -> None:
    with lab.open(LOAD, PROBE, OPEN) as notebook:
        notebook.run_all()
        notebook.page.click(".probe-fail")
        notebook.page.wait_for_selector(".jc-sentence.jc-bad")
        assert notebook.page.inner_text(".jc-sentence") == "no thing called <i>x</i>"


def test_closing_leaves_a_picture_that_needs_no_kernel(lab: Lab) -> None:
    with lab.open(LOAD, PROBE, OPEN) as notebook:
        notebook.run_all()
        notebook.page.click(".probe-press")
        notebook.page.wait_for_function("() => document.querySelector('.jc-sentence').textContent === 'now 2'")
        notebook.page.click(".jc-close")
        notebook.page.wait_for_selector(".jp-OutputArea-output pre:has-text('pressed 2 times <b>')")
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(".jp-OutputArea-output pre:has-text('pressed 2 times <b>')")
            assert "model not found" not in again.page.inner_text(".jp-Notebook")


def test_the_end_of_the_kernel_leaves_a_picture(lab: Lab) -> None:
    with lab.open(LOAD, PROBE, OPEN) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".probe-press")
        notebook.command("notebook:shutdown-kernel")
        notebook.page.wait_for_selector(".jp-OutputArea-output pre:has-text('pressed 0 times <b>')")


def test_a_kernel_that_dies_in_mid_cell_is_told(lab: Lab) -> None:
    die = "import os\nassert pressed.wait(30)\nos.kill(os.getpid(), 9)"
    with lab.open(LOAD, PROBE, f"{OPEN}\n{die}") as notebook:
        notebook.begin()
        notebook.page.click(".probe-press")
        notebook.page.wait_for_selector(".jc-sentence.jc-bad:has-text('the kernel has ended')")
        assert notebook.page.is_disabled(".probe-press")


def test_nothing_keeps_people_out(lab: Lab) -> None:
    with lab.open(LOAD, PROBE, OPEN) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".probe-press")
        for theme in ("Light", "Dark"):
            notebook.theme(theme)
            assert notebook.axe(".jc-view") == []
