// What all widgets share. Text of containers goes in as text: `el` never takes HTML.

/** Make an element: el("td", {class: "jc-name"}, "text", otherElement). `on…` are listeners, `style` is text. */
function el(name, attributes = {}, ...content) {
  const svg = ["svg", "g", "path", "rect", "circle", "line", "text", "title", "polyline", "marker", "defs"];
  const node = svg.includes(name) ? document.createElementNS("http://www.w3.org/2000/svg", name)
                                  : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, String(value));
  }
  node.append(...content.filter((part) => part !== null && part !== undefined)
    .map((part) => (typeof part === "string" ? plain(part) : part)));
  return node;
}

/** Return text in which what cannot be seen, or changes the order of letters, is marked. */
function plain(text) {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** Return text of at most `length` letters. */
function shortened(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** Return call(name, arguments) → a promise of what the action of the View returned; it rejects with its sentence. */
function caller(model) {
  // Several pages, and several views in one, may show a model: each hears the answers to all of them.
  const own = crypto.getRandomValues(new Uint32Array(2)).join("-");
  let last = 0;
  const waiting = new Map();
  model.on("msg:custom", (message) => {
    const promise = waiting.get(message.answers);
    if (!promise) return;
    waiting.delete(message.answers);
    if (message.error !== undefined) promise.reject(new Error(message.error));
    else promise.resolve(message.value);
  });
  return (name, given = {}) => new Promise((resolve, reject) => {
    last += 1;
    const id = `${own}-${last}`;
    waiting.set(id, { resolve, reject });
    model.send({ call: name, id, with: given });
  });
}

/** Call `then(message, buffers)` for what View.tell sends under an event's name; return the way to end it. */
function listen(model, event, then) {
  const take = (message, buffers) => { if (message.event === event) then(message, buffers); };
  model.on("msg:custom", take);
  return () => model.off("msg:custom", take);
}

/** Say so when the kernel of a model has ended, or begins anew: what is seen is the last that it told. */
function sayWhenGone(model, node, say) {
  const gone = () => {
    for (const one of node.querySelectorAll("button, input, select")) one.disabled = true;
    say("the kernel has ended: this is the last that it told", true);
  };
  const kernel = model.widget_manager?.kernel;
  const changed = (_, status) => { if (["restarting", "autorestarting", "dead"].includes(status)) gone(); };
  const connected = (_, status) => { if (status === "disconnected") gone(); };
  kernel?.statusChanged?.connect(changed);
  kernel?.connectionStatusChanged?.connect(connected);
  model.on("comm:close", () => {
    gone();
    // A kernel outlives its views, by hours: what is closed is not kept by it.
    kernel?.statusChanged?.disconnect(changed);
    kernel?.connectionStatusChanged?.disconnect(connected);
  });
}

/** The frame of a view: a labelled region with a bar of buttons, a place for a sentence, and Close. */
function frame(model, node, { label, tools = [] }) {
  const sentence = el("span", { class: "jc-sentence", role: "status", "aria-live": "polite" });
  const close = el("button", { class: "jc-button jc-close", title: "Close: leaves a picture that needs no kernel",
                               onclick: () => model.send({ call: "close" }) }, "Close");
  const body = el("div", { class: "jc-body" });
  const bar = el("div", { class: "jc-bar", role: "toolbar", "aria-label": `${label}: actions` },
                 ...tools, sentence, close);
  node.classList.add("jc-view");
  node.setAttribute("role", "region");
  node.setAttribute("aria-label", label);
  node.append(bar, body);
  const say = (text, bad = false) => {
    sentence.textContent = plain(text);
    sentence.classList.toggle("jc-bad", bad);
  };
  listen(model, "lost", (message) => say(message.message, true));
  sayWhenGone(model, node, say);
  return { body, bar, say };
}

/** Run an action of a button: errors are said in the frame, the button waits meanwhile. */
async function act(button, say, work) {
  // What is disabled has no focus: who came by keyboard finds it where it was.
  const had = document.activeElement === button;
  button.disabled = true;
  try {
    const said = await work();
    say(typeof said === "string" ? said : "");
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
    if (had && isFocusLost()) button.focus();
  }
}

function isFocusLost() {
  return !document.activeElement || document.activeElement === document.body;
}

/** Ask before something is lost, in the page and for the keyboard: resolves to true for "yes". */
function confirmed(body, question, yes) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const end = (answer) => { box.remove(); before?.focus?.(); resolve(answer); };
    const no = el("button", { class: "jc-button", onclick: () => end(false) }, "Cancel");
    const box = el("div", { class: "jc-confirm", role: "alertdialog", "aria-label": question,
                            onkeydown: (event) => { if (event.key === "Escape") end(false); } },
      el("span", {}, question),
      el("button", { class: "jc-button jc-danger", onclick: () => end(true) }, yes), no);
    body.prepend(box);
    no.focus();
  });
}

const sizes = ["B", "kB", "MB", "GB", "TB"];
function sizeText(bytes) {
  let place = 0;
  while (bytes >= 1000 && place < sizes.length - 1) { bytes /= 1000; place += 1; }
  return `${place && bytes < 100 ? bytes.toFixed(1) : Math.round(bytes)} ${sizes[place]}`;
}

/** A field for a text that is searched: `search()` a quarter of a second after the last key. */
function searchField(attributes, search) {
  let soon = 0;
  const later = () => { clearTimeout(soon); soon = setTimeout(search, 250); };
  // Lab moves through cells with these keys.
  return el("input", { type: "search", placeholder: "search", ...attributes, oninput: later,
                       onkeydown: (event) => event.stopPropagation() });
}

/** A line of output: pieces are [text, css]. */
function outputLine(isError, pieces) {
  const line = el("div", { class: isError ? "jc-log-line jc-log-stderr" : "jc-log-line",
                           title: isError ? "standard error" : null });
  for (const [words, css] of pieces) {
    const piece = css ? el("span", {}, words) : document.createTextNode(plain(words));
    if (css) piece.style.cssText = css;
    line.append(piece);
  }
  return line;
}
