// Pictures that the kernel drew, put in without trusting them: what a settled picture may have, and nothing else.

const KEPT = new Set(["DIV", "SPAN", "PRE", "CODE", "B", "U", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "DETAILS",
                      "SUMMARY", "PROGRESS", "METER", "IMG"]);
const KEPT_ATTRIBUTES = ["value", "max", "min", "alt"];

/** Return HTML as nodes, made anew of the elements that are kept; all others are left out with what is in them. */
function pictured(html) {
  // A parsed document of its own runs nothing and fetches nothing.
  return copied(new DOMParser().parseFromString(html, "text/html").body);
}

function copied(from) {
  const made = document.createDocumentFragment();
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) made.append(child.textContent);
    else if (child.nodeType === Node.ELEMENT_NODE && KEPT.has(child.tagName)) made.append(copiedElement(child));
  }
  return made;
}

function copiedElement(from) {
  const node = document.createElement(from.tagName);
  for (const name of KEPT_ATTRIBUTES) if (from.hasAttribute(name)) node.setAttribute(name, from.getAttribute(name));
  const style = from.getAttribute("style");
  if (style && !/url|expression|@/i.test(style)) node.style.cssText = style;
  const source = from.getAttribute("src");
  if (from.tagName === "IMG" && source && source.startsWith("data:image/")) node.src = source;
  node.append(copied(from));
  return node;
}
