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
  const title = el("h2", {}, line().name);
  const told = el("span", { class: "jc-quiet" });
  const asked = el("div");
  // What is asked for or under way: the board is drawn anew meanwhile, and enables what the state allows.
  const busy = new Set();
  const buttons = VERBS.map(([verb, name, states, yes]) => {
    const button = el("button", { class: `jc-button jc-do-${verb}${verb === "remove" ? " jc-danger" : ""}` }, name);
    button.onclick = async () => {
      busy.add(button);
      await act(button, say, async () => {
        if (yes && !(await confirmed(asked, `${yes} ${line()?.name}${WARNINGS[verb] ?? ""}?`, yes))) return "";
        return (await call("act", { id, verb })).said;
      });
      busy.delete(button);
      const had = document.activeElement === button;
      enable();
      // A container that is stopped has no Stop any more.
      if (had && button.disabled) buttons.find(([other]) => !other.disabled)?.[0].focus();
    };
    return [button, states];
  });
  const enable = () => {
    const now = line()?.state;
    for (const [button, states] of buttons) button.disabled = busy.has(button) || !states.includes(now);
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
  const charts = Object.entries(MEASURES).map(([measure, [title, series, written, limit]]) =>
    [chart(title, series, written), limit, measure === "memory"]);
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
      // What has come while this was on its way is newer.
      const until = found.points.at(-1)?.[0] ?? 0;
      points = found.points.concat(points.filter((point) => point[0] > until));
      draw();
    }).catch((error) => say(error.message, true));
  };
  return { show, update };
}

/** Wait for answers of which only the one to the last question counts: for others, and their errors, there is null. */
function newest() {
  let asked = 0;
  return async (answer) => {
    const mine = ++asked;
    try {
      const found = await answer;
      return mine === asked ? found : null;
    } catch (error) {
      if (mine === asked) throw error;
      return null;
    }
  };
}

/** The last lines of output, searched where they are kept. */
function logsPanel(panel, call, say) {
  const search = searchField({ class: "jc-board-search", "aria-label": "search the logs" }, () => act(again, say, load));
  const told = el("span", { class: "jc-quiet jc-told", role: "status" });
  const lines = el("pre", { class: "jc-board-log", tabindex: "0", role: "log", "aria-label": "logs", "aria-live": "off" });
  const last = newest();
  const load = async () => {
    const wanted = search.value, found = await last(call("logs", { search: wanted }));
    if (!found) return;
    lines.replaceChildren(...found.lines.map(([stream, text]) => outputLine(stream === 2, [[text || " ", ""]])));
    lines.scrollTop = lines.scrollHeight;
    const shown = found.found > found.lines.length ? `, the last ${found.lines.length} shown` : "";
    told.textContent = wanted ? `${found.found} of the last ${found.searched} lines${shown}`
                                    : `the last ${found.lines.length} lines`;
  };
  const again = el("button", { class: "jc-button jc-log-again", onclick: () => act(again, say, load) }, "Read again");
  panel.append(el("div", { class: "jc-line-of" }, search, again, told), lines);
  return act(again, say, load);
}

function listed(titles, rows) {
  return el("table", {}, el("thead", {}, el("tr", {}, ...titles.map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell))))));
}

function filledBy(panel, call, say, name, show) {
  const last = newest();
  return filled(panel, say, `jc-${name}-again`, name, async (content) => {
    const found = await last(call(name));
    if (found) content.replaceChildren(...show(found));
  });
}

function more(found, shown) {
  return found > shown ? [el("div", { class: "jc-quiet" }, `${found - shown} more are not shown`)] : [];
}

function processesPanel(panel, call, say) {
  return filledBy(panel, call, say, "processes", (found) =>
    [listed(found.titles, found.rows), ...more(found.count, found.rows.length)]);
}

function eventsPanel(panel, call, say) {
  return filledBy(panel, call, say, "events", (found) => [
    found.lines.length ? el("pre", {}, found.lines.join("\n")) : el("div", { class: "jc-quiet" }, "none in the last hour"),
  ]);
}

function inspectPanel(panel, call, say) {
  return filledBy(panel, call, say, "inspect", (found) =>
    [el("pre", {}, found.text), ...(found.isWhole ? [] : [el("div", { class: "jc-quiet" }, "the rest is not shown")])]);
}

/** What it changed, and any folder of it. */
function filesPanel(panel, call, say) {
  const path = el("input", { type: "text", class: "jc-path", "aria-label": "folder", value: "/" });
  const content = el("div", { class: "jc-scroll", tabindex: "0", role: "region", "aria-label": "files" });
  const open = el("button", { class: "jc-button jc-folder" }, "Open folder");
  // One for both: the folder and what was changed are shown in the same place.
  const last = newest();
  const show = async () => {
    const folder = path.value, found = await last(call("folder", { path: folder }));
    if (!found) return;
    const enter = (to) => { path.value = to; act(open, say, show); };
    const above = folder.replace(/\/+$/, "").replace(/[^/]*$/, "") || "/";
    const up = folder === "/" ? [] : [[button("..", () => enter(above)), "", "", "", ""]];
    const rows = found.rows.map((one) => [
      one.kind === "folder" && one.name ? button(one.shown, () => enter(`${folder.replace(/\/+$/, "")}/${one.name}`))
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
    const found = await last(call("changes"));
    if (!found) return;
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
