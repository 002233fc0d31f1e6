/**
 * How a number came about: where it was read from, the arithmetic in numbers, and its result.
 *
 * @typedef {string | { sup: string } | { say: string }} Part a text, an exponent, or a key of the words
 * @typedef {{ columns: Spot, rows: { name: string, values: number[] }[], chosen?: number }} Terms
 * @typedef {{ value?: number, from: Spot[], said: () => Part[], terms?: () => Terms, signs?: string,
 *   missing?: Source, absent?: Map<number, string> }} Account
 *   `said` and `terms` are written only when somebody looks; `signs` stand between what was read, a letter each;
 *   `absent` are the names of what is not in the page, by their places in what was read
 * @typedef {(reads: Source[], at: number[], event: Recorded) => Account} Explainer
 */

/** The explainers, by the key of the step: one small function for each row of the table of steps.
 * @type {Record<string, Explainer>} */
const EXPLAINERS = {};

/** Compute, unless something that is read is not in the page.
 * @param {Spot[]} from @param {() => Omit<Account, "from">} compute @param {string} [signs] @returns {Account} */
function account(from, compute, signs) {
  const lacking = from.find((spot) => !spot.fits);
  const there = from.filter((spot) => spot.fits);
  const absent = new Map(from.flatMap((spot, i) => (spot.fits ? [] : [[i, spot.source.name]])));
  if (lacking) return { from: there, signs, said: () => [], missing: lacking.source, absent };
  return { from: there, signs, ...compute() };
}

/** @param {Spot} a @param {Spot} b @param {Spot} [bias] @returns {Account} */
function dot(a, b, bias) {
  const from = bias ? [a, b, bias] : [a, b];
  return account(
    from,
    () => {
      const products = a.values.map((value, i) => value * b.values[i]);
      const value = total(products) + (bias ? bias.value : 0);
      const said = () => {
        const written = shortened(a.values.map((x, i) => `${term(x)} × ${term(b.values[i])}`));
        const names = `${label(a)} · ${label(b)}`;
        return bias
          ? [`${names} + ${label(bias)} = ${written} + ${term(bias.value)}`]
          : [`${names} = ${written}`];
      };
      const rows = [
        { name: a.source.name, values: a.values },
        { name: b.source.name, values: b.values },
        { name: "×", values: products },
      ];
      return { value, said, terms: () => ({ columns: a, rows }) };
    },
    "·+",
  );
}

/** @param {Spot} row scores @param {number} chosen @returns {Account} */
function softmax(row, chosen) {
  return account([row], () => {
    const most = Math.max(...row.values);
    const powers = row.values.map((score) => Math.exp(score - most));
    const sum = total(powers);
    const name = row.source.name;
    return {
      value: powers[chosen] / sum,
      said: () => ["e", { sup: `${exact(row.values[chosen])} − ${term(most)}` }, " ÷ ", exact(sum)],
      terms: () => ({
        columns: row,
        chosen,
        rows: [
          { name, values: row.values },
          { name: `e^(${name} − ${term(most)})`, values: powers },
          { name: `÷ ${exact(sum)}`, values: powers.map((power) => power / sum) },
        ],
      }),
    };
  });
}

/** One number of a row, minus log Σ exp of the row.
 * @param {Spot} row logits @param {number} chosen @returns {Account} */
function logSoftmax(row, chosen) {
  const most = () => Math.max(...row.values);
  const sum = () => total(row.values.map((score) => Math.exp(score - most())));
  return formula(
    [row],
    () => row.values[chosen] - most() - Math.log(sum()),
    () => [
      `${exact(row.values[chosen])} − log Σ e`,
      { sup: row.source.name },
      ` = ${exact(row.values[chosen])} − `,
      term(most() + Math.log(sum())),
    ],
  );
}

/** A number that is another number, moved. @param {Spot} spot @returns {Account} */
function copy(spot) {
  return account([spot], () => ({ value: spot.value, said: () => [label(spot)] }));
}

/** @param {Spot} a @param {Spot} b @returns {Account} */
function sum(a, b) {
  const said = () => [`${label(a)} + ${label(b)} = ${exact(a.value)} + ${term(b.value)}`];
  return account([a, b], () => ({ value: a.value + b.value, said }), "+");
}

/** @param {Spot[]} from @param {() => number} value @param {() => Part[]} said @param {string} [signs]
 * @returns {Account} */
function formula(from, value, said, signs) {
  return account(from, () => ({ value: value(), said }), signs);
}

/** @param {number[]} values @returns {number} */
function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

/** @param {string[]} written terms @returns {string} the first, the last, and that there are more */
function shortened(written) {
  if (written.length <= 4) return written.join(" + ");
  return `${written[0]} + ${written[1]} + … + ${written.at(-1)}`;
}

/** Name a spot: `Q[am]`, `W_Q[·, 3]`, `γ[5]`. @param {Spot} spot @returns {string} */
function label({ source, index }) {
  const { event } = source;
  const leading = event ? leadingAxes(event) : Math.max(0, index.length - 2);
  const sentence = event && event.facts.axes[0] === "batch" ? index[0] : 0;
  const inner = index.slice(leading).map((i, k) => {
    if (i === ALL) return "·";
    return event?.words(leading + k, sentence)?.[i] ?? String(i);
  });
  if (inner.at(-1) === "·") inner.pop();
  return inner.length ? `${source.name}[${inner.join(", ")}]` : source.name;
}

/** How many axes come before those of the matrix: sentence, head, and whatever else.
 * @param {Recorded} event @returns {number} */
function leadingAxes(event) {
  const rest = event.facts.axes[0] === "batch" ? 1 : 0;
  return Math.max(rest, event.shape.length - 2);
}
