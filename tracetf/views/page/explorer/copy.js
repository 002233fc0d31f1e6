/** Copy a matrix: as CSV for a spreadsheet, as LaTeX for a paper, as SVG for a slide. */

const FORMATS = { CSV: csv, LaTeX: latex, SVG: svg };

/** @param {Stage} stage @param {Matrix} matrix @returns {HTMLElement} */
function copyMenu(stage, matrix) {
  const told = h("span", { role: "status" });
  const area = /** @type {HTMLTextAreaElement} */ (
    h("textarea", { readonly: true, rows: 6, "aria-label": stage.say("copy"), hidden: true, translate: "no" })
  );
  const choices = Object.entries(FORMATS).map(([name, write]) =>
    button(
      name,
      async () => {
        area.value = write(matrix);
        area.hidden = await copied(area.value);
        told.textContent = stage.say(area.hidden ? "copied" : "copy_by_hand");
        if (!area.hidden) area.select();
      },
      { class: "chip", translate: "no" },
    ),
  );
  return h(
    "details",
    { class: "copy" },
    h("summary", { class: "chip" }, stage.say("copy")),
    h("div", { class: "chips" }, ...choices, told),
    area,
  );
}

/** @param {string} text @returns {Promise<boolean>} whether the clipboard took it */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** @param {Matrix} matrix @returns {string[][]} a heading and then the rows, in full digits */
function lines(matrix) {
  const rows = Array.from({ length: matrix.rows }, (_, row) => [
    rowLabel(matrix, row),
    ...matrix.order.map((column) => String(matrix.value(row, column))),
  ]);
  return [["", ...matrix.order.map((column) => matrix.columnName(column))], ...rows];
}

/** @param {Matrix} matrix @param {number} row @returns {string} */
function rowLabel(matrix, row) {
  const predicted = matrix.predicted(row);
  return predicted === undefined ? matrix.rowName(row) : `${matrix.rowName(row)} → ${predicted}`;
}

/** A label that begins with = + - @ would be run as a formula by a spreadsheet: it gets an apostrophe before it.
 * @param {Matrix} matrix @returns {string} */
function csv(matrix) {
  const field = (/** @type {string} */ text) => {
    const tame =
      /^[=+\-@]/.test(text) && Number.isNaN(Number(text)) && !/^[-+]?Infinity$/.test(text)
        ? `'${text}`
        : text;
    return /[",\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
  };
  return lines(matrix)
    .map((line) => line.map(field).join(","))
    .join("\n");
}

/** @param {Matrix} matrix @returns {string} */
function latex(matrix) {
  const text = (/** @type {string} */ word) => word.replace(/[\\{}$&#%_^~]/g, (sign) => LATEX[sign]);
  const [head, ...body] = lines(matrix);
  const written = (/** @type {number} */ row) =>
    matrix.order.map((column) => `$${tex(matrix.value(row, column), matrix.kind)}$`);
  const rows = [head.map(text), ...body.map(([name], row) => [text(name), ...written(row)])];
  const lined = rows.map((row) => `  ${row.join(" & ")}`).join(" \\\\\n");
  return `\\begin{tabular}{l${"r".repeat(matrix.columns)}}\n${lined}\n\\end{tabular}`;
}

/** @type {Record<string, string>} */
const LATEX = {
  "\\": "\\textbackslash{}",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  "%": "\\%",
  _: "\\_",
};

/** @param {number} value @param {Numbers["kind"]} kind @returns {string} */
function tex(value, kind) {
  if (kind === "truth") return String(value);
  return digits(value, kind).replace("−", "-").replace("∞", "\\infty");
}

/** @param {Matrix} matrix @returns {string} */
function svg(matrix) {
  const [wide, high, left] = [64, 26, 130];
  const box = (/** @type {number} */ i, /** @type {number} */ row, /** @type {number} */ strength) => {
    const [ink, thin] = [strength < 0 ? "#d97706" : "#2563eb", (Math.abs(strength) / 2).toFixed(3)];
    const at = `x="${left + i * wide}" y="${(row + 1) * high}" width="${wide}" height="${high}"`;
    return `<rect ${at} fill="${ink}" fill-opacity="${thin}"/>`;
  };
  const cells = Array.from({ length: matrix.rows }, (_, row) => [
    svgText(left - 8, row, "end", rowLabel(matrix, row)),
    ...matrix.order.map((column, i) => {
      const text = digits(matrix.value(row, column), matrix.kind);
      return (
        box(i, row, matrix.strength(row, column)) + svgText(left + (i + 0.5) * wide, row, "middle", text)
      );
    }),
  ]);
  const heads = matrix.order.map((column, i) =>
    svgText(left + (i + 0.5) * wide, -1, "middle", matrix.columnName(column)),
  );
  const [width, height] = [left + matrix.columns * wide + 8, (matrix.rows + 1) * high + 8];
  const frame = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"`;
  return `<svg ${frame} font-family="monospace" font-size="13">${[...heads, ...cells.flat()].join("")}</svg>`;
}

/** @param {number} x @param {number} row @param {string} anchor @param {string} text @returns {string} */
function svgText(x, row, anchor, text) {
  const safe = text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<text x="${x}" y="${(row + 1) * 26 + 18}" text-anchor="${anchor}">${safe}</text>`;
}
