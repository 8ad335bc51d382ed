// Something that runs: its picture, and Stop.

export default { render({ model, el: node }) {
  const call = caller(model);
  const label = model.get("label") || "running";
  const picture = el("div", { class: "jc-body jp-RenderedHTMLCommon" });
  const sentence = el("span", { class: "jc-sentence", role: "status", "aria-live": "polite" });
  const say = (text, bad = false) => {
    sentence.textContent = text;
    sentence.classList.toggle("jc-bad", bad);
  };
  const stop = el("button", { class: "jc-button jc-danger jc-stop", title: "Stop, as Interrupt does; again: kill",
                              onclick: () => act(stop, say, () => call("stop")) }, "■ Stop");
  node.classList.add("jc-view");
  node.setAttribute("role", "region");
  node.setAttribute("aria-label", label);
  node.append(picture, el("div", { class: "jc-bar jc-foot" }, stop, sentence));
  const draw = (html) => picture.replaceChildren(pictured(html));
  sayWhenGone(model, node, (text, bad) => { clearInterval(knocking); say(text, bad); });
  const end = listen(model, "picture", (message) => draw(message.html));
  // JupyterLab makes the subshell for a kind of widget when its first message goes out, and that one still waits for
  // the cell to end: it is sent again until one is answered.
  const knock = () => call("here").then((html) => { clearInterval(knocking); draw(html); }, () => {});
  const knocking = setInterval(knock, 250);
  knock();
  return () => { clearInterval(knocking); end(); };
} };
