// The table of containers by itself; the name that is pressed is the trait `selected`.

export default {
  render({ model, el: node }) {
    const call = caller(model);
    const { body, say } = frame(model, node, { label: model.get("label") });
    const choose = (id) => {
      const line = board.state.lines.find((one) => one.id === id);
      table.choose(id);
      table.draw(board.state);
      model.set("selected", line.name);
      model.save_changes();
    };
    const table = containerTable(choose);
    body.append(table.node);
    const board = follow(model, node, call, say, (state) => table.draw(state));
    return board.end;
  },
};
