// One measure of one container as a chart.

export default {
  render({ model, el: node }) {
    const call = caller(model);
    const { body, say } = frame(model, node, { label: model.get("label") });
    const measure = model.get("measure");
    const [title, series, written, limit] = MEASURES[measure];
    let drawn = null;
    const begin = () => {
      drawn = chart(`${title} of ${model.get("container") || "no container"}`, series, written);
      node.setAttribute("aria-label", `${measure} of ${model.get("container") || "no container"}`);
      body.replaceChildren(drawn.node);
    };
    const draw = (state) => {
      const name = model.get("container");
      const line = state.lines.find((one) => one.name === name || (name.length > 11 && one.id.startsWith(name)));
      const marks = line && measure === "memory" ? state.marks.get(line.id) ?? [] : [];
      drawn.update(line ? state.points.get(line.id) ?? [] : [], marks, line ? limit(line) : 0, state.now);
    };
    begin();
    const board = follow(model, node, call, say, draw);
    model.on("change:container", () => { begin(); draw(board.state); });
    return board.end;
  },
};
