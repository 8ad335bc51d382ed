// The layer explorer: a list of layers, a tree that comes folder by folder, and what is done with a file.

const letters = { A: "added", C: "changed", D: "removed" };

function layerItem(layer, number, largest, choose) {
  const counts = Object.entries(layer.counts).filter(([, count]) => count)
    .map(([letter, count]) => el("span", { class: `jc-${letter}`, title: letters[letter] }, `${letter} ${count} `));
  return el("li", { class: "jc-layer", role: "option", "aria-selected": "false", tabindex: "-1", onclick: () => choose(number) },
    el("span", { class: "jc-size", "aria-hidden": "true" },
       el("span", { style: `width: ${Math.round(100 * layer.size / Math.max(largest, 1))}%` })),
    `${number + 1} · ${sizeText(layer.size)} · `, ...counts, el("br"), el("code", {}, layer.instruction || "—"));
}

/** The list of layers, with the whole image at its end; arrows go through it. */
function layerList(layers, chosen) {
  const largest = Math.max(0, ...layers.map((layer) => layer.size));
  const choose = (number) => {
    items.forEach((item, place) => {
      item.setAttribute("aria-selected", String(place === number));
      item.tabIndex = place === number ? 0 : -1;
    });
    chosen(number < layers.length ? number : null);
  };
  const items = layers.map((layer, number) => layerItem(layer, number, largest, choose));
  items.push(el("li", { class: "jc-layer", role: "option", "aria-selected": "false", tabindex: "-1",
                        onclick: () => choose(layers.length) }, "whole image"));
  const moved = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const place = Math.min(Math.max(items.indexOf(document.activeElement) + step, 0), items.length - 1);
    choose(place);
    items[place].focus();
  };
  const list = el("ul", { class: "jc-layer-list", role: "listbox", "aria-label": "layers", onkeydown: moved }, ...items);
  return { list, choose };
}

function treeItem(node, level, open, select) {
  const letter = el("span", { class: `jc-letter jc-${node.letter}`, title: letters[node.letter] ?? "" }, node.letter || " ");
  const name = el("code", {}, node.kind === "folder" ? `${node.name}/` : node.name);
  const size = el("span", { class: "jc-quiet" }, node.kind === "folder" ? `${sizeText(node.size)}, ${node.files} files` : sizeText(node.size));
  const item = el("li", { role: "treeitem", "aria-level": level, "aria-selected": "false", tabindex: "-1",
                          "aria-label": `${node.name}, ${letters[node.letter] ?? ""} ${node.kind}, ${sizeText(node.size)}` },
                  el("div", { class: "jc-line", onclick: () => { select(item); if (node.opens) open(item); } }, letter, name, size));
  if (node.opens) item.setAttribute("aria-expanded", "false");
  item.node = node;
  return item;
}

/** The tree of a layer. Arrows, Home and End go through it as in any tree; Enter chooses. */
class Tree {
  constructor(call, say, chosen) {
    Object.assign(this, { call, say, chosen, layer: null, shows: 0 });
    this.root = el("ul", { class: "jc-tree", role: "tree", "aria-label": "files", onkeydown: (event) => this.key(event) });
  }

  async show(layer) {
    this.layer = layer;
    this.shows += 1;
    this.root.replaceChildren();
    await this.fill(this.root, "", 1);
    const first = this.root.querySelector("[role=treeitem]");
    if (first) first.tabIndex = 0;
  }

  async fill(list, path, level) {
    const { layer, shows } = this;
    const { nodes, more } = await this.call("folder", { layer, path });
    // The same layer may have been chosen again meanwhile, and is filled by that.
    if (shows !== this.shows) return;
    const items = nodes.map((node) => treeItem(node, level, (item) => this.toggle(item), (item) => this.select(item)));
    list.append(...items);
    if (more) list.append(el("li", { role: "none", class: "jc-quiet" }, `… ${more} more`));
    if (!items.length && level === 1) list.append(el("li", { role: "none", class: "jc-quiet" }, "no file changes"));
  }

  async toggle(item) {
    const opens = item.getAttribute("aria-expanded") !== "true";
    item.setAttribute("aria-expanded", String(opens));
    const inside = item.querySelector(":scope > ul");
    if (inside) inside.hidden = !opens;
    else if (opens) {
      const list = el("ul", { role: "group" });
      item.append(list);
      await this.fill(list, item.node.path, Number(item.getAttribute("aria-level")) + 1)
        .catch((error) => this.say(error.message, true));
    }
  }

  select(item) {
    for (const one of this.root.querySelectorAll("[aria-selected=true], [tabindex='0']")) {
      one.setAttribute("aria-selected", "false");
      one.tabIndex = -1;
    }
    item.setAttribute("aria-selected", "true");
    item.tabIndex = 0;
    item.focus();
    this.chosen(item.node);
  }

  key(event) {
    const items = [...this.root.querySelectorAll("[role=treeitem]")].filter((one) => !one.closest("ul[hidden]"));
    const item = document.activeElement, place = items.indexOf(item);
    if (place < 0) return;
    const open = item.getAttribute("aria-expanded");
    const move = (to) => to && this.select(to);
    const does = {
      ArrowDown: () => move(items[place + 1]), ArrowUp: () => move(items[place - 1]), Home: () => move(items[0]),
      End: () => move(items.at(-1)), Enter: () => (open ? this.toggle(item) : this.select(item)),
      ArrowRight: () => (open === "false" ? this.toggle(item) : open && move(items[place + 1])),
      ArrowLeft: () => (open === "true" ? this.toggle(item) : move(item.parentElement.closest("[role=treeitem]"))),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    void does();
  }
}

/** What is done with the chosen file: opened, compared, put into a variable. */
function filePart(call, say, layer) {
  const part = el("div", { class: "jc-file" });
  const shown = el("pre", { tabindex: "0", "aria-label": "file" });
  return { part, choose(node) {
    const given = { layer: layer(), path: node.path };
    const name = el("input", { class: "jc-input", "aria-label": "name of the variable", value: "content" });
    const put = (text) => { shown.textContent = plain(text); part.append(shown); };
    const tool = (label, kind, work) => {
      const button = el("button", { class: `jc-button ${kind}`, onclick: () => act(button, say, work) }, label);
      return button;
    };
    const opened = async () => {
      const found = await call("open", given);
      put(found.text || "(empty)");
      return found.more ? "the beginning of it" : found.isText ? "" : "no text: in hexadecimal";
    };
    const isFile = node.kind === "file" || node.kind === "same", tools = [];
    if (isFile && node.letter !== "D") {
      tools.push(tool("Open", "jc-open", opened),
                 tool("Into variable", "jc-keep", () => call("keep", { ...given, name: name.value })), name);
    }
    if (isFile && given.layer !== null && node.letter !== "A") {
      tools.push(tool("Compare with below", "jc-compare", async () => put(await call("compare", given))));
    }
    part.replaceChildren(el("div", {}, el("code", {}, `/${node.path}`), " ", ...tools));
  } };
}

export default {
  render({ model, el: node }) {
    const call = caller(model);
    const { body, say } = frame(model, node, { label: model.get("label") });
    let current = null;
    const file = filePart(call, say, () => current);
    const tree = new Tree(call, say, (chosen) => file.choose(chosen));
    const { list, choose } = layerList(model.get("layers"), (layer) => {
      current = layer;
      file.part.replaceChildren();
      tree.show(layer).catch((error) => say(error.message, true));
    });
    body.append(el("div", {}, model.get("summary")), el("div", { class: "jc-layers" }, list, tree.root),
                el("div", { class: "jc-quiet" }, "A added · C changed · D removed"), file.part);
    choose(Math.max(model.get("layers").length - 1, 0));
  },
};
