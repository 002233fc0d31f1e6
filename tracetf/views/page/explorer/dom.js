/**
 * Elements, made by hand: text is always text, so nothing in a trace can become markup.
 *
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Record<string, string | number | boolean | ((event: any) => void) | undefined>} Properties
 * @typedef {[string, Record<string, string>, ...any]} MathNode a tag, its attributes, then texts and nodes
 */

const HTML = "http://www.w3.org/1999/xhtml";
const MATHML = "http://www.w3.org/1998/Math/MathML";

/** Make an element; a function among the properties listens, `true` is a bare attribute.
 * @param {string} tag @param {Properties} [properties] @param {...Child} children @returns {HTMLElement} */
function h(tag, properties = {}, ...children) {
  return /** @type {HTMLElement} */ (make(HTML, tag, properties, children));
}

/** Make a formula from the tree that Python made of its TeX.
 * @param {MathNode} tree @returns {Element} */
function math([tag, attributes, ...children]) {
  const inside = children.map((child) =>
    Array.isArray(child) ? math(/** @type {MathNode} */ (child)) : child,
  );
  return make(MATHML, tag, attributes, inside);
}

/** @param {string} space @param {string} tag @param {Properties} properties @param {Child[]} children */
function make(space, tag, properties, children) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(properties)) {
    const aria = name.startsWith("aria-"); // where true and false are words
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && (aria || value !== false))
      element.setAttribute(name, value === true && !aria ? "" : String(value));
  }
  element.append(
    ...children.filter((child) => child || child === 0).map((child) => /** @type {any} */ (child)),
  );
  return element;
}

/** Words of the trace, not of the page: never translated, and never steering the text around them.
 * @param {string} text @param {string} [kind] */
function data(text, kind = "") {
  return h("bdi", { translate: "no", class: kind || undefined }, text);
}

/** Make a button.
 * @param {Child} face @param {() => void} click @param {Properties} [properties] */
function button(face, click, properties = {}) {
  return h("button", { type: "button", ...properties, click }, face);
}

/** Say which of several buttons is the current one.
 * @param {Iterable<Element>} buttons @param {Element | undefined} current @param {string} [attribute] */
function choose(buttons, current, attribute = "aria-pressed") {
  for (const one of buttons) one.setAttribute(attribute, String(one === current));
}
