/** "How this number came about": the arithmetic with its numbers, recomputed here, and its Δ to the record. */

const MOST_TERMS = 16;
const LARGEST_TERMS = 12;

/** @param {Stage} stage
 * @returns {View & { show: (row: number, column: number, told: Explanation) => void }} */
function accountView(stage) {
  const root = h("section", { class: "account", "aria-live": "polite", tabindex: 0 });

  /** @param {number} row @param {number} column @param {Explanation} told */
  function show(row, column, told) {
    const { matrix, event } = stage;
    const words = [matrix.inner.length > 1 ? matrix.rowName(row) : "", matrix.columnName(column)].filter(
      (word) => word,
    );
    const place = words.length ? `[${words.join(", ")}]` : "";
    const heads = Object.entries(stage.state.place).filter(
      ([axis]) => axis !== "batch" && event.facts.axes.indexOf(axis) in matrix.leading,
    );
    const where = heads.map(([axis, i]) => ` · ${axisName(stage, axis)} ${i}`).join("");
    root.setAttribute("aria-label", stage.say("how"));
    root.replaceChildren(
      h("h3", {}, stage.say("how"), " ", h("code", {}, data(`${event.name}${place}`)), where),
      ...verdict(stage, event, matrix.value(row, column), told),
    );
  }
  return { root, show };
}

/** @param {Stage} stage @param {Recorded} event @param {number} recorded @param {Explanation} told
 * @returns {HTMLElement[]} */
function verdict(stage, event, recorded, { account: found, delta, agrees }) {
  const written = event.numbers.kind === "real" ? exact(recorded) : digits(recorded, event.numbers.kind);
  const is = h("strong", { class: "is", translate: "no" }, written);
  if (!found) return [h("p", { class: "sum" }, is), h("p", {}, stage.say(reason(event)))];
  if (found.missing) {
    const name = h("code", {}, data(found.missing.name));
    return [
      h("p", { class: "sum" }, is),
      h("p", {}, name, " ", stage.say(`missing_${found.missing.missing ?? "shape"}`)),
    ];
  }
  const check = h(
    "span",
    { class: agrees ? "agrees" : "differs" },
    agrees ? "✓ " : "✗ ",
    stage.say("recomputed"),
    " ",
    h("span", { translate: "no" }, `Δ ${distance(delta ?? NaN)}`),
  );
  const sum = h(
    "p",
    { class: "sum" },
    h("span", { translate: "no" }, ...found.said().map((part) => said(stage, part)), " = "),
    is,
    " ",
    check,
  );
  return found.terms ? [sum, termsTable(stage, found.terms())] : [sum];
}

/** Why there is no arithmetic to show. @param {Recorded} event @returns {string} a key of the words */
function reason({ step, facts }) {
  if (!step) return "unknown";
  if (step.given) return "given";
  if (facts.axes[0] === "statistic") return "summary";
  return step.ours ? "missing_shape" : "own";
}

/** @param {Stage} stage @param {Part} part @returns {Child} */
function said(stage, part) {
  if (typeof part === "string") return part;
  if ("sup" in part) return h("sup", {}, part.sup);
  return h("span", { translate: "yes" }, stage.say(part.say));
}

/** The terms of a sum: all of them, or the largest and what is left.
 * @param {Stage} stage @param {Terms} terms */
function termsTable(stage, { columns, rows, chosen }) {
  const all = columns.values.map((_, i) => i);
  const last = rows[rows.length - 1].values;
  const many = all.length > MOST_TERMS;
  const largest = many
    ? [...all].sort((a, b) => Math.abs(last[b]) - Math.abs(last[a])).slice(0, LARGEST_TERMS)
    : all;
  const most = Math.max(...last.map(Math.abs)) || 1;
  const rest = many ? total(last) - total(largest.map((i) => last[i])) : undefined;
  const head = largest.map((i) =>
    h("th", { scope: "col", class: i === chosen ? "marked" : undefined }, data(termName(columns, i))),
  );
  const body = rows.map(({ name, values }, line) => {
    const cells = largest.map((i) =>
      termCell(values[i], line === rows.length - 1 ? values[i] / most : 0, i === chosen),
    );
    const left =
      rest === undefined
        ? undefined
        : h("td", { translate: "no" }, line === rows.length - 1 ? exact(rest) : "");
    return h("tr", {}, h("th", { scope: "row" }, data(name)), ...cells, left);
  });
  const more =
    rest === undefined
      ? undefined
      : h("th", { scope: "col" }, stage.say("others", { count: all.length - largest.length }));
  const table = h(
    "table",
    { class: largest.length > LARGEST_TERMS ? "terms many" : "terms", "aria-label": stage.say("terms") },
    h("thead", {}, h("tr", {}, h("td"), ...head, more)),
    h("tbody", {}, ...body),
  );
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "group", "aria-label": stage.say("terms") },
    many
      ? h("p", { class: "faint" }, stage.say("largest", { count: largest.length, of: all.length }))
      : undefined,
    table,
  );
}

/** @param {number} value @param {number} strength @param {boolean} chosen */
function termCell(value, strength, chosen) {
  const cell = h("td", { class: chosen ? "marked" : undefined, translate: "no" }, digits(value));
  shade(cell, strength);
  return cell;
}

/** @param {Spot} spot @param {number} i @returns {string} */
function termName({ source, index, axis }, i) {
  const { event } = source;
  const sentence = event?.facts.axes[0] === "batch" ? index[0] : 0;
  return event?.words(axis, sentence)?.[i] ?? String(i);
}
