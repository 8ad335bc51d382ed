"""What a hostile container prints is text on the page: nothing of it becomes an element, a script or a colour."""

from __future__ import annotations

from tests.support.lab import Lab, NotebookPage

LOAD = "%load_ext jupyter_containers"
EVIL = (
    "<img id=evil src=x onerror=window.evil=1><script>window.evil=1</script><svg onload=window.evil=1><b id=evil>"
    "</pre></div><style>*{display:none}</style>"
)
PRINTED = EVIL + "\\033]0;title\\007\\033[2J\\033[31mred\\033[0m\\a\\342\\200\\256order\\n"
PRINT = f"printf '%b' '{PRINTED}'; printf '%b' '{PRINTED}' >&2"
CELLS = (
    LOAD,
    f"%%container run busybox\n{PRINT}; sleep 2; {PRINT}",
    f"%%container build -t evil\nFROM busybox\nRUN {PRINT}; sleep 2\nLABEL a='{EVIL}'",
    f"%%container build -t evil\nFROM busybox\nRUN {PRINT}; sleep 2\nRUN {PRINT}; exit 3",
)
# Elements that nobody here makes, and what they would have done.
FOUND = """() => [...document.querySelectorAll('.jp-OutputArea-output')].flatMap(area => [...area.querySelectorAll(
    '#evil, script, svg, style, iframe, [onerror], [onload], img[src=x]')]).map(node => node.outerHTML)
    .concat(window.evil ? ['ran'] : [])"""


def check(notebook: NotebookPage) -> None:
    assert notebook.page.evaluate(FOUND) == []


def test_nothing_but_text_reaches_the_page(lab: Lab) -> None:
    with lab.open(*CELLS) as notebook:
        notebook.begin()
        # As a widget, while it runs.
        notebook.page.wait_for_selector(".jc-view pre:has-text('<script>window.evil=1</script>')")
        check(notebook)
        notebook.wait_idle()
        check(notebook)
        text = notebook.page.inner_text(".jp-Notebook")
        assert text.count("<img id=evil src=x onerror=window.evil=1>") >= 8
        assert "\u202e" not in text
        assert "\x07" not in text
        red = "() => [...document.querySelectorAll('.jp-OutputArea span')].filter(s => s.textContent === 'red').length"
        assert notebook.page.evaluate(red) >= 4
        assert [error.partition(":")[0] for error in notebook.errors] == ["BuildFailed"]
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(".jp-OutputArea pre:has-text('<script>window.evil=1</script>')")
            check(again)
