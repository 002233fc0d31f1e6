/** How a number is written. */

/** Two decimals and a true minus sign; −∞ as such, a truth as ● or ·, an id as it is.
 * @param {number} value @param {"real" | "whole" | "truth"} [kind] @returns {string} */
function digits(value, kind = "real") {
  if (kind === "truth") return value ? "●" : "·";
  if (kind === "whole") return minus(String(value));
  return signed(value, (number) => number.toFixed(2));
}

/** Four decimals, or four figures where that says more: how arithmetic is written out.
 * @param {number} value @returns {string} */
function exact(value) {
  return signed(value, (number) =>
    number !== 0 && Math.abs(number) < 0.1 ? figures(number) : number.toFixed(4),
  );
}

/** @param {number} number @returns {string} */
function figures(number) {
  return Math.abs(number) < 1e-4 ? number.toExponential(2) : String(Number(number.toPrecision(4)));
}

/** A number as a factor or term: in brackets if it is negative.
 * @param {number} value @returns {string} */
function term(value) {
  return value < 0 ? `(${exact(value)})` : exact(value);
}

/** How far two numbers are apart: two figures.
 * @param {number} delta @returns {string} */
function distance(delta) {
  return delta === 0 ? "0" : delta.toExponential(1);
}

/** @param {number} share @returns {string} */
function percent(share) {
  return `${(100 * share).toFixed(1)}%`;
}

/** @param {number} value @param {(number: number) => string} write @returns {string} */
function signed(value, write) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const text = write(value);
  return minus(Number(text) === 0 ? text.replace("-", "") : text);
}

/** @param {string} text @returns {string} */
function minus(text) {
  return text.replace("-", "−");
}
