"""Terminals in cells, typed in: output, size, Ctrl-C, the end, and what is left when the kernel is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api_client import IMAGE, Api
from tests.support.lab import Lab, NotebookPage

VENDOR = Path(__file__).parents[2] / "jupyter_containers" / "widgets" / "static" / "vendor"
pytestmark = pytest.mark.skipif(
    not (VENDOR / "xterm.mjs").exists(), reason="needs xterm.js: python tools/xterm.py, where npm is"
)
LOAD = "%load_ext jupyter_containers"
SCREEN = "() => document.querySelector('.jc-terminal .xterm-accessibility')?.textContent ?? ''"


@pytest.fixture
def web(api: Api) -> Iterator[str]:
    """A container that waits."""
    id_ = api.run("sleep", "1000", name="web", host={"NetworkMode": "none"})
    yield "web"
    api.remove(id_)


def shows(notebook: NotebookPage, text: str) -> None:
    """Wait until the terminal has a text, as a screen reader gets it."""
    notebook.page.wait_for_function(f"(text) => ({SCREEN})().includes(text)", arg=text)


def enter(notebook: NotebookPage, text: str) -> None:
    notebook.page.focus(".jc-terminal textarea")
    notebook.page.keyboard.type(text)
    notebook.page.keyboard.press("Enter")


def opened(notebook: NotebookPage) -> None:
    notebook.run_all()
    assert notebook.errors == []
    notebook.page.wait_for_selector(".jc-terminal textarea", state="attached")
    shows(notebook, "#")


def test_what_is_typed_is_run_and_a_transcript_is_left(lab: Lab, web: str) -> None:
    with lab.open(LOAD, f"t = %container exec -it {web}") as notebook:
        opened(notebook)
        enter(notebook, "echo $((40 + 2))")
        shows(notebook, "42")
        notebook.page.click(".jc-close")
        notebook.page.wait_for_selector(".jp-OutputArea-output:has-text('closed after')")
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(".jp-OutputArea-output pre:has-text('echo $((40 + 2))')")
            assert "42" in again.page.inner_text(".jp-OutputArea-output")
            assert "model not found" not in again.page.inner_text(".jp-Notebook")


def test_the_process_knows_the_size_and_learns_of_another(lab: Lab, web: str) -> None:
    with lab.open(LOAD, f"%container exec -it {web} sh") as notebook:
        opened(notebook)
        enter(notebook, "stty size")
        shows(notebook, "24 ")
        notebook.page.select_option(".jc-rows", "12")
        notebook.page.wait_for_function("() => document.querySelectorAll('.xterm-rows > div').length === 12")
        enter(notebook, "clear; while stty size | grep -qv '^12 '; do sleep 0.1; done; echo now $((6 * 2)) rows")
        shows(notebook, "now 12 rows")


def test_ctrl_c_ends_what_runs_and_the_exit_code_is_shown(lab: Lab, web: str) -> None:
    with lab.open(LOAD, f"t = %container exec -it {web} sh", "assert t.exit_code == 7, t.exit_code") as notebook:
        notebook.page.wait_for_function("() => true")
        notebook.command("notebook:run-cell-and-select-next")
        notebook.command("notebook:run-cell-and-select-next")
        notebook.page.wait_for_selector(".jc-terminal textarea", state="attached")
        shows(notebook, "#")
        enter(notebook, "sleep 1000; echo code $?")
        shows(notebook, "sleep 1000")
        notebook.page.keyboard.press("Control+c")
        shows(notebook, "^C")
        enter(notebook, "exit 7")
        notebook.page.wait_for_selector(".jp-OutputArea-output:has-text('✗ exit 7')")
        notebook.command("notebook:run-cell-and-select-next")
        notebook.wait_idle()
        assert notebook.errors == []


def test_the_keyboard_has_a_way_out(lab: Lab, web: str) -> None:
    with lab.open(LOAD, f"%container exec -it {web} sh") as notebook:
        opened(notebook)
        notebook.page.focus(".jc-terminal textarea")
        notebook.page.keyboard.press("Tab")
        assert notebook.page.evaluate("() => document.activeElement.tagName") == "TEXTAREA"
        notebook.page.keyboard.press("Control+Shift+Escape")
        assert notebook.page.evaluate("() => document.activeElement.textContent") == "Close"


def test_a_container_of_its_own_goes_with_its_terminal(lab: Lab, api: Api) -> None:
    with lab.open(LOAD, f"%container run -it --network none {IMAGE} sh") as notebook:
        opened(notebook)
        enter(notebook, "hostname > /dev/null && echo in $((1 + 1))")
        shows(notebook, "in 2")
        notebook.page.click(".jc-close")
        notebook.page.wait_for_selector(".jp-OutputArea-output:has-text('(exit 137)')")
        assert api.get("/containers/json", all=1).json == []


def test_attach_leaves_the_container_alone(lab: Lab, api: Api) -> None:
    id_ = api.run("sh", name="shell", host={"NetworkMode": "none"}, Tty=True, OpenStdin=True)
    try:
        with lab.open(LOAD, "%container attach shell") as notebook:
            notebook.run_all()
            notebook.page.wait_for_selector(".jc-terminal textarea", state="attached")
            enter(notebook, "echo at $((2 + 3))")
            shows(notebook, "at 5")
            notebook.page.click(".jc-close")
            notebook.page.wait_for_selector(".jp-OutputArea-output:has-text('it runs on')")
            assert api.get(f"/containers/{id_}/json").json["State"]["Running"]
    finally:
        api.remove(id_)


def test_what_a_program_writes_is_text_and_reaches_no_clipboard(lab: Lab, web: str) -> None:
    hostile = (
        r"printf '\033]52;c;c3RvbGVu\007\033]8;;http://127.0.0.1:1/\007link\033]8;;\007<img src=x onerror=alert(1)>'"
    )
    with lab.open(LOAD, f"%container exec -it {web} sh") as notebook:
        opened(notebook)
        enter(notebook, hostile)
        shows(notebook, "link<img src=x onerror=alert(1)>")
        assert notebook.page.locator(".jc-terminal img, .jc-terminal a").count() == 0
        notebook.page.click(".jc-close")
        notebook.page.wait_for_selector(".jp-OutputArea-output:has-text('link<img src=x onerror=alert(1)>')")


def test_axe_finds_nothing(lab: Lab, web: str) -> None:
    with lab.open(LOAD, f"%container exec -it {web} sh") as notebook:
        opened(notebook)
        enter(notebook, r"printf '\033[31mred \033[32mgreen \033[33myellow \033[34mblue\033[0m\n'")
        shows(notebook, "red green yellow blue")
        for theme in ("Light", "Dark"):
            notebook.theme(theme)
            assert notebook.axe(".jc-view") == []
