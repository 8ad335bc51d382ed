"""The layer explorer, clicked and by keyboard: layers, folders, a file opened, compared and put into a variable."""

from __future__ import annotations

from tests.support.api_client import IMAGE
from tests.support.lab import Lab, NotebookPage

LOAD = "%load_ext jupyter_containers"
BUILD = f"""%%container build -t app
FROM {IMAGE}
RUN mkdir /made && echo one > /made/note && head -c 500000 /dev/zero > /made/large && touch '/made/<img src=x>'
RUN echo two > /made/note && rm /made/large
"""
OPEN = "result = %container layers app"


def opened(notebook: NotebookPage) -> None:
    notebook.run_all()
    assert notebook.errors == []
    notebook.page.wait_for_selector(".jc-tree [role=treeitem]")


def choose(notebook: NotebookPage, name: str) -> None:
    """Open the folder that the last layer has changed, and choose a file in it."""
    notebook.page.click(".jc-tree [role=treeitem] code:text-is('made/')")
    notebook.page.click(f".jc-tree [role=treeitem] code:text-is('{name}')")


def test_a_file_is_opened_compared_and_put_into_a_variable(lab: Lab) -> None:
    with lab.open(LOAD, BUILD, OPEN, "note") as notebook:
        page = notebook.page
        for _ in range(3):
            notebook.command("notebook:run-cell-and-select-next")
        page.wait_for_selector(".jc-tree [role=treeitem]")
        assert "500kB of it wasted" in page.inner_text(".jc-body")
        choose(notebook, "note")
        page.click(".jc-open")
        page.wait_for_function("() => document.querySelector('.jc-file pre')?.textContent === 'two\\n'")
        page.click(".jc-compare")
        page.wait_for_function("() => document.querySelector('.jc-file pre').textContent.includes('-one\\n+two')")
        page.fill(".jc-input", "note")
        page.click(".jc-keep")
        page.wait_for_selector(".jc-sentence:has-text('note is str, 4B')")
        # What is clicked in the view has made its cell the active one.
        page.locator(".jp-Notebook .jp-Cell").nth(3).locator(".cm-content").click()
        notebook.command("notebook:run-cell-and-select-next")
        page.wait_for_selector(".jp-OutputArea-output:has-text(\"'two\\\\n'\")")
        notebook.wait_idle()
        assert notebook.errors == []


def test_the_keyboard_goes_everywhere(lab: Lab) -> None:
    with lab.open(LOAD, BUILD, OPEN) as notebook:
        opened(notebook)
        page = notebook.page
        page.focus(".jc-layer[aria-selected=true]")
        page.keyboard.press("ArrowUp")
        page.wait_for_selector(".jc-tree [role=treeitem]:has-text('500 kB')")
        page.focus(".jc-tree [role=treeitem][tabindex='0']")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(".jc-tree [role=treeitem] [role=treeitem]")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("() => document.activeElement.node.name") == "large"
        page.keyboard.press("ArrowDown")
        assert page.evaluate("() => document.activeElement.node.name") == "note"
        page.keyboard.press("ArrowLeft")
        assert page.evaluate("() => document.activeElement.node.name") == "made"
        page.keyboard.press("ArrowLeft")
        assert page.evaluate("() => document.activeElement.getAttribute('aria-expanded')") == "false"


def test_a_layer_that_is_chosen_twice_is_filled_once(lab: Lab) -> None:
    with lab.open(LOAD, BUILD, OPEN) as notebook:
        opened(notebook)
        page = notebook.page
        page.evaluate(
            "() => { const layer = document.querySelectorAll('.jc-layer')[1]; layer.click(); layer.click(); }"
        )
        page.wait_for_selector(".jc-tree [role=treeitem]:has-text('500 kB')")
        # The answer to this comes after those to both.
        page.click(".jc-layer:has-text('whole image')")
        page.wait_for_selector(".jc-tree [role=treeitem] code:text-is('etc/')")
        names = page.locator(".jc-tree [role=treeitem] code").all_inner_texts()
        assert len(names) == len(set(names))
        page.evaluate(
            "() => { const layer = document.querySelectorAll('.jc-layer')[1]; layer.click(); layer.click(); }"
        )
        page.wait_for_selector(".jc-tree [role=treeitem]:has-text('500 kB')")
        page.click(".jc-tree [role=treeitem] code:text-is('made/')")
        page.wait_for_selector(".jc-tree [role=treeitem] [role=treeitem]")
        assert page.locator(".jc-tree > [role=treeitem] > .jc-line code:text-is('made/')").count() == 1


def test_a_bar_that_was_shown_meanwhile_makes_room_for_the_layers(lab: Lab) -> None:
    at_once = "from jupyter_containers.magics import slow\nslow.DELAY_SECONDS = 0"
    with lab.open(LOAD, BUILD, at_once, OPEN) as notebook:
        opened(notebook)
        assert notebook.page.locator(".jp-Notebook progress").count() == 0
        assert notebook.page.locator(".jc-layer-list").count() == 1


def test_closed_it_is_a_tree_that_needs_no_kernel(lab: Lab) -> None:
    with lab.open(LOAD, BUILD, OPEN) as notebook:
        opened(notebook)
        notebook.page.click(".jc-close")
        notebook.page.wait_for_selector("summary:has-text('Layer 3')")
        with lab.reopen(notebook) as again:
            again.page.click("summary:has-text('Layer 2')")
            again.page.click("details details summary:has-text('made/')")
            again.page.wait_for_selector("details[open] code:text-is('<img src=x>')")
            assert "model not found" not in again.page.inner_text(".jp-Notebook")


def test_axe_finds_nothing(lab: Lab) -> None:
    with lab.open(LOAD, BUILD, OPEN) as notebook:
        opened(notebook)
        choose(notebook, "note")
        notebook.page.click(".jc-open")
        notebook.page.wait_for_selector(".jc-file pre")
        for theme in ("Light", "Dark"):
            notebook.theme(theme)
            assert notebook.axe(".jc-view") == []
