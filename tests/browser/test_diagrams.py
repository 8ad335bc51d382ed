"""The diagram in a real browser: lit in order by what is done, asked part by part, and a picture afterwards."""

from __future__ import annotations

from pathlib import Path

from tests.support.lab import Lab, NotebookPage

LOAD = "%load_ext jupyter_containers"
OPEN = "%container diagram"
RUN = "%container run --memory 64m busybox echo out"
BUILD = "%%container build --no-cache -t drawn\nFROM busybox\nRUN echo built\n"
NAMES = "() => [...document.querySelectorAll('.jc-lights b')].map(e => e.textContent)"
SETTLED = ".jp-OutputArea-output img[alt^='From the client over the daemon to the kernel']"


def wait_for(notebook: NotebookPage, *parts: str) -> list[str]:
    """Wait until the last of these was lit; return the parts in the order in which they were lit first."""
    notebook.page.wait_for_function(
        "name => [...document.querySelectorAll('.jc-lights b')].some(e => e.textContent === name)", arg=parts[-1]
    )
    names: list[str] = notebook.page.evaluate(NAMES)
    return list(dict.fromkeys(names))


def test_a_run_lights_the_parts_from_the_client_to_the_kernel(lab: Lab) -> None:
    with lab.open(LOAD, OPEN, RUN) as notebook:
        notebook.run_all()
        assert notebook.errors == []
        order = wait_for(notebook, "cgroups")
        assert order[:2] == ["client", "daemon"]
        assert order.index("daemon") < order.index("runtime")
        assert order.index("daemon") < order.index("namespaces")
        assert order.index("namespaces") < order.index("cgroups")


def test_a_build_lights_the_builder(lab: Lab) -> None:
    with lab.open(LOAD, OPEN, BUILD) as notebook:
        notebook.run_all()
        assert notebook.errors == []
        order = wait_for(notebook, "builder", "namespaces")
        assert order.index("client") < order.index("builder") < order.index("namespaces")


def test_a_chosen_part_tells_its_last_call(lab: Lab) -> None:
    with lab.open(LOAD, OPEN, RUN) as notebook:
        notebook.run_all()
        wait_for(notebook, "cgroups")
        notebook.page.click("[data-part=cgroups]")
        text = notebook.page.inner_text(".jc-detail")
        assert text.startswith("cgroups · what a container may use")
        assert "write(/sys/fs/cgroup/" in text
        notebook.page.focus("[data-part=client]")
        notebook.page.keyboard.press("ArrowRight")
        notebook.page.keyboard.press("Enter")
        assert notebook.page.inner_text(".jc-detail").startswith("daemon · answers requests")
        assert notebook.page.get_attribute("[data-part=daemon]", "aria-pressed") == "true"


def test_it_settles_to_an_image_that_needs_no_kernel(lab: Lab, tmp_path: Path) -> None:
    with lab.open(LOAD, OPEN, RUN) as notebook:
        notebook.run_all()
        wait_for(notebook, "cgroups")
        notebook.page.click(".jc-close")
        notebook.page.wait_for_selector(SETTLED)
        with lab.reopen(notebook) as again:
            again.page.wait_for_selector(SETTLED)
            assert "model not found" not in again.page.inner_text(".jp-Notebook")
            width = "() => document.querySelector(\"img[alt^='From the client']\").naturalWidth"
            assert again.page.evaluate(width) == 800


def test_a_saved_trace_is_gone_through_step_by_step(lab: Lab) -> None:
    save = "%container run --trace busybox true\n%container trace save steps.json"
    with lab.open(LOAD, save, "%container diagram steps.json") as notebook:
        notebook.run_all()
        assert notebook.errors == []
        notebook.page.wait_for_selector(".jc-next")
        assert notebook.page.evaluate(NAMES) == []
        for _ in range(2):
            notebook.page.click(".jc-next")
        assert notebook.page.evaluate(NAMES) == ["client", "daemon"]
        notebook.page.click("button:has-text('Back')")
        assert notebook.page.evaluate(NAMES) == ["client"]
        assert notebook.page.inner_text(".jc-where").startswith("step 1 of ")
        notebook.page.click(".jc-play")
        wait_for(notebook, "cgroups")


def test_nothing_keeps_people_out(lab: Lab) -> None:
    with lab.open(LOAD, OPEN, RUN) as notebook:
        notebook.run_all()
        wait_for(notebook, "cgroups")
        for theme in ("Light", "Dark"):
            notebook.theme(theme)
            assert notebook.axe(".jc-view") == []
