// The containers of a daemon: what the View sends, kept here, and the table of them.

const MOST_POINTS = 400;
const SIGNS = { running: "● running", paused: "‖ paused", exited: "○ exited", created: "· created",
                restarting: "↻ restarting", removing: "× removing", dead: "✗ dead" };

/** Follow the board of a View: `draw(state, listed)` after each change. Returns { state, end }. */
function follow(model, node, call, say, draw) {
  const state = { lines: [], points: new Map(), marks: new Map(), now: 0, cpus: 0, memory: 0, kept: true };
  const add = (id, points) => {
    const known = state.points.get(id) ?? [];
    const last = known.length ? known[known.length - 1][0] : 0;
    const all = known.concat(points.filter((point) => point[0] > last));
    state.points.set(id, all.slice(-MOST_POINTS));
  };
  const take = (message, all) => {
    state.now = message.now;
    if (message.lines) {
      state.lines = message.lines;
      const ids = new Set(state.lines.map((line) => line.id));
      for (const id of [...state.points.keys()]) if (!ids.has(id)) state.points.delete(id);
    }
    for (const [id, points] of Object.entries(message.points)) add(id, points);
    for (const [id, marks] of Object.entries(message.marks)) state.marks.set(id, marks);
    draw(state, all || Boolean(message.lines));
  };
  let lost = false;
  const ends = [
    listen(model, "looked", (message) => {
      if (lost) say("");
      lost = false;
      take(message, false);
    }),
    listen(model, "lost", () => { lost = true; }),
    whileSeen(node, (is) => call("visible", { is }).catch(() => {})),
  ];
  call("begin").then((message) => {
    Object.assign(state, { cpus: message.cpus, memory: message.memory, kept: message.kept });
    if (!state.kept) say("this daemon keeps no history: it begins now");
    take(message, true);
  }).catch((error) => say(error.message, true));
  return { state, end: () => ends.forEach((end) => end()) };
}

/** Tell whether a node can be seen, now and when that changes; return the way to end it. */
function whileSeen(node, tell) {
  let inView = true, told = null;
  const check = () => {
    const is = inView && !document.hidden;
    if (is !== told) tell(told = is);
  };
  const observer = new IntersectionObserver((entries) => {
    inView = entries[entries.length - 1].isIntersecting;
    check();
  });
  observer.observe(node);
  document.addEventListener("visibilitychange", check);
  // An observer says nothing in a page that is hidden.
  check();
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", check);
    tell(false);
  };
}

/** The table; `choose(id)` when a name is pressed. Rows stay the same elements, so that focus and place stay, too. */
function containerTable(choose) {
  const rows = new Map();
  const body = el("tbody");
  const titles = ["Name", "State", "CPU", "Memory", "Net in, out", "Disk read, written", "Pids", "Image", "Ports"];
  const table = el("table", { class: "jc-board" },
    el("caption", { class: "jc-quiet" }, ""),
    el("thead", {}, el("tr", {}, ...titles.map((title) => el("th", { scope: "col" }, title)))), body);
  const node = el("div", { class: "jc-scroll", tabindex: "0", role: "region", "aria-label": "table of containers" }, table);
  let chosen = null;
  const move = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const names = [...body.querySelectorAll(".jc-name")];
    names[names.indexOf(event.target) + step]?.focus();
  };
  const row = (id) => {
    const name = el("button", { class: "jc-name", "aria-expanded": "false", onclick: () => choose(id), onkeydown: move });
    const [state, network, disk, pids, image, ports] = Array.from({ length: 6 }, () => el("td"));
    const [cpu, memory] = [sparkline(POINT.cpu), sparkline(POINT.memory)];
    const [cpuText, memoryText] = [el("div", { class: "jc-number" }), el("div", { class: "jc-number" })];
    const node = el("tr", {}, el("th", { scope: "row" }, name), state,
                    el("td", {}, el("div", { class: "jc-course" }, cpu.node, cpuText)),
                    el("td", {}, el("div", { class: "jc-course" }, memory.node, memoryText)), network, disk, pids, image, ports);
    return { node, name, state, cpu, cpuText, memory, memoryText, network, disk, pids, image, ports };
  };
  const draw = (state) => {
    table.caption.textContent = state.lines.length ? "" : "no containers";
    const order = state.lines.map((line) => line.id);
    for (const [id, cells] of rows) if (!order.includes(id)) { cells.node.remove(); rows.delete(id); }
    for (const id of order) if (!rows.has(id)) rows.set(id, row(id));
    if (order.some((id, place) => body.children[place] !== rows.get(id).node)) {
      const focus = document.activeElement;
      body.append(...order.map((id) => rows.get(id).node));
      if (body.contains(focus)) focus.focus();
    }
    for (const line of state.lines) fill(rows.get(line.id), line, state, line.id === chosen);
  };
  return { node, draw, choose: (id) => { chosen = id; }, focus: (id) => rows.get(id)?.name.focus() };
}

function fill(cells, line, state, isChosen) {
  const points = state.points.get(line.id) ?? [];
  const marks = (state.marks.get(line.id) ?? []).filter((at) => at > state.now - 3600);
  const isUp = line.state === "running" || line.state === "paused";
  const last = isUp ? points[points.length - 1] : undefined;
  write(cells.name, line.name);
  cells.name.setAttribute("aria-expanded", String(isChosen));
  cells.node.classList.toggle("jc-board-chosen", isChosen);
  const ran = marks.length ? ` · ✗ memory ran out ${marks.length}×` : "";
  write(cells.state, `${SIGNS[line.state] ?? line.state}${ran}`);
  cells.state.title = line.status;
  cells.state.className = marks.length || line.state === "dead" ? "jc-bad" : line.state === "running" ? "jc-good" : "jc-quiet";
  const cpu = last ? percent(last[POINT.cpu]) : "–";
  const memory = last ? sizeText(last[POINT.memory]) : "–";
  const limit = line.memoryLimit ? ` of ${sizeText(line.memoryLimit)}` : "";
  write(cells.cpuText, cpu);
  write(cells.memoryText, memory + limit);
  cells.cpu.update(points, line.cpuLimit * 100, [], `processor of ${line.name}: ${cpu}`, state.now);
  cells.memory.update(points, line.memoryLimit, marks, `memory of ${line.name}: ${memory}${limit}${ran}`, state.now);
  write(cells.network, last ? `${rate(last[POINT.received])}, ${rate(last[POINT.sent])}` : "–");
  write(cells.disk, last ? `${rate(last[POINT.read])}, ${rate(last[POINT.written])}` : "–");
  write(cells.pids, last ? count(last[POINT.pids]) + (line.pidsLimit ? ` of ${line.pidsLimit}` : "") : "–");
  write(cells.image, line.image);
  write(cells.ports, line.ports.join(", "));
}

/** Write text where it is not there yet: what did not change is not touched. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
