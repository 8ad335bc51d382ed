"""What keeps people out: axe on a result of each kind, as a widget and as a picture, in both themes; motion; names."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Error

from tests.support.api_client import IMAGE, Api
from tests.support.lab import Lab, NotebookPage

LOAD = "%load_ext jupyter_containers\nfront = get_ipython().magics_manager.registry['ContainerMagics']._front"
COLOURS = "; ".join(f"printf '\\033[3{n}mcolour {n} \\033[9{n}mbright {n}\\033[0m\\n'" for n in range(8))
COMPOSE = f"services:\n  one:\n    image: {IMAGE}\n    command: sleep 1000\n    network_mode: none\n"
# A cell for each kind of result that a machine without a registry has.
CELLS = (
    f"%%container build -t kinds\nFROM {IMAGE}\nRUN echo built && mkdir /made && echo x > /made/x\nRUN rm -r /made",
    f"try:\n    get_ipython().run_cell_magic('container', 'build', 'FROM {IMAGE}\\nRUN echo oh; false')\n"
    "except Exception as error:\n    print(error)",
    f"%%container run --network none {IMAGE}\n{COLOURS}; echo wrong >&2",
    f"%container run -d --name kept --network none {IMAGE} sh -c 'echo said; sleep 1000'",
    "%container ps -a",
    "%container images",
    f"%container inspect {IMAGE}",
    "%container logs kept",
    "%container top kept",
    "%container system df",
    f"%container history {IMAGE}",
    f"%container diff {IMAGE} kinds",
    "%container doctor",
    f"%container run --trace --network none {IMAGE} true",
    f"%%container compose -p kinds up -d\n{COMPOSE}",
    "%%container sandbox --network none\nopen('/made-here', 'w').close()",
    "%container layers kinds",
    "%container debug",
    "%container diagram",
    "%container dashboard",
)
# Not here: what needs a registry, a mirror or minutes, and what has axe in a test of its own (test_logs.py).
SHOWN = {
    "build", "compose", "containers", "dashboard", "diagram", "disk-usage", "doctor", "failed-step", "history",
    "image-diff", "images", "inspect", "layers", "logs", "message", "processes", "run", "sandbox",
    "sandbox-files", "trace",
}  # fmt: skip
# What the notebook does not have open: all that a click would show.
OPEN_ALL = "() => document.querySelectorAll('.jp-OutputArea-output details').forEach(one => { one.open = true; })"
KIND = re.compile(r"application/vnd\.jupyter-containers\.(.+)\+json")
EVIL = "<img src=x onerror=window.evil=1><script>window.evil=1</script>\x1b[31m\x07\u202edesrever\u2066"
# Results as a hostile daemon could make them: no name is what it should be.
NAMES = f"""
EVIL = {EVIL!r}
from datetime import UTC, datetime
from jupyter_containers.commands.containers import ContainerTable
from jupyter_containers.commands.image_diff import ImageDiff
from jupyter_containers.commands.inspecting import Inspection
from jupyter_containers.commands.layers import ImageLayers
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.client.saved_layers import Entry, SavedImage, SavedLayer
layer = SavedLayer(EVIL, {{EVIL.replace('/', '_'): Entry('file', 3, 0, 0, 0, '', b'')}}, instruction=EVIL)
image = SavedImage({{'config': {{'Env': [EVIL + '=' + EVIL], 'Labels': {{EVIL: EVIL}}}}}}, [layer])
class Way:
    title, has_terminal = EVIL, True
run = RunResult(EVIL, [EVIL]); run.exit_code = 0; run.changes = [('A', EVIL)]
front.show(ContainerTable('containers', ('NAME', EVIL), ((EVIL, EVIL),)))
front.show(Inspection([(EVIL, 'container', {{'Name': EVIL, 'Config': {{'Image': EVIL}}, 'Path': EVIL}})]))
front.show(run)
front.show(ImageDiff((EVIL, EVIL), SavedImage({{}}, []), image))
front.show(Message((EVIL,)))
front.show(ImageLayers(EVIL, image, None, {{}}))
front.show(TerminalSession(Way(), None, preface=EVIL))
"""
MADE = """() => [...document.querySelectorAll('.jp-OutputArea-output')].flatMap(area => [...area.querySelectorAll(
    'script, iframe, [onerror], img[src=x]')]).map(node => node.outerHTML).concat(window.evil ? ['ran'] : [])"""
UNSEEN = "() => document.querySelector('.jp-Notebook').innerText.match(/[\\x1b\\x07\\u202a-\\u202e\\u2066-\\u2069]/g)"
MOVING = """() => [...document.querySelectorAll('.jp-OutputArea-output *')].filter(node => {
    const style = getComputedStyle(node);
    return style.animationName !== 'none' || style.transitionDuration.split(', ').some(part => parseFloat(part) > 0);
}).map(node => node.outerHTML.slice(0, 200))"""


@pytest.fixture(autouse=True)
def gone(api: Api, tidy: None) -> None:
    """Remove what the cells have started."""


def check(notebook: NotebookPage) -> None:
    for theme in ("Light", "Dark"):
        notebook.theme(theme)
        assert notebook.axe(".jp-OutputArea-output") == []


def kinds(outputs: list[dict[str, Any]]) -> set[str]:
    forms = [form for output in outputs for form in output.get("data", {})]
    return {match[1] for form in forms if (match := KIND.fullmatch(form))}


@pytest.mark.timeout(300)
def test_no_kind_of_result_keeps_people_out(lab: Lab) -> None:
    with lab.open(LOAD, *CELLS, size=(1300, 5000)) as notebook:
        notebook.run_all()
        assert notebook.errors == []
        notebook.page.wait_for_selector(".jc-tree [role=treeitem]")
        check(notebook)
        notebook.page.emulate_media(reduced_motion="reduce")
        assert notebook.page.evaluate(MOVING) == []
        notebook.page.evaluate("() => document.querySelectorAll('.jc-close').forEach(button => button.click())")
        notebook.page.wait_for_function("() => !document.querySelector('.jp-OutputArea-output .jc-view')")
        notebook.page.evaluate(OPEN_ALL)
        check(notebook)
        assert kinds(notebook.outputs()) >= SHOWN


def test_what_axe_cannot_see_it_cannot_praise(lab: Lab) -> None:
    faint = (
        "from IPython.display import HTML, display\ndisplay(HTML('<p style=\"color:#888;background:#999\">faint</p>'))"
    )
    with lab.open(faint) as notebook:
        notebook.run_all()
        assert [found.partition(" ")[0] for found in notebook.axe(".jp-OutputArea-output")] == ["color-contrast"]


def test_what_is_not_shown_is_not_praised(lab: Lab) -> None:
    hidden = (
        'from IPython.display import HTML, display\ndisplay(HTML(\'<p class="hidden" style="display:none">x</p>\'))'
    )
    with lab.open(hidden) as notebook:
        notebook.run_all()
        with pytest.raises(AssertionError, match=r"axe has not seen \.hidden"):
            notebook.axe(".hidden")
        with pytest.raises(Error, match="No elements found"):
            notebook.axe(".nowhere")


def test_no_name_is_anything_but_text(lab: Lab) -> None:
    with lab.open(LOAD, NAMES) as notebook:
        notebook.run_all()
        assert notebook.errors == []
        notebook.page.wait_for_selector(".jc-tree [role=treeitem]")
        for _ in range(2):
            assert notebook.page.evaluate(MADE) == []
            assert notebook.page.evaluate(UNSEEN) is None
            assert notebook.page.inner_text(".jp-Notebook").count("<img src=x onerror=window.evil=1>") >= 10
            notebook.page.evaluate("() => document.querySelectorAll('.jc-close').forEach(button => button.click())")
            notebook.page.wait_for_function("() => !document.querySelector('.jp-OutputArea-output .jc-view')")
            notebook.page.evaluate(OPEN_ALL)
