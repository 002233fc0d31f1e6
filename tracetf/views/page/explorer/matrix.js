/**
 * A matrix as it is drawn: one sentence's, one head's numbers, with the words of its rows and columns.
 *
 * @typedef {"" | "padding" | "later"} Hidden why a number may not be looked at
 */

class Matrix {
  /** @param {Source} source @param {number[]} leading place on the axes before those of the matrix
   * @param {number} sentence whose words stand at its rows and columns */
  constructor(source, leading, sentence = 0) {
    this.source = source;
    this.leading = leading;
    this.sentence = sentence;
    this.numbers = /** @type {Numbers} */ (source.numbers);
    this.kind = this.numbers.kind;
    this.inner = this.numbers.shape.slice(leading.length);
    const [rows, columns] = [1, 1, ...this.inner].slice(-2);
    this.rows = rows;
    this.columns = columns;
    this.event = source.event;
    this.share = Boolean(this.event?.facts.share);
    this.most = this.numbers === this.event?.numbers ? this.event.facts.most : largest(this.numbers.values);
    this.power = this._power();
    this.order = this._order();
  }

  /** The index of a cell in the whole array.
   * @param {number} row @param {number} column @returns {number[]} */
  at(row, column) {
    return [...this.leading, ...[row, column].slice(2 - this.inner.length)];
  }

  /** @param {number} row @param {number} column @returns {number} */
  value(row, column) {
    return this.numbers.values[offset(this.numbers.shape, this.at(row, column))];
  }

  /** @param {number} row @returns {string} */
  rowName(row) {
    if (this.inner.length < 2) return this.source.name;
    const word = this._word(0, row);
    return word ?? (this.rows === 1 && this.axisName(0) === "query" ? "" : String(row));
  }

  /** What the row predicts, if that is known. @param {number} row @returns {string | undefined} */
  predicted(row) {
    if (this.inner.length < 2 || !["query", "token"].includes(this.axisName(0))) return undefined;
    return this.event?.predicts(this.sentence)?.[row];
  }

  /** @param {number} column @returns {string} */
  columnName(column) {
    if (this.inner.length === 0) return this._word(-1, 0) ?? "";
    return (
      this._word(this.inner.length - 1, column) ??
      (this.axisName(this.inner.length - 1) === "one" ? "" : String(column))
    );
  }

  /** A number as it is written in a cell. @param {number} row @param {number} column @returns {string} */
  written(row, column) {
    return digits(this.value(row, column) * 10 ** this.power, this.kind);
  }

  /** Where a number stands on its scale: ±1 at the ends; ids, truths and −∞ have no place on it.
   * @param {number} row @param {number} column @returns {number} */
  strength(row, column) {
    const value = this.value(row, column);
    if (this.kind !== "real" || !Number.isFinite(value)) return 0;
    return Math.max(-1, Math.min(1, value / this.most));
  }

  /** @param {number} row @param {number} column @returns {Hidden} */
  hidden(row, column) {
    const value = this.value(row, column);
    const shut = value === -Infinity || (this.kind === "truth" && !value && this.axisName(1) === "key");
    if (!shut) return "";
    return this.columnName(column) === this.event?.run.facts.padding ? "padding" : "later";
  }

  /** The cell to begin with: the largest share, or the first. @returns {[number, number]} */
  get first() {
    if (!this.share) return [0, this.order[0] ?? 0];
    let best = /** @type {[number, number]} */ ([0, 0]);
    for (let row = 0; row < this.rows; row++)
      for (let column = 0; column < this.columns; column++)
        if (this.value(row, column) > this.value(...best)) best = [row, column];
    return best;
  }

  /** The power of ten that brings small numbers into two decimals. @returns {number} */
  _power() {
    if (this.kind !== "real" || this.share || this.most >= 0.1) return 0;
    return -Math.floor(Math.log10(this.most));
  }

  /** Columns in the order they are shown in: of a vocabulary, the last row's largest first. */
  _order() {
    const columns = Array.from({ length: this.columns }, (_, i) => i);
    if (this.axisName(this.inner.length - 1) !== "vocabulary") return columns;
    const last = columns.map((column) => this.value(this.rows - 1, column));
    return columns.sort((a, b) => last[b] - last[a]);
  }

  /** What an axis of the matrix is called. @param {number} axis @returns {string} */
  axisName(axis) {
    return this.event?.facts.axes[this.leading.length + axis] ?? "";
  }

  /** @param {number} axis @param {number} place */
  _word(axis, place) {
    return this.event?.words(this.leading.length + axis, this.sentence)?.[place];
  }
}

/** @param {ArrayLike<number>} values @returns {number} the largest |number|, or 1 if that is nothing */
function largest(values) {
  return (
    Array.from(values).reduce(
      (most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0),
      0,
    ) || 1
  );
}

/** The matrix of an event at a place of the explorer.
 * @param {Recorded} event @param {Place} place @returns {Matrix} */
function matrixOf(event, place) {
  const source = new Source(event.name, event.numbers, { event });
  return new Matrix(source, leadingOf(event, place), place.batch ?? 0);
}

/** @param {Recorded} event @param {Place} place @returns {number[]} */
function leadingOf(event, place) {
  return event.shape
    .slice(0, leadingAxes(event))
    .map((length, i) => Math.min(place[event.facts.axes[i]] ?? 0, length - 1));
}
