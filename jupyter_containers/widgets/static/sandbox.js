// A sandbox that has ended: which of its files are to be kept, and Discard and Save beside it.

function sandboxFiles(model) {
  const boxes = [];
  const folder = model.get("folder");
  const rows = model.get("files").map(([letter, path, kind, size, inside], index) => {
    const box = el("input", { type: "checkbox", checked: inside });
    boxes.push([index, box]);
    const text = ` ${letter} ${path}${kind === "file" ? "" : ` (${kind})`}`;
    return el("div", {}, el("label", {}, box, el("span", { class: "jc-sandbox-path" }, text),
                            size === null ? null : el("span", { class: "jc-quiet" }, `  ${sizeText(size)}`)));
  });
  const more = model.get("more");
  if (more) rows.push(el("div", { class: "jc-quiet" }, `${more} more: %container sandbox keep ${model.get("name")} PATH`));
  const title = el("summary", {}, `${boxes.length} to choose from; those in ${folder} are chosen`);
  return { node: el("details", { open: rows.length <= 8 }, title, ...rows),
           chosen: () => boxes.filter(([, box]) => box.checked).map(([index]) => index) };
}

export default {
  render({ model, el: node }) {
    const call = caller(model);
    const name = model.get("name");
    const files = sandboxFiles(model);
    const keep = el("button", { class: "jc-button jc-sandbox-keep" }, "Keep…");
    const discard = el("button", { class: "jc-button jc-sandbox-discard" }, "Discard…");
    const image = el("input", { type: "text", "aria-label": "name of the image", placeholder: "image name", size: 14 });
    const save = el("button", { class: "jc-button jc-sandbox-save" }, "Save as image");
    const { body, say } = frame(model, node, { label: name, tools: [keep, discard, image, save] });
    const said = el("pre", { class: "jc-sandbox-said" });
    body.append(files.node, said);
    keep.onclick = () => act(keep, say, async () => {
      const chosen = files.chosen();
      if (!chosen.length) return "choose files first";
      const { count, refused } = await call("ask", { files: chosen });
      if (count && !(await confirmed(body, `Make ${count} change${count === 1 ? "" : "s"} here?`, "Keep"))) {
        return "nothing has been changed here";
      }
      said.textContent = count ? await call("keep", { files: chosen }) : refused;
      return count ? "kept" : "nothing of it can be kept";
    });
    discard.onclick = () => act(discard, say, async () => {
      if (!(await confirmed(body, `Throw away ${name} with all that changed in it?`, "Discard"))) return "";
      await call("discard");
      return "";
    });
    save.onclick = () => act(save, say, async () => {
      if (!image.value.trim()) return "name the image first";
      return call("save", { name: image.value.trim() });
    });
  },
};
