// Panels: what fills one, and tabs, of which each shows one.

/** Fill a panel by `fill(content)`, now and when its button is pressed. `name` is a class of the button. */
function filled(panel, say, name, label, fill) {
  const content = el("div", { class: "jc-scroll", tabindex: "0", role: "region", "aria-label": label });
  const load = () => act(again, say, () => fill(content));
  const again = el("button", { class: `jc-button ${name}`, onclick: load }, "Read again");
  panel.append(again, content);
  return load();
}

// Tabs as the ARIA practices have them: one is in the order of the Tab key, arrows go to the others.

let tabsMade = 0;

/** Make tabs: entries are [key, title]; `show(key, panel)` fills the panel. Returns { node, select, selected }. */
function tabs(label, entries, show) {
  const number = tabsMade += 1;
  const id = (kind, key) => `jc-${kind}-${number}-${key.replace(/\W/g, "-")}`;
  const panel = el("div", { role: "tabpanel", class: "jc-panel", tabindex: "0" });
  const buttons = new Map();
  const list = el("div", { role: "tablist", class: "jc-tabs", "aria-label": label });
  let selected = null;
  const select = (key) => {
    selected = key;
    for (const [other, button] of buttons) {
      button.setAttribute("aria-selected", String(other === key));
      button.tabIndex = other === key ? 0 : -1;
    }
    panel.id = id("panel", key);
    panel.setAttribute("aria-labelledby", id("tab", key));
    buttons.get(key).setAttribute("aria-controls", panel.id);
    panel.replaceChildren();
    show(key, panel);
  };
  const keys = entries.map(([key]) => key);
  const move = (event, key) => {
    const place = keys.indexOf(key);
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: keys.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = keys[(to + keys.length) % keys.length];
    select(next);
    buttons.get(next).focus();
  };
  for (const [key, title] of entries) {
    const button = el("button", { role: "tab", class: "jc-tab", id: id("tab", key), onclick: () => select(key),
                                  onkeydown: (event) => move(event, key) }, title);
    buttons.set(key, button);
    list.append(button);
  }
  return { node: el("div", {}, list, panel), select, selected: () => selected };
}
