// The dashboard: the table of containers with one of them below, networks and volumes, the disk.

export default {
  render({ model, el: node }) {
    const call = caller(model);
    const { body, say } = frame(model, node, { label: model.get("label") });
    let close = null, chosen = null;
    const below = el("div");
    const table = containerTable((id) => choose(id === chosen ? null : id));
    const choose = (id) => {
      const before = chosen;
      chosen = id;
      table.choose(id);
      close = id && closeup(call, say, board.state, id, () => choose(null));
      below.replaceChildren(...(close ? [close.node] : []));
      draw(board.state);
      if (!id) table.focus(before);
    };
    const draw = (state) => {
      table.draw(state);
      if (chosen && !state.lines.some((line) => line.id === chosen)) choose(null);
      close?.update();
    };
    const pages = { containers: (panel) => panel.append(table.node, below),
                    places: (panel) => placesPanel(panel, call, say), disk: (panel) => diskPanel(panel, call, say) };
    const top = tabs("pages", [["containers", "Containers"], ["places", "Networks and volumes"], ["disk", "Disk"]],
                     (key, panel) => pages[key](panel));
    body.append(top.node);
    const board = follow(model, node, call, say, draw);
    top.select("containers");
    return board.end;
  },
};
