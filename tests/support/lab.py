"""A real JupyterLab, or Notebook 7, in a real Chromium: notebooks opened, run, clicked, saved and opened again.

Everything is on loopback and in a folder of the test's; what the page asks of anywhere else is recorded and refused.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
SECONDS = 45
_GRACE = 15


@dataclass(frozen=True)
class Application:
    """A server with pages of its own: the module that starts it, and the path below which notebooks are.

    `complaints` are what its page reports of itself, with an empty notebook, too.
    """

    module: str
    path: str
    flags: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()


JUPYTERLAB = Application(
    "jupyterlab", "lab/tree", ("--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
)
# It has settings of JupyterLab's trackers without the trackers.
NOTEBOOK = Application("notebook", "notebooks", complaints=("Cannot read properties of undefined (reading 'schema')",))
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-domain-reliability", "--disable-sync", "--disable-default-apps",
    "--disable-extensions", "--no-first-run", "--no-default-browser-check", "--metrics-recording-only",
    "--disable-features=Translate,OptimizationHints,MediaRouter,InterestFeedContentSuggestions",
    "--force-color-profile=srgb",
]  # fmt: skip
_SETTINGS = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    # Cells that are out of view are not in the page otherwise, and cannot be asked for.
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
}
# Height of a page on which all of a notebook is in view.
_WHOLE_PIXELS = 5000
_READY = """() => { const w = window.jupyterapp?.shell.currentWidget;
    return w && w.context && w.context.isReady && w.sessionContext?.isReady; }"""
_IDLE = """() => { const w = window.jupyterapp.shell.currentWidget;
    return w.sessionContext.session?.kernel?.status === 'idle'
        && !w.content.widgets.some(c => c.prompt === '*' || c.inputArea?.promptNode.textContent.includes('*')); }"""


def chromium() -> str | None:
    """Return the browser of this machine."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


class NotebookPage:
    """One notebook in the browser. `page` is playwright's; `strays` are requests to anywhere but the server."""

    def __init__(self, lab: Lab, page: Page, path: Path) -> None:
        self._lab, self.page, self.path = lab, page, path
        self.problems: list[str] = []
        self.strays: list[str] = []
        page.set_default_timeout(SECONDS * 1000)
        page.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.route(lambda url: url.startswith("http") and not url.startswith(lab.url), self._refuse)

    def _complain(self, problem: str) -> None:
        if problem not in self._lab.application.complaints:
            self.problems.append(problem)

    def _refuse(self, route: Any) -> None:
        self.strays.append(route.request.url)
        route.abort()

    def load(self) -> None:
        self.page.goto(f"{self._lab.url}/{self._lab.application.path}/{self.path.name}?reset&token={self._lab.token}")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
        self.page.wait_for_function(_READY)
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")

    def command(self, name: str, **arguments: Any) -> None:
        """Run a command of JupyterLab's, such as notebook:run-all-cells."""
        self.page.evaluate("([n, a]) => { void window.jupyterapp.commands.execute(n, a); }", [name, arguments])

    def run_all(self) -> None:
        """Run all cells and wait for their end. What they raised is in `errors`."""
        self.page.wait_for_function(_IDLE)
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(_IDLE)

    def begin(self) -> None:
        """Run all cells, and go on at once: for what is clicked while a cell runs."""
        self.page.wait_for_function(_IDLE)
        self.command("notebook:run-all-cells")

    def wait_idle(self) -> None:
        self.page.wait_for_function(_IDLE)

    @property
    def errors(self) -> list[str]:
        return [o["ename"] + ": " + o["evalue"] for o in self.outputs() if o["output_type"] == "error"]

    def outputs(self) -> list[dict[str, Any]]:
        """Return all outputs of all cells as the notebook's model has them."""
        cells = self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets.map(c => c.model.toJSON().outputs ?? [])"
        )
        return [output for cell in cells for output in cell]

    def theme(self, name: str) -> None:
        """Change to `Light` or `Dark`."""
        self.page.evaluate(
            "t => window.jupyterapp.commands.execute('apputils:change-theme', {theme: t})", f"JupyterLab {name}"
        )
        self.page.wait_for_selector(
            f"body[data-jp-theme-light={'true' if name == 'Light' else 'false'}]", state="attached"
        )

    def save(self) -> dict[str, Any]:
        """Save the notebook; return what is in the file."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
        saved: dict[str, Any] = json.loads(self.path.read_text())
        return saved

    def axe(self, selector: str) -> list[str]:
        """Return what axe has against a part of the page: rule, impact, and the first place.

        Fails when there is no such part, or no text in it whose contrast was measured.
        """
        # Lab's body has no height and hides what flows over: to axe nothing on the page would be in view.
        self.page.evaluate("() => { document.body.style.height = '100vh'; }")
        # Nor does it measure what one would have to scroll to.
        width = self.page.evaluate("() => window.innerWidth")
        self.page.set_viewport_size({"width": width, "height": _WHOLE_PIXELS})
        in_view = "pixels => document.querySelector('.jp-Notebook').clientHeight > pixels - 500"
        self.page.wait_for_function(in_view, arg=_WHOLE_PIXELS)
        deadline = time.monotonic() + SECONDS / 3
        while True:
            # While a theme is loaded nothing has a contrast.
            answer = Axe().run(self.page, context=selector).response
            found = answer["violations"]
            measured = {rule["id"] for rule in answer["passes"] + found}
            if "color-contrast" in measured:
                break
            assert time.monotonic() < deadline, f"axe has not seen {selector}: it measured only {sorted(measured)}"
        return [f"{v['id']} ({v['impact']}): {v['nodes'][0]['target']} {v['nodes'][0]['html'][:200]}" for v in found]


class Lab:
    """A running application with a browser. Use `open`."""

    def __init__(
        self, folder: Path, browser: Browser, environment: dict[str, str], application: Application = JUPYTERLAB
    ) -> None:
        self._folder, self._browser = folder, browser
        self.application = application
        self.root = folder / "root"
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._count = 0
        self._process = self._start(port, environment, application)

    def _start(self, port: int, environment: dict[str, str], application: Application) -> subprocess.Popen[bytes]:
        self.root.mkdir(parents=True)
        for name, value in _SETTINGS.items():
            path = self._folder / "settings" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value))
        command = [
            sys.executable, "-m", application.module, "--no-browser", "--allow-root", "--expose-app-in-browser",
            f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={self.token}",
            f"--LabServerApp.user_settings_dir={self._folder / 'settings'}",
            f"--LabServerApp.workspaces_dir={self._folder / 'workspaces'}", *application.flags,
        ]  # fmt: skip
        paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        own = {"PYTHONPATH": paths, "JUPYTER_RUNTIME_DIR": str(self._folder / "runtime")}
        with (self._folder / "lab.log").open("wb") as log:
            return subprocess.Popen(
                command, cwd=self.root, env={**os.environ, **own, **environment}, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def wait(self) -> None:
        """Wait until the server answers."""
        request = urllib.request.Request(f"{self.url}/api/status", headers={"Authorization": f"token {self.token}"})
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                with urllib.request.urlopen(request, timeout=5):
                    return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    log = (self._folder / "lab.log").read_text(errors="replace")
                    raise AssertionError(f"the server does not answer:\n{log[-3000:]}") from None
            time.sleep(0.05)

    @contextmanager
    def open(
        self, *cells: str, size: tuple[int, int] = (1300, 900), kernel_name: str = "python3"
    ) -> Iterator[NotebookPage]:
        """Open a notebook of code cells in a page of its own; nothing is run yet."""
        self._count += 1
        path = self.root / f"notebook{self._count}.ipynb"
        # Without a kernel's name a dialog asks for one.
        kernel = {"kernelspec": {"name": kernel_name, "display_name": kernel_name, "language": "python"}}
        code = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=code, metadata=kernel), path)
        with self._page(path, size) as notebook:
            yield notebook

    @contextmanager
    def reopen(self, notebook: NotebookPage, size: tuple[int, int] = (1300, 900)) -> Iterator[NotebookPage]:
        """Save a notebook, and open a copy in another page whose kernel never ran it: what a reader sees."""
        notebook.save()
        path = notebook.path.with_name(f"again-{notebook.path.name}")
        shutil.copy(notebook.path, path)
        with self._page(path, size) as again:
            yield again

    @contextmanager
    def _page(self, path: Path, size: tuple[int, int]) -> Iterator[NotebookPage]:
        context = self._browser.new_context(viewport={"width": size[0], "height": size[1]})
        notebook = NotebookPage(self, context.new_page(), path)
        try:
            notebook.load()
            yield notebook
        finally:
            self._end_kernels()
            context.close()
        assert notebook.strays == []

    def _end_kernels(self) -> None:
        for kernel in self._ask("GET", "/api/kernels"):
            self._ask("DELETE", f"/api/kernels/{kernel['id']}")

    def _ask(self, method: str, path: str) -> Sequence[dict[str, Any]]:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            content = answer.read()
        found: Sequence[dict[str, Any]] = json.loads(content) if content else []
        return found

    def stop(self) -> None:
        """End the server and its kernels."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                # A server that is told to end while it answers may have ended all but one thread of anyio's, which it
                # waits for without end. Its kernels go with it.
                self._process.kill()
                self._process.wait()


@contextmanager
def running_lab(folder: Path, application: Application = JUPYTERLAB, **environment: str) -> Iterator[Lab]:
    """Run a JupyterLab, or another application, and a browser for the time of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), headless=True, args=_FLAGS)
        try:
            lab = Lab(folder, browser, environment, application)
            try:
                lab.wait()
                yield lab
            finally:
                lab.stop()
        finally:
            browser.close()
