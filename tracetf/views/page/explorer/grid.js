/**
 * A matrix on the screen: a table of numbers, or where it is too large for one, a strip of colours with a
 * window of numbers below it.
 *
 * @typedef {{ row: number | null, column: number | null }} Mark null stands for a whole row or column
 * @typedef {{ point?: (row: number, column: number) => void, pin?: (row: number, column: number) => void,
 *   leave?: () => void }} Listener
 */

const MOST_COLUMNS = 16;
const MOST_ROWS = 24;
const WINDOW = 12;

class Grid {
  /** @param {Stage} stage @param {Matrix} matrix
   * @param {Listener} [listener] of a result, in which one can move */
  constructor(stage, matrix, listener) {
    this.stage = stage;
    this.matrix = matrix;
    this.listener = listener ?? {};
    /** @type {number[]} */ this.shownRows = [];
    /** @type {number[]} */ this.shownColumns = [];
    this.wide = matrix.columns > MOST_COLUMNS || matrix.rows > MOST_ROWS;
    this.numbers = this.interactive || !this.wide; // of what was read, a strip says enough at first
    /** @type {Mark} */ this.mark = { row: null, column: null };
    /** @type {Map<string, HTMLElement>} */ this.cells = new Map();
    this.strip = this.wide ? new Strip(stage, matrix, this.listener) : undefined;
    const reached = this.interactive ? {} : { tabindex: 0, role: "group", "aria-label": this._name() };
    this.window = h("div", { class: "scroll", ...reached });
    this.root = h("div", { class: "grid" }, this.strip?.root, this.window);
    this._fill();
  }

  get interactive() {
    return Boolean(this.listener.pin);
  }

  /** Open or close the window of numbers. @returns {boolean} whether it is open now */
  toggle() {
    this.numbers = !this.numbers;
    this._fill();
    this.highlight(this.mark);
    return this.numbers;
  }

  /** Show which cells are meant. @param {Mark} mark */
  highlight(mark) {
    this.mark = mark;
    if (this.wide && this.numbers && !this._shows(mark)) this._fill();
    for (const [key, cell] of this.cells) {
      const [row, column] = key.split(",").map(Number);
      const marked =
        (mark.row ?? row) === row && (mark.column ?? column) === column && (mark.row ?? mark.column) !== null;
      cell.classList.toggle("marked", marked);
      if (!this.interactive) continue;
      const current = marked && mark.row === row && mark.column === column;
      cell.tabIndex = current ? 0 : -1;
      cell.setAttribute("aria-selected", String(current));
    }
    for (const header of this.window.querySelectorAll("th[data-row], th[data-column]")) {
      const { row, column } = /** @type {HTMLElement} */ (header).dataset;
      header.classList.toggle(
        "marked",
        row === undefined ? column === String(mark.column) : row === String(mark.row),
      );
    }
    this.strip?.highlight(mark, this._columns(), this.numbers && this.matrix.columns > MOST_COLUMNS);
  }

  /** Put the keyboard on the current cell. */
  focus() {
    this.cells.get(`${this.mark.row},${this.mark.column}`)?.focus({ preventScroll: false });
  }

  /** @param {Mark} mark */
  _shows(mark) {
    return (
      (mark.row === null || this.shownRows.includes(mark.row)) &&
      (mark.column === null || this.shownColumns.includes(mark.column))
    );
  }

  /** The columns of the window: around the one that is meant. */
  _columns() {
    return around(
      this.matrix.order,
      this.mark.column,
      this.matrix.columns > MOST_COLUMNS ? WINDOW : MOST_COLUMNS,
    );
  }

  _fill() {
    this.cells.clear();
    if (!this.numbers) {
      this.window.replaceChildren();
      return;
    }
    this.shownColumns = this._columns();
    const rows = Array.from({ length: this.matrix.rows }, (_, i) => i);
    this.shownRows = this.matrix.rows > MOST_ROWS ? around(rows, this.mark.row, WINDOW) : rows;
    this.window.replaceChildren(this._table());
  }

  _table() {
    const { matrix } = this;
    const heads = this.shownColumns.map((column) =>
      h("th", { scope: "col", "data-column": column }, data(matrix.columnName(column))),
    );
    const body = this.shownRows.map((row) =>
      h("tr", {}, this._rowHead(row), ...this.shownColumns.map((column) => this._cell(row, column))),
    );
    const labelled = this.shownColumns.some((column) => matrix.columnName(column));
    return h(
      "table",
      {
        class: this.shownColumns.length > WINDOW ? "numbers many" : "numbers",
        role: this.interactive ? "grid" : undefined,
        "aria-label": this._name(),
      },
      labelled && h("thead", {}, h("tr", {}, h("td"), ...heads)),
      h("tbody", {}, ...body),
    );
  }

  _name() {
    return this.matrix.source.parameter ?? this.matrix.event?.facts.path ?? this.matrix.source.name;
  }

  /** @param {number} row */
  _rowHead(row) {
    const { matrix } = this;
    const predicted = this.interactive ? matrix.predicted(row) : undefined;
    const arrow =
      predicted === undefined ? undefined : h("span", { class: "predicts" }, " → ", data(predicted));
    return h("th", { scope: "row", "data-row": row }, data(matrix.rowName(row)), arrow);
  }

  /** @param {number} row @param {number} column */
  _cell(row, column) {
    const { matrix, listener } = this;
    const hidden = matrix.hidden(row, column);
    const cell = h(
      "td",
      {
        class: `${hidden || matrix.kind}`,
        title: hidden ? this.stage.say(`hidden_${hidden}`) : undefined,
        tabindex: this.interactive ? -1 : undefined,
        pointerenter: listener.point && (() => listener.point?.(row, column)),
        click: listener.pin && (() => listener.pin?.(row, column)),
      },
      h("span", { translate: "no" }, matrix.written(row, column)),
    );
    shade(cell, matrix.strength(row, column));
    this.cells.set(`${row},${column}`, cell);
    return cell;
  }
}

/** Lay the colour of a number under it. @param {HTMLElement} cell @param {number} strength −1 … 1 */
function shade(cell, strength) {
  cell.style.setProperty("--strength", Math.abs(strength).toFixed(3));
  cell.classList.toggle("below", strength < 0);
}

/** As many of a list as fit, around one of them.
 * @param {number[]} list @param {number | null} middle @param {number} most */
function around(list, middle, most) {
  const place = middle === null ? 0 : list.indexOf(middle);
  const start = Math.max(0, Math.min(place - Math.floor(most / 2), list.length - most));
  return list.slice(start, start + most);
}
