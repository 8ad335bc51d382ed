"""Logs in a real browser: 50,000 lines leave the page small and free; paused, searched, saved, a picture at last."""

from __future__ import annotations

import pytest

from tests.support.api_client import Api
from tests.support.lab import Lab

LOAD = "%load_ext jupyter_containers"
WATCH = """() => { window.longest = 0; window.most = 0; let last = performance.now();
    setInterval(() => { const now = performance.now();
        window.longest = Math.max(window.longest, now - last); last = now;
        window.most = Math.max(window.most, document.querySelectorAll('.jc-log-line').length); }, 10);
    window.lines = () => document.querySelectorAll('.jc-log-line').length; }"""
COUNT = """
import time
from jupyter_containers.widgets.view import View
sent = []
tell = View.tell
def counted(self, **message):
    sent.append((time.monotonic(), str(message)))
    tell(self, **message)
View.tell = counted
"""
COUNTED = """
while not any("50000" in text for _, text in sent):
    time.sleep(0.05)
taken = sent[-1][0] - sent[0][0]
assert len(sent) <= 20 * taken + 2, (len(sent), taken)
assert max(len(text) for _, text in sent) < 50_000
"""
RUN = "%%container run -d --name {} busybox\n{}\n"


@pytest.mark.usefixtures("tidy")
def test_50000_lines_leave_the_page_small_and_free(lab: Lab) -> None:
    many = RUN.format("many", "sleep 4; seq 50000; echo end; sleep 100")
    with lab.open(LOAD, COUNT, many, "%container logs --live many", COUNTED) as notebook:
        page = notebook.page
        page.evaluate(WATCH)
        notebook.begin()
        page.wait_for_selector(".jc-log-count:has-text('following')")
        page.wait_for_function("() => document.querySelector('.jc-log').textContent.includes('50000')", polling=50)
        # The page answers meanwhile.
        page.fill(".jc-search", "4999")
        page.wait_for_selector(".jc-sentence:has-text('15 lines found')")
        assert page.evaluate("() => window.lines()") == 15
        page.fill(".jc-search", "")
        page.wait_for_selector(".jc-log-line:has-text('end')")
        assert page.evaluate("() => window.lines()") == 1000
        assert page.inner_text(".jc-log-count") == "50001 lines · last 1000 shown · following"
        assert page.evaluate("() => window.most") <= 1500
        assert page.evaluate("() => window.longest") < 3000
        notebook.wait_idle()
        assert notebook.errors == []
        page.click(".jc-close")
        page.wait_for_selector(".jp-OutputArea-output details summary:has-text('earlier lines')")
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(".jp-OutputArea-output pre:has-text('end')")
            shown = again.page.inner_text(".jp-OutputArea-output >> nth=1")
            assert "49999" in shown
            assert "49900" not in shown


@pytest.mark.usefixtures("tidy")
def test_logs_are_paused_marked_saved_and_nobody_is_kept_out(lab: Lab, api: Api) -> None:
    ticking = RUN.format("ticking", "echo wrong >&2; i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.2; done")
    with lab.open(LOAD, ticking, "%container logs -f ticking") as notebook:
        page = notebook.page
        notebook.run_all()
        page.wait_for_selector(".jc-log-stderr:has-text('wrong')")
        page.wait_for_selector(".jc-log-line:has-text('tick 5')")
        page.click(".jc-pause")
        page.wait_for_selector(".jc-log-count:has-text('paused')")
        before = page.evaluate("() => document.querySelectorAll('.jc-log-line').length")
        page.wait_for_selector(".jc-log-count:text-matches('[0-9]+ new')")
        assert page.evaluate("() => document.querySelectorAll('.jc-log-line').length") == before
        page.click(".jc-pause")
        page.wait_for_function(f"() => document.querySelectorAll('.jc-log-line').length > {before} + 2")
        page.click(".jc-save")
        page.wait_for_selector(".jc-sentence:has-text('saved all of it as ticking.log')")
        assert {"wrong", "tick 1", "tick 5"} <= {*(lab.root / "ticking.log").read_text().splitlines()}
        for theme in ("Light", "Dark"):
            notebook.theme(theme)
            assert notebook.axe(".jc-view") == []
        page.click(".jc-close")
        page.wait_for_selector(".jp-OutputArea-output pre:has-text('tick 5')")
        assert [c["Names"] for c in api.get("/containers/json").json] == [["/ticking"]]
