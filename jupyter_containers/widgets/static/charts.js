// Courses of numbers over time, drawn as SVG. What is drawn is also said in words.

/** Places of a point: [seconds since the epoch, % of a processor, memory, processes, in, out, read, written]. */
const POINT = { at: 0, cpu: 1, memory: 2, pids: 3, received: 4, sent: 5, read: 6, written: 7 };

const percent = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
const count = (value) => String(Math.round(value));
const rate = (value) => `${sizeText(value)}/s`;

/** What is measured of a container: title, series, how a value is written, the limit of a line. */
const MEASURES = {
  cpu: ["Processor", [["", POINT.cpu]], percent, (line) => line.cpuLimit * 100],
  memory: ["Memory", [["", POINT.memory]], sizeText, (line) => line.memoryLimit],
  network: ["Network", [["in", POINT.received], ["out (dotted)", POINT.sent]], rate, () => 0],
  disk: ["Disk", [["read", POINT.read], ["written (dotted)", POINT.written]], rate, () => 0],
  processes: ["Processes", [["", POINT.pids]], count, (line) => line.pidsLimit],
};

/** A small course without axes; `update(points, limit, marks, words)` draws it again. */
function sparkline(place, width = 90, height = 22) {
  const line = el("polyline", { class: "jc-plot" });
  const limitLine = el("path", { class: "jc-limit" });
  const marksPath = el("path", { class: "jc-mark" });
  const node = el("svg", { role: "img", width, height, viewBox: `0 0 ${width} ${height}`, class: "jc-spark" },
                  limitLine, line, marksPath);
  const update = (points, limit, marks, words, now) => {
    node.setAttribute("aria-label", words);
    node.classList.toggle("jc-hidden", !points.length && !marks.length);
    const first = points.length ? Math.min(points[0][0], ...marks) : now - 60;
    const scale = scaled(points.map((point) => point[place]), limit, first, now, width, height);
    line.setAttribute("points", scale.line(points, place));
    limitLine.setAttribute("d", limit ? `M0 ${scale.y(limit)}H${width}` : "");
    marksPath.setAttribute("d", marks.map((at) => cross(scale.x(at))).join(""));
  };
  return { node, update };
}

function cross(x) {
  return `M${(x - 3).toFixed(1)} 1l6 6m0 -6l-6 6`;
}

function scaled(values, limit, first, last, width, height, top = 6) {
  const highest = Math.max(limit || 0, ...values) || 1;
  const span = Math.max(last - first, 1);
  const x = (at) => 2 + (width - 4) * (at - first) / span;
  const y = (value) => height - 2 - (height - 2 - top) * value / highest;
  const line = (points, place) => points.map((p) => `${x(p[0]).toFixed(1)},${y(p[place]).toFixed(1)}`).join(" ");
  return { x, y, line, highest };
}

/** A course with its axes: series are [title, place]; `update(points, marks, limit, now)` draws it again. */
function chart(title, series, write) {
  const width = 420, height = 130, left = 62, bottom = 18;
  const svg = el("svg", { role: "img", width: "100%", viewBox: `0 0 ${width} ${height}`, class: "jc-chart" });
  const told = el("figcaption", {});
  const node = el("figure", { class: "jc-figure" }, told, svg);
  const update = (points, marks, limit, now) => {
    const first = points.length ? Math.min(points[0][0], ...marks) : now - 60;
    const values = series.flatMap(([, place]) => points.map((point) => point[place]));
    const scale = scaled(values, limit, first, now, width - left, height - bottom, 10);
    const words = captioned(title, series, points, marks, limit, write);
    told.textContent = words;
    svg.setAttribute("aria-label", words);
    const text = (x, y, content, anchor) => el("text", { x, y, "text-anchor": anchor, class: "jc-axis" }, content);
    const inner = el("g", { transform: `translate(${left} 0)` },
      el("path", { class: "jc-base", d: `M0 ${height - bottom - 2}H${width - left}` }),
      limit ? el("path", { class: "jc-limit", d: `M0 ${scale.y(limit)}H${width - left}` }) : null,
      ...series.map(([, place], number) =>
        el("polyline", { class: number ? "jc-plot jc-second" : "jc-plot", points: scale.line(points, place) })),
      ...marks.map((at) => el("path", { class: "jc-mark", d: `${cross(scale.x(at))}M${scale.x(at).toFixed(1)} 8`
                                                            + `V${height - bottom - 2}` })));
    svg.replaceChildren(inner,
      text(left - 6, 14, write(scale.highest), "end"),
      text(left - 6, height - bottom, write(0), "end"),
      text(left, height - 4, clock(first), "start"),
      text(width - 2, height - 4, clock(now), "end"));
  };
  return { node, update };
}

function captioned(title, series, points, marks, limit, write) {
  const last = points[points.length - 1];
  const now = series.map(([name, place]) => `${name ? `${name} ` : ""}${last ? write(last[place]) : "no samples"}`);
  const told = [`${title}: ${now.join(", ")}`];
  if (limit) told.push(`limit ${write(limit)} (dashed)`);
  if (marks.length) told.push(`✗ memory ran out at ${marks.slice(-3).map(clock).join(", ")}`);
  return told.join("; ");
}

function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}
