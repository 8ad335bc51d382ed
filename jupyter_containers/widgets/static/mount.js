// Where a widget appears: in the place of the picture that an output keeps. The output itself is a picture that anybody
// can read; it carries a mark, and the widget is put beside it and hides it for as long as the mark is there.

// How long changes of the page are gathered before marks are looked for.
const GATHERED_MS = 30;
// Until a widget that was closed is taken away: what its kernel leaves in its place is on its way.
const LEAVING_MS = 500;

/** Tell whether the kernel of a model is there: what a kernel that is gone has shown stays in the page. */
function kernelLives(model) {
  const kernel = model.widget_manager?.kernel;
  const isGone = ["restarting", "autorestarting", "dead", "terminating", "unknown"].includes(kernel?.status);
  return !isGone && kernel?.connectionStatus !== "disconnected";
}

export default { initialize({ model }) {
  const shown = model.get("shown");
  const mark = `jc-at-${shown}`;
  // Outputs, and what has been put beside each.
  const mounted = new Map();

  const leave = (output) => {
    const { host, view } = mounted.get(output);
    mounted.delete(output);
    output.style.removeProperty("display");
    // What is taken away has to be in the page: the library makes an error of it.
    if (view && !host.isConnected) document.body.append(host);
    view?.remove();
    host.remove();
  };
  const enter = async (output) => {
    const host = el("div", { class: "jp-OutputArea-output jc-mount" });
    const one = { host, view: null };
    mounted.set(output, one);
    try {
      const target = await model.widget_manager.get_model(shown);
      const view = await model.widget_manager.create_view(target);
      if (mounted.get(output) !== one || !output.isConnected) {
        view.remove();
        if (mounted.get(output) === one) mounted.delete(output);
        return;
      }
      output.after(host);
      output.style.display = "none";
      one.view = view;
      // An output may have been taken out of the page, and its widget with it, which ends only now.
      target.once("destroy", () => { if (mounted.get(output) === one && !host.isConnected) leave(output); });
      // Boxes want to be told that they are in the page, in the way of the library that all these views are made of.
      const { luminoWidget } = view;
      luminoWidget.constructor.attach(luminoWidget, host);
      model.send({ seen: true });
    } catch (error) {
      // The picture is there still.
      if (mounted.get(output) === one) leave(output);
      console.warn(error);
    }
  };
  const leaveUnmarked = () => {
    for (const output of [...mounted.keys()]) if (!output.getElementsByClassName(mark).length) leave(output);
  };
  const look = () => {
    leaveUnmarked();
    for (const found of document.getElementsByClassName(mark)) {
      const output = found.closest(".jp-OutputArea-output") ?? found.parentElement;
      if (!mounted.has(output)) enter(output);
    }
  };
  let soon = 0;
  const observer = new MutationObserver(() => {
    // At once: a picture that has taken the place of one with a mark is the one that stays.
    leaveUnmarked();
    if (!soon) soon = setTimeout(() => { soon = 0; look(); }, GATHERED_MS);
  });
  observer.observe(document.body, { childList: true, subtree: true });
  model.on("comm:close", () => setTimeout(() => {
    look();
    observer.disconnect();
    if (kernelLives(model)) for (const output of [...mounted.keys()]) leave(output);
  }, LEAVING_MS));
  // An output that is scrolled out of sight may not be in the page yet.
  if (document.querySelector(".jp-Notebook")) model.send({ seen: true });
  look();
} };
