"""Builds in a real browser: stages side by side while they are built, a picture afterwards, a page that answers."""

from __future__ import annotations

from tests.support.lab import Lab

LOAD = "%load_ext jupyter_containers"
STAGES = """%%container build -t staged
FROM busybox AS one
RUN sleep 3; echo 1 > /one
FROM busybox AS two
RUN sleep 3; echo 2 > /two
FROM busybox
COPY --from=one /one /
COPY --from=two /two /
RUN cat /one /two
"""
LIVE = ".jp-OutputArea-output"
# Both stages run in the same moment, in lanes of one table.
BOTH_RUN = """() => [...document.querySelectorAll('.jp-OutputArea-output td')]
    .filter(cell => cell.offsetParent && cell.textContent.includes('● running')).length === 2"""


def test_stages_run_side_by_side_and_settle_into_a_graph(lab: Lab) -> None:
    with lab.open(LOAD, STAGES) as notebook:
        notebook.begin()
        notebook.page.wait_for_function(BOTH_RUN)
        notebook.wait_idle()
        assert notebook.errors == []
        picture = notebook.page.wait_for_selector(f"{LIVE} img")
        assert picture.evaluate("image => image.complete && image.naturalWidth") > 600
        assert "step 6 done takes from 2" in picture.get_attribute("alt")
        with lab.reopen(notebook) as again:
            image = again.page.wait_for_selector(f"{LIVE} img")
            assert image.evaluate("image => image.complete && image.naturalWidth") > 600
            assert "✓ done" in again.page.inner_text(LIVE)
            for theme in ("Light", "Dark"):
                again.theme(theme)
                assert again.axe(LIVE) == []


def test_a_build_of_300_steps_leaves_the_page_free(lab: Lab) -> None:
    steps = "\n".join(f"ENV N{number}={number}" for number in range(300))
    cell = f"%%container build -t long\nFROM busybox\n{steps}\nRUN sleep 1\n"
    with lab.open(LOAD, cell) as notebook:
        notebook.page.evaluate("""() => { window.longest = 0; let last = performance.now();
            setInterval(() => { const now = performance.now(); window.longest = Math.max(window.longest, now - last);
                last = now; }, 10); }""")
        notebook.run_all()
        assert notebook.errors == []
        assert notebook.page.locator(f"{LIVE} tr").count() == 303
        assert notebook.page.evaluate("() => window.longest") < 3000
