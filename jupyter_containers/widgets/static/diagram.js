// The architecture: parts light in the order in which they were at work; the chosen one tells its last call.

const showSeconds = 0.25;
const keptLines = 400;


/** One part as a button in the drawing. */
function partButton([name, x, y, width, height, about], choose) {
  const last = el("text", { class: "jc-part-last", x: x + 10, y: y + 36 });
  const node = el("g", { class: "jc-part", role: "button", tabindex: "-1", "data-part": name,
                         "aria-label": `${name}: ${about}; no call yet`, "aria-pressed": "false",
                         onclick: () => choose(name) },
    el("title", {}, about),
    el("rect", { x, y, width, height, rx: 5 }),
    el("text", { class: "jc-part-name", x: x + 10, y: y + 19 }, name), last);
  return { name, about, node, last, count: 0, light: null };
}

function drawing(model, choose) {
  const [width, height] = model.get("size");
  const parts = new Map(model.get("parts").map((one) => [one[0], partButton(one, choose)]));
  const place = new Map(model.get("parts").map((one) => [one[0], one]));
  const lines = model.get("edges").map(([from, to]) => {
    const [, x1, y1, w, h] = place.get(from), [, x2, y2] = place.get(to);
    return { to, node: el("line", { x1: x1 + w, y1: y1 + h / 2, x2, y2: y2 + h / 2 }) };
  });
  const svg = el("svg", { viewBox: `0 0 ${width} ${height + 6}`, role: "group", "aria-label": "parts, from client to kernel" },
                 ...lines.map((line) => line.node), ...[...parts.values()].map((part) => part.node));
  return { svg, parts, lines };
}

/** What the chosen part did last, in a place that screen readers follow. */
function describe(detail, part) {
  detail.replaceChildren(
    el("div", {}, el("b", {}, part.name), ` · ${part.about}`),
    part.light ? el("div", {}, el("code", {}, part.light[1])) : el("div", { class: "jc-quiet" }, "no call yet"),
    part.light ? el("div", {}, `${part.light[2]} · ${part.count} so far`) : null);
}

/** Move between parts with the arrow keys; Enter and Space choose. */
function byKeyboard(svg, parts, choose) {
  const names = [...parts.keys()];
  const focus = (name) => {
    for (const part of parts.values()) part.node.setAttribute("tabindex", part.name === name ? "0" : "-1");
    parts.get(name).node.focus();
  };
  parts.get(names[0]).node.setAttribute("tabindex", "0");
  svg.addEventListener("keydown", (event) => {
    const at = names.indexOf(document.activeElement?.getAttribute("data-part"));
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (at < 0 || (by === undefined && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    if (by === undefined) choose(names[at]);
    else focus(names[(at + by + names.length) % names.length]);
  });
}

/** The buttons that go through a saved trace. */
function stepper(steps, show, reset) {
  let at = 0, timer = null;
  const where = el("span", { class: "jc-quiet jc-where" });
  const go = (to) => {
    const target = Math.max(0, Math.min(steps.length, to));
    if (target < at) { reset(); at = 0; }
    while (at < target) { show(steps[at], at === target - 1); at += 1; }
    where.textContent = `step ${at} of ${steps.length}`;
    if (at === steps.length) stop();
  };
  const stop = () => { clearInterval(timer); timer = null; play.textContent = "Play"; };
  const back = el("button", { class: "jc-button", onclick: () => { stop(); go(at - 1); } }, "Back");
  const next = el("button", { class: "jc-button jc-next", onclick: () => { stop(); go(at + 1); } }, "Next");
  const play = el("button", { class: "jc-button jc-play", onclick: () => {
    if (timer) { stop(); return; }
    if (at === steps.length) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => go(at + 1), showSeconds * 2000);
  } }, "Play");
  return { tools: [back, next, play, where], begin: () => go(0), stop };
}

export default { render({ model, el: node }) {
  const detail = el("div", { class: "jc-detail", role: "status", "aria-live": "polite" });
  const log = el("div", { class: "jc-lights", role: "log", "aria-label": "what was at work", tabindex: "0" });
  let chosen = null;
  const choose = (name) => {
    chosen = name;
    for (const part of parts.values()) {
      part.node.classList.toggle("jc-chosen", part.name === name);
      part.node.setAttribute("aria-pressed", String(part.name === name));
    }
    describe(detail, parts.get(name));
  };
  const { svg, parts, lines } = drawing(model, choose);

  const light = (one, isLast = true) => {
    const [name, line, , count] = one, part = parts.get(name);
    if (!part) return;
    part.light = one;
    part.count += count;
    part.last.textContent = shortened(line, 22);
    part.node.classList.add("jc-used");
    part.node.setAttribute("aria-label", `${name}: ${part.about}; ${part.count} calls, the last: ${line}`);
    for (const other of parts.values()) other.node.classList.toggle("jc-lit", isLast && other === part);
    for (const edge of lines) if (edge.to === name) edge.node.classList.add("jc-used");
    log.append(el("div", {}, el("b", {}, name), ` ${line}${count > 1 ? ` (${count} calls)` : ""}`));
    while (log.children.length > keptLines) log.firstChild.remove();
    log.scrollTop = log.scrollHeight;
    if (chosen === name) describe(detail, part);
  };
  const reset = () => {
    log.replaceChildren();
    for (const part of parts.values()) {
      Object.assign(part, { light: null, count: 0 });
      part.last.textContent = "";
      part.node.classList.remove("jc-used", "jc-lit");
    }
    for (const edge of lines) edge.node.classList.remove("jc-used");
  };

  const steps = model.get("steps");
  const stepping = steps.length ? stepper(steps, light, reset) : null;
  const { body, say } = frame(model, node, { label: model.get("label"), tools: stepping ? stepping.tools : [] });
  say(model.get("title"));
  body.classList.add("jc-diagram");
  body.append(svg, detail, log);
  byKeyboard(svg, parts, choose);
  detail.append(el("div", { class: "jc-quiet" }, "Choose a part to see its last call."));
  if (stepping) stepping.begin();

  // Many come at once, from one command: they are shown one after the other, so that the order is seen.
  const waiting = [];
  let timer = null;
  const turn = () => {
    const one = waiting.shift();
    if (one) light(one);
    else for (const part of parts.values()) part.node.classList.remove("jc-lit");
    timer = one ? setTimeout(turn, 1000 * showSeconds / (1 + waiting.length / 12)) : null;
  };
  // What was told before this page came is asked for; what is told meanwhile waits for that.
  let seen = 0, early = [];
  const take = ({ first, lights }) => {
    waiting.push(...lights.slice(Math.max(0, seen - first)));
    seen = Math.max(seen, first + lights.length);
    if (timer === null && waiting.length) turn();
  };
  const unlisten = listen(model, "lights", (message) => { if (early) early.push(message); else take(message); });
  const begin = () => { const held = early; early = null; held.forEach(take); };
  caller(model)("hello").then((missed) => { take(missed); begin(); }, begin);
  return () => { unlisten(); clearTimeout(timer); stepping?.stop(); };
} };
