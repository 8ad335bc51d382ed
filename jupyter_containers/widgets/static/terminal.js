// A terminal: xterm.js, loaded once for the page. What a process writes goes to term.write, and nowhere else.

const XTERM = "jupyterContainersXterm";

/** Return xterm's classes, from the kernel with the first terminal of the page, and from there on at once. */
function xterm(model, call) {
  globalThis[XTERM] ??= new Promise((resolve, reject) => {
    const stop = listen(model, "modules", (_, buffers) => {
      stop();
      clearTimeout(patience);
      const bring = (part) => import(URL.createObjectURL(new Blob([part], { type: "text/javascript" })));
      Promise.all(buffers.map(bring)).then(([main, fit]) => resolve({ ...main, ...fit }), reject);
    });
    const patience = setTimeout(() => { stop(); reject(new Error("the kernel has not sent xterm.js")); }, 30000);
    call("modules").catch(reject);
  });
  globalThis[XTERM].catch(() => { globalThis[XTERM] = undefined; });
  return globalThis[XTERM];
}

/** Return xterm's colours out of the theme's; what programs choose is kept readable by minimumContrastRatio. */
function colours(node) {
  const style = getComputedStyle(node);
  const front = style.getPropertyValue("color"), back = style.getPropertyValue("background-color");
  return { foreground: front, background: back, cursor: front, cursorAccent: back,
           selectionBackground: "rgba(110, 150, 220, 0.45)" };
}

/** Return a handler of keys: what is for the page returns false. Ctrl with Escape leaves the terminal. */
function keys(term, leave) {
  return (event) => {
    if (event.type !== "keydown") return true;
    const key = event.key.toLowerCase(), command = event.ctrlKey || event.metaKey;
    if (key === "escape" && event.ctrlKey) { leave(); event.preventDefault(); return false; }
    // As in JupyterLab's own terminals: with a selection Ctrl-C copies, and Ctrl-V pastes.
    if (command && key === "c" && (event.shiftKey || term.hasSelection())) {
      if (event.shiftKey) { void copy(term); event.preventDefault(); }
      return false;
    }
    return !(command && key === "v");
  };
}

/** Copy the selection, or all there is. */
async function copy(term) {
  let text = term.getSelection();
  if (!text) { term.selectAll(); text = term.getSelection(); term.clearSelection(); }
  await navigator.clipboard.writeText(text.trimEnd());
  return "copied";
}

function newTerminal({ Terminal }, place, rows) {
  const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const term = new Terminal({
    rows, screenReaderMode: true, cursorBlink: !reduced, scrollback: 5000, minimumContrastRatio: 4.5,
    smoothScrollDuration: 0, fontSize: 13, theme: colours(place),
    fontFamily: getComputedStyle(place).getPropertyValue("--jp-code-font-family") || "monospace",
  });
  // Links and the clipboard are not for what runs in a container.
  for (const number of [8, 52]) term.parser.registerOscHandler(number, () => true);
  return term;
}

/** Tell the size to the process when it has changed, and not more often than people can see. */
function follower(call, term, fit) {
  let timer, last = "";
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const columns = fit.proposeDimensions()?.cols;
      if (columns > 1) term.resize(columns, term.rows);
      const size = `${term.rows} ${term.cols}`;
      if (size !== last) void call("resize", { rows: term.rows, columns: term.cols }).catch(() => undefined);
      last = size;
    }, 60);
  };
}

function rowsChoice(term, changed) {
  return el("select", { class: "jc-select jc-rows", "aria-label": "rows",
                        onchange: (event) => { term.resize(term.cols, Number(event.target.value)); changed(); } },
    ...[12, 24, 40].map((n) => el("option", { value: n, selected: n === term.rows }, `${n} rows`)));
}

/** Show what comes. A page that was reloaded, or could not keep up, gets the end of it again. */
function follow(model, call, term) {
  let shown = -1;
  const write = (buffers, upto) => term.write(new Uint8Array(buffers[0].buffer ?? buffers[0], buffers[0].byteOffset ?? 0,
    buffers[0].byteLength), () => void call("seen", { upto }).catch(() => undefined));
  const stops = [
    listen(model, "again", (message, buffers) => {
      if (message.upto === shown) return;
      term.reset();
      shown = message.upto;
      write(buffers, shown);
    }),
    listen(model, "output", (message, buffers) => {
      if (shown < 0 || message.upto <= shown) return;
      shown = message.upto;
      write(buffers, shown);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

async function open(model, call, { body, bar, say }, button) {
  const classes = await xterm(model, call);
  const place = el("div", { class: "jc-terminal", "data-lm-suppress-shortcuts": "true" });
  const hint = el("div", { class: "jc-terminal-hint" }, "Ctrl+Shift+Escape (or Ctrl+Alt+Escape) leaves the terminal. " +
    "Ctrl+C copies when something is selected, Ctrl+V pastes.");
  body.append(place, hint);
  button?.remove();
  const term = newTerminal(classes, place, 24), fit = new classes.FitAddon();
  term.loadAddon(fit);
  term.open(place);
  const close = bar.querySelector(".jc-close"), resized = follower(call, term, fit);
  const copying = el("button", { class: "jc-button jc-copy", onclick: () => act(copying, say, () => copy(term)) }, "Copy");
  bar.prepend(rowsChoice(term, resized), copying);
  term.attachCustomKeyEventHandler(keys(term, () => close.focus()));
  term.onData((text) => void call("type", { text }).catch((error) => say(error.message, true)));
  term.onBinary((text) => void call("type", { text, binary: true }).catch(() => undefined));
  const stop = follow(model, call, term);
  const columns = fit.proposeDimensions()?.cols;
  if (columns > 1) term.resize(columns, term.rows);
  const sizes = new ResizeObserver(resized);
  sizes.observe(place);
  const themes = new MutationObserver(() => { term.options.theme = colours(place); });
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name", "class"] });
  await call("open", { rows: term.rows, columns: term.cols });
  return () => { stop(); sizes.disconnect(); themes.disconnect(); term.dispose(); };
}

export default {
  render({ model, el: node }) {
    const call = caller(model);
    let clean = () => undefined, gone = false;
    const parts = frame(model, node, { label: model.get("label") });
    const begin = async (button) => {
      const end = await open(model, call, parts, button);
      if (gone) end(); else clean = end;
    };
    if (model.get("at_once")) {
      parts.say(model.get("label"));
      begin(null).catch((error) => parts.say(error.message, true));
    } else {
      const button = el("button", { class: "jc-button jc-open-terminal",
                                    onclick: () => act(button, parts.say, () => begin(button)) }, "Open a terminal here");
      parts.body.append(el("pre", { class: "jc-preface" }, model.get("preface")), button);
    }
    return () => { gone = true; clean(); };
  },
};
