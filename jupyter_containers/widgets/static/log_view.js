// Logs that are followed. The page never holds more than MOST lines; the kernel has the rest.

const MOST = 1000;

export default { render({ model, el: node }) {
  const call = caller(model);
  const { body, bar, say } = frame(model, node, { label: model.get("label") });
  const log = el("div", { class: "jc-log", role: "log", "aria-live": "polite", tabindex: "0",
                          "aria-label": model.get("label") });
  const count = el("span", { class: "jc-quiet jc-log-count" });
  const text = searchField({ class: "jc-search", "aria-label": "search" }, () => searched());
  const since = el("input", { class: "jc-since", placeholder: "10m", "aria-label": "since, such as 10m" });
  const pause = el("button", { class: "jc-button jc-pause", "aria-pressed": "false" }, "Pause");
  const end = el("button", { class: "jc-button jc-end" }, "Jump to end");
  const save = el("button", { class: "jc-button jc-save" }, "Save all");
  let paused = false, missed = 0, over = false, total = 0;
  const searching = () => text.value !== "" || since.value !== "";

  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  const tell = () => {
    const shown = log.childElementCount;
    const whole = searching() ? [] : [`${total} lines`, total > shown ? `last ${shown} shown` : ""];
    const state = paused ? "paused" : over ? "ended" : "following";
    const parts = [...whole, missed ? `${missed} new` : "", state];
    count.textContent = parts.filter(Boolean).join(" · ");
  };
  const add = (lines, replace = false) => {
    const follows = replace || atEnd();
    const part = document.createDocumentFragment();
    part.append(...lines.slice(-MOST).map(([isError, pieces]) => outputLine(isError, pieces)));
    if (replace) log.replaceChildren(part); else log.append(part);
    while (log.childElementCount > MOST) log.firstChild.remove();
    if (follows) toEnd();
  };

  const ends = [
    listen(model, "lines", (message) => {
      total = message.total;
      if (paused || searching()) missed += message.lines.length + message.leftOut;
      else add(message.lines);
      tell();
    }),
    listen(model, "over", () => { over = true; tell(); }),
  ];
  const last = async () => {
    const found = await call("last");
    missed = 0;
    total = found.total;
    add(found.lines, true);
    tell();
  };
  const search = async () => {
    if (!searching()) return last();
    const found = await call("search", { text: text.value, since: since.value });
    add(found.lines, true);
    tell();
    const more = found.count > found.lines.length ? `, the last ${found.lines.length} are shown` : "";
    return `${found.count} line${found.count === 1 ? "" : "s"} found${more}`;
  };
  const searched = () => search().then((said) => say(said ?? ""), (error) => say(error.message, true));
  since.addEventListener("change", searched);
  pause.addEventListener("click", () => act(pause, say, async () => {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused && !searching()) await last();
    tell();
  }));
  end.addEventListener("click", toEnd);
  save.addEventListener("click", () => act(save, say, () => call("save")));
  body.append(el("div", { class: "jc-log-tools", role: "search" }, text, since, pause, end, save, count), log);
  last().catch(() => {});
  return () => ends.forEach((stop) => stop());
} };
