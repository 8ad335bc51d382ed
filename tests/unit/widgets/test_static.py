"""Tests of widgets.static."""

from __future__ import annotations

import json
import re
import subprocess
from shutil import which
from typing import Any

import pytest

from jupyter_containers.widgets.static import FOLDER, module, sheet


def test_what_is_shared_comes_first() -> None:
    assert module().startswith("// What all widgets share.")
    assert module("shared.js").count("function caller") == 2
    assert sheet().startswith("/* Colours follow")


def test_what_is_labs_is_vs_codes_where_that_is_there() -> None:
    """VS Code's widgets bring Lab's variables, those of the light theme: they would win in a dark one."""
    colours = re.findall(r"var\(--jp-[a-z]+-[a-z-]*color\d", sheet())
    assert len(colours) == 9
    for colour in colours:
        assert re.search(rf"var\(--vscode-[A-Za-z-]+, {re.escape(colour)}", sheet()), colour


def test_no_module_puts_in_html_or_fetches() -> None:
    for path in FOLDER.glob("*.js"):
        text = path.read_text()
        assert not re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?://(?!www\.w3)", text
        ), path


def in_node(*names: str, script: str) -> Any:
    """Return what a script returns that stands behind modules of the page; without one."""
    page = module(*names).replace("export default", "const view =")
    text = f"{page}\n(async () => {{{script}}})().then((found) => process.stdout.write(JSON.stringify(found)));"
    done = subprocess.run(["node", "-e", text], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# A model that two pages show: what the kernel sends comes to both.
_MODEL = """
const listeners = {}, sent = [];
const on = (name, then) => (listeners[name] ??= []).push(then);
const tell = (name, message) => (listeners[name] ?? []).forEach((then) => then(message));
const signal = () => {
  const kept = new Set();
  return { kept, connect: (then) => kept.add(then), disconnect: (then) => kept.delete(then) };
};
const kernel = { statusChanged: signal(), connectionStatusChanged: signal() };
const model = { on, off: () => {}, send: (message) => sent.push(message), widget_manager: { kernel } };
"""


@pytest.mark.skipif(which("node") is None, reason="runs modules of the page")
def test_an_answer_is_for_who_asked_though_two_pages_show_a_view() -> None:
    script = f"""{_MODEL}
    for (const call of [caller(model), caller(model)]) call("logs");
    return sent.map((message) => message.id);
    """
    assert len(set(in_node(script=script))) == 2


@pytest.mark.skipif(which("node") is None, reason="runs modules of the page")
def test_a_kernel_keeps_nothing_of_a_view_that_is_closed() -> None:
    script = f"""{_MODEL}
    const said = [];
    sayWhenGone(model, {{ querySelectorAll: () => [] }}, (text) => said.push(text));
    const before = [kernel.statusChanged.kept.size, kernel.connectionStatusChanged.kept.size];
    tell("comm:close");
    return [before, kernel.statusChanged.kept.size, kernel.connectionStatusChanged.kept.size, said.length];
    """
    assert in_node(script=script) == [[1, 1], 0, 0, 1]


# Elements that remember what is in them, as far as a view of a container needs them.
_PAGE = """
class Element {
  constructor(name) {
    Object.assign(this, { name, children: [], attributes: {}, style: {}, classList: { add() {}, toggle() {} } });
  }
  setAttribute(name, value) { this.attributes[name] = value; }
  addEventListener(name, then) { this[`on${name}`] = then; }
  append(...parts) { this.children.push(...parts); }
  prepend(...parts) { this.children.unshift(...parts); }
  replaceChildren(...parts) { this.children = parts; }
  get disabled() { return Boolean(this.off); }
  set disabled(is) { this.off = is; if (is) this.blur(); }
  blur() { if (this.all().includes(document.activeElement)) document.activeElement = document.body; }
  focus() { if (!this.disabled) document.activeElement = this; }
  remove() { this.blur(); }
  all() { return [this, ...this.children.flatMap((child) => child.all?.() ?? [])]; }
}
const body = new Element("body");
globalThis.document = { createElement: (name) => new Element(name), createElementNS: (_, name) => new Element(name),
                        body, activeElement: body };
const settled = () => new Promise((then) => setTimeout(then, 0));
"""


@pytest.mark.skipif(which("node") is None, reason="runs modules of the page")
def test_a_button_waits_for_its_answer_though_the_board_is_drawn_meanwhile() -> None:
    script = f"""{_PAGE}
    const line = {{ id: "i", name: "web", state: "running", status: "Up" }};
    const state = {{ lines: [line], points: new Map(), marks: new Map(), now: 0 }};
    const asked = [];
    let answer;
    const call = (name, given) => {{
      asked.push(name);
      if (name !== "act") return Promise.resolve({{ points: [], marks: [] }});
      return new Promise((then) => {{ answer = then; }});
    }};
    const view = closeup(call, () => {{}}, state, "i", () => {{}});
    const pause = view.node.all().find((one) => one.attributes.class?.includes("jc-do-pause"));
    const seen = [pause.disabled];
    pause.onclick();
    view.update();
    seen.push(pause.disabled);
    answer({{ said: "paused web" }});
    await settled();
    view.update();
    seen.push(pause.disabled);
    return [seen, asked.filter((name) => name === "act").length];
    """
    assert in_node("tabs.js", "charts.js", "board.js", "closeup.js", script=script) == [[False, True, False], 1]


@pytest.mark.skipif(which("node") is None, reason="runs modules of the page")
@pytest.mark.parametrize("answer", ["Cancel", "Remove"])
def test_the_focus_comes_back_to_the_button_that_asked(answer: str) -> None:
    script = f"""{_PAGE}
    const button = new Element("button"), place = new Element("div");
    button.focus();
    const done = act(button, () => {{}}, () => confirmed(place, "Remove it?", "Remove"));
    const inside = document.activeElement !== button && document.activeElement !== body;
    place.all().find((one) => one.children[0] === "{answer}").onclick();
    await done;
    return [inside, document.activeElement === button];
    """
    assert in_node(script=script) == [True, True]


@pytest.mark.skipif(which("node") is None, reason="runs modules of the page")
def test_who_has_gone_elsewhere_stays_there() -> None:
    script = f"""{_PAGE}
    const button = new Element("button"), other = new Element("input");
    button.focus();
    await act(button, () => {{}}, async () => other.focus());
    return document.activeElement === other;
    """
    assert in_node(script=script) is True


@pytest.mark.skipif(which("node") is None, reason="runs modules of the page")
def test_files_to_choose_from_are_those_that_can_be_chosen() -> None:
    script = """
    const files = [["A", "a", "file", 1, true], ["C", "b", "file", 2, true]];
    const values = { files, more: 3, folder: "/work", name: "s" };
    const texts = [];
    globalThis.document = { createElement: () => ({ addEventListener: () => {}, setAttribute: () => {},
      append: (...parts) => texts.push(...parts.filter((part) => typeof part === "string")) }) };
    sandboxFiles({ get: (name) => values[name] });
    return texts.filter((text) => text.includes("choose"));
    """
    assert in_node("sandbox.js", script=script) == ["2 to choose from; those in /work are chosen"]


def test_a_class_is_styled_by_one_sheet() -> None:
    """All sheets that a page has seen are in force together: what is styled twice looks different by chance."""
    owners: dict[str, set[str]] = {}
    for path in FOLDER.glob("*.css"):
        if path.name == "shared.css":
            continue
        selectors = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL))
        for name in re.findall(r"\.(jc-[a-z-]+)", " ".join(selectors)):
            owners.setdefault(name, set()).add(path.name)
    assert {name: places for name, places in owners.items() if len(places) > 1 and name != "jc-view"} == {}
