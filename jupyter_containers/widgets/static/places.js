// Networks and volumes as a graph, and what takes how much disk.

const KINDS = [["Containers", "containers"], ["Images", "images"], ["Local Volumes", "volumes"],
               ["Build Cache", "build cache"]];

function placesPanel(panel, call, say) {
  return filled(panel, say, "jc-map-again", "what was found", async (content) => {
    const found = await call("map");
    content.replaceChildren(graph(found), inWords(found));
  });
}

/** Networks at the left, containers, volumes at the right, and lines between. */
function graph(found) {
  const step = 30, width = 760, box = 200, columns = [["networks", 0], ["containers", 280], ["volumes", 560]];
  const height = step * Math.max(1, ...columns.map(([name]) => found[name].length)) + 28;
  const middle = (place) => 24 + place * step + 11;
  const lines = [
    ...found.on.map(([one, to]) => `M${box} ${middle(to)}C${box + 40} ${middle(to)} 240 ${middle(one)} 280 ${middle(one)}`),
    ...found.has.map(([one, to]) => `M${280 + box} ${middle(one)}C520 ${middle(one)} 520 ${middle(to)} 560 ${middle(to)}`),
  ];
  const boxes = columns.flatMap(([name, left]) => [
    el("text", { x: left, y: 14, class: "jc-axis" }, name),
    ...found[name].map((one, place) => el("g", { transform: `translate(${left} ${24 + place * step})` },
      el("rect", { width: box, height: 22, rx: 4, class: `jc-box jc-box-${name}` }),
      el("text", { x: 8, y: 15, class: "jc-axis jc-strong" }, shortened(one.name, 26)),
      el("title", {}, `${one.name}: ${one.told}`))),
  ]);
  return el("svg", { role: "img", viewBox: `0 0 ${width} ${height}`, width, height, class: "jc-graph",
                     "aria-label": "networks, containers and volumes, and what is on which; in words below" },
            el("path", { class: "jc-edge", d: lines.join("") }), ...boxes);
}

/** The graph for those who do not see it. */
function inWords(found) {
  const of = (edges, names, number) => edges.filter(([one]) => one === number).map(([, to]) => names[to].name).join(", ");
  const rows = found.containers.map((one, number) => [one.name, one.told, of(found.on, found.networks, number) || "–",
                                                      of(found.has, found.volumes, number) || "–"]);
  return el("details", {}, el("summary", {}, "in words"),
            listed(["Container", "State", "On networks", "Has volumes"], rows),
            el("div", {}, `networks: ${found.networks.map((one) => one.name).join(", ") || "none"}`),
            el("div", {}, `volumes: ${found.volumes.map((one) => one.name).join(", ") || "none"}`));
}

function diskPanel(panel, call, say) {
  const asked = el("div");
  const prune = (what, load) => {
    const button = el("button", { class: `jc-button jc-danger jc-prune-${what.replace(" ", "-")}` }, `Prune ${what}…`);
    button.onclick = () => act(button, say, async () => {
      if (!(await confirmed(asked, PRUNED[what], "Remove"))) return "";
      const { said } = await call("prune", { what });
      await load();
      return said;
    });
    return button;
  };
  panel.append(asked);
  return filled(panel, say, "jc-disk-again", "what was found", async function fill(content) {
    say("measuring…");
    const { rows } = await call("disk");
    say("");
    const kinds = new Map(KINDS);
    content.replaceChildren(
      listed(["Kind", "In all", "In use", "Size", "Free if pruned", "Action"],
             rows.map((row) => [...row, kinds.has(row[0]) ? prune(kinds.get(row[0]), () => fill(content)) : ""])),
      prune("networks", () => fill(content)));
  });
}

const PRUNED = {
  containers: "Remove all containers that do not run, with what they have written?",
  images: "Remove all images that have no name and no container?",
  volumes: "Remove all volumes without a name that no container has?",
  "build cache": "Remove all cached steps of builds that no image has?",
  networks: "Remove all networks that no container is on?",
};
