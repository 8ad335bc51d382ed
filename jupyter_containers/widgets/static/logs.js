// The logs of one container.

export default {
  render({ model, el: node }) {
    const call = caller(model);
    const { body, say } = frame(model, node, { label: model.get("label") });
    const begin = () => {
      body.replaceChildren();
      const id = model.get("container");
      node.setAttribute("aria-label", `logs of ${id || "no container"}`);
      if (id) logsPanel(body, (name, given) => call(name, { id, ...given }), say);
      else body.append(el("div", { class: "jc-quiet" }, "no container is chosen"));
    };
    model.on("change:container", begin);
    begin();
  },
};
