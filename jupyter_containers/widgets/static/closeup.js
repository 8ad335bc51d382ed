// One container seen closely. What a container wrote, called or did is put in as text.

const VERBS = [
  ["start", "Start", ["created", "exited", "dead"], ""],
  ["stop", "Stop", ["running", "restarting"], "Stop"],
  ["restart", "Restart", ["running", "exited"], "Restart"],
  ["pause", "Pause", ["running"], ""],
  ["unpause", "Unpause", ["paused"], ""],
  ["kill", "Kill", ["running", "paused"], "Kill"],
  ["remove", "Remove", ["created", "running", "paused", "exited", "dead", "restarting"], "Remove"],
];
const WARNINGS = { remove: " and lose what it has written", kill: " without letting it finish" };

/** Seen closely: `update(state)` after each change; `close` is called by its button. */
function closeup(call, say, state, id, close) {
  const line = () => state.lines.find((one) => one.id === id);
  const title = el("h4", {}, line().name);
  const told = el("span", { class: "jc-quiet" });
  const asked = el("div");
  const buttons = VERBS.map(([verb, name, states, yes]) => {
    const button = el("button", { class: `jc-button jc-do-${verb}${verb === "remove" ? " jc-danger" : ""}` }, name);
    button.onclick = () => act(button, say, async () => {
      if (yes && !(await confirmed(asked, `${yes} ${line()?.name}${WARNINGS[verb] ?? ""}?`, yes))) return "";
      return (await call("act", { id, verb })).said;
    }).then(() => enable());
    return [button, states];
  });
  const enable = () => {
    const now = line()?.state;
    for (const [button, states] of buttons) button.disabled = !states.includes(now);
    write(told, line()?.status ?? "removed");
  };
  const usage = usageCharts(call, say, id);
  const looks = { usage: usage.show, logs: logsPanel, processes: processesPanel, files: filesPanel,
                  events: eventsPanel, inspect: inspectPanel };
  const views = tabs(`${line().name}: what to see`, [["usage", "Usage"], ["logs", "Logs"], ["processes", "Processes"],
    ["files", "Files"], ["events", "Events"], ["inspect", "Inspect"]],
    (key, panel) => looks[key](panel, (name, given) => call(name, { id, ...given }), say));
  const node = el("section", { class: "jc-closeup", "aria-label": line().name },
    el("div", { class: "jc-line-of" }, title, told, ...buttons.map(([button]) => button),
       el("button", { class: "jc-button jc-closeup-close", "aria-label": `Close ${line().name}`, onclick: close }, "✕")),
    asked, views.node);
  views.select("usage");
  enable();
  const update = () => {
    enable();
    if (line() && views.selected() === "usage") usage.update(state, line());
  };
  return { node, update };
}

/** All that is kept of a container, as charts. */
function usageCharts(call, say, id) {
  const charts = [
    [chart("Processor", [["", POINT.cpu]], percent), (line) => line.cpuLimit * 100, false],
    [chart("Memory", [["", POINT.memory]], sizeText), (line) => line.memoryLimit, true],
    [chart("Network", [["in", POINT.received], ["out (dotted)", POINT.sent]], rate), () => 0, false],
    [chart("Disk", [["read", POINT.read], ["written (dotted)", POINT.written]], rate), () => 0, false],
    [chart("Processes", [["", POINT.pids]], count), (line) => line.pidsLimit, false],
  ];
  let points = [], marks = [], last = null;
  const draw = () => {
    if (!last) return;
    const [state, line] = last;
    for (const [one, limit, marked] of charts) one.update(points, marked ? marks : [], limit(line), state.now);
  };
  const update = (state, line) => {
    const newest = points.length ? points[points.length - 1][0] : 0;
    points = points.concat((state.points.get(id) ?? []).filter((point) => point[0] > newest));
    marks = (state.marks.get(id) ?? []).filter((at) => at > state.now - 3600);
    last = [state, line];
    draw();
  };
  const show = (panel) => {
    panel.append(el("div", { class: "jc-charts" }, ...charts.map(([one]) => one.node)));
    call("course", { id }).then((found) => {
      points = found.points;
      draw();
    }).catch((error) => say(error.message, true));
  };
  return { show, update };
}

/** The last lines of output, searched where they are kept. */
function logsPanel(panel, call, say) {
  const search = el("input", { type: "search", class: "jc-board-search", "aria-label": "search the logs", placeholder: "search" });
  const told = el("span", { class: "jc-quiet jc-told", role: "status" });
  const lines = el("pre", { class: "jc-board-log", tabindex: "0", role: "log", "aria-label": "logs", "aria-live": "off" });
  const load = async () => {
    const found = await call("logs", { search: search.value });
    lines.replaceChildren(...found.lines.map(([stream, text]) =>
      el("div", { class: stream === 2 ? "jc-stderr" : "" }, text || " ")));
    lines.scrollTop = lines.scrollHeight;
    const shown = found.found > found.lines.length ? `, the last ${found.lines.length} shown` : "";
    told.textContent = search.value ? `${found.found} of the last ${found.searched} lines${shown}`
                                    : `the last ${found.lines.length} lines`;
  };
  const again = el("button", { class: "jc-button jc-log-again", onclick: () => act(again, say, load) }, "Read again");
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => act(again, say, load), 250);
  });
  // Lab moves through cells with these keys.
  search.addEventListener("keydown", (event) => event.stopPropagation());
  panel.append(el("div", { class: "jc-line-of" }, search, again, told), lines);
  return act(again, say, load);
}

function listed(titles, rows) {
  return el("table", {}, el("thead", {}, el("tr", {}, ...titles.map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell))))));
}

function loaded(panel, call, say, name, show) {
  const again = el("button", { class: "jc-button", onclick: () => act(again, say, load) }, "Read again");
  const content = el("div", { class: "jc-scroll", tabindex: "0", role: "region", "aria-label": name });
  const load = async () => content.replaceChildren(...show(await call(name)));
  panel.append(again, content);
  return act(again, say, load);
}

function more(found, shown) {
  return found > shown ? [el("div", { class: "jc-quiet" }, `${found - shown} more are not shown`)] : [];
}

function processesPanel(panel, call, say) {
  return loaded(panel, call, say, "processes", (found) =>
    [listed(found.titles, found.rows), ...more(found.count, found.rows.length)]);
}

function eventsPanel(panel, call, say) {
  return loaded(panel, call, say, "events", (found) => [
    found.lines.length ? el("pre", {}, found.lines.join("\n")) : el("div", { class: "jc-quiet" }, "none in the last hour"),
  ]);
}

function inspectPanel(panel, call, say) {
  return loaded(panel, call, say, "inspect", (found) =>
    [el("pre", {}, found.text), ...(found.isWhole ? [] : [el("div", { class: "jc-quiet" }, "the rest is not shown")])]);
}

/** What it changed, and any folder of it. */
function filesPanel(panel, call, say) {
  const path = el("input", { type: "text", class: "jc-path", "aria-label": "folder", value: "/" });
  const content = el("div", { class: "jc-scroll", tabindex: "0", role: "region", "aria-label": "files" });
  const open = el("button", { class: "jc-button jc-folder" }, "Open folder");
  const show = async () => {
    const found = await call("folder", { path: path.value });
    const enter = (to) => { path.value = to; act(open, say, show); };
    const above = path.value.replace(/\/+$/, "").replace(/[^/]*$/, "") || "/";
    const up = path.value === "/" ? [] : [[button("..", () => enter(above)), "", "", "", ""]];
    const rows = found.rows.map((one) => [
      one.kind === "folder" && one.name ? button(one.shown, () => enter(`${path.value.replace(/\/+$/, "")}/${one.name}`))
                                        : one.shown,
      one.kind === "link" ? `link to ${one.target}` : one.kind, one.kind === "file" ? sizeText(one.size) : "",
      one.mode, one.changed]);
    const rest = found.isWhole ? [] : [el("div", { class: "jc-quiet" }, found.count === null
      ? "this daemon cannot list folders: only the beginning was read" : `${found.count - found.rows.length} more`)];
    content.replaceChildren(listed(["Name", "Kind", "Size", "Mode", "Changed"], [...up, ...rows]), ...rest);
  };
  const button = (text, onclick) => el("button", { class: "jc-name", onclick }, text);
  const changed = el("button", { class: "jc-button jc-changes" }, "What it changed");
  changed.onclick = () => act(changed, say, async () => {
    const found = await call("changes");
    content.replaceChildren(el("div", { class: "jc-quiet" }, "A added, C changed, D deleted, beside its image"),
      listed(["Change", "Path"], found.rows), ...more(found.count, found.rows.length));
  });
  open.onclick = () => act(open, say, show);
  path.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") act(open, say, show);
  });
  panel.append(el("div", { class: "jc-line-of" }, path, open, changed), content);
  return changed.onclick();
}
