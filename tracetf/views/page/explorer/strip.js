/** A matrix too large for a table, as pixels. */

const TALL = 18;
const WIDEST = 16000; // what every browser can paint

class Strip {
  /** @param {Stage} stage @param {Matrix} matrix @param {Listener} listener */
  constructor(stage, matrix, listener) {
    this.stage = stage;
    this.matrix = matrix;
    this.canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { "aria-hidden": "true" }));
    this.lens = h("div", { class: "lens" });
    this.spot = h("div", { class: "spot" });
    const height = Math.max(3, Math.min(TALL, 190 / matrix.rows));
    this.picture = h(
      "div",
      { class: "picture", pointermove: this._listen(listener.point), click: this._listen(listener.pin) },
      this.canvas,
      this.lens,
      this.spot,
    );
    this.picture.style.height = `${height * matrix.rows}px`;
    this.labels =
      height < 13
        ? []
        : Array.from({ length: matrix.rows }, (_, row) => h("span", {}, data(matrix.rowName(row))));
    this.root = h(
      "div",
      { class: "strip" },
      h("div", { class: "labels", "aria-hidden": "true" }, ...this.labels),
      this.picture,
    );
    stage.paint(this.canvas, matrix);
  }

  /** @param {Mark} mark @param {number[]} window the columns that are shown in numbers
   * @param {boolean} open */
  highlight(mark, window, open) {
    const { rows, columns, order } = this.matrix;
    place(
      this.spot,
      [mark.row ?? 0, mark.row === null ? rows : 1, rows],
      [mark.column === null ? 0 : order.indexOf(mark.column), mark.column === null ? columns : 1, columns],
    );
    this.spot.hidden = mark.row === null && mark.column === null;
    place(this.lens, [0, rows, rows], [order.indexOf(window[0]), window.length, columns]);
    this.lens.hidden = !open;
    this.labels.forEach((label, row) => label.classList.toggle("marked", row === mark.row));
  }

  /** @param {((row: number, column: number) => void) | undefined} listener */
  _listen(listener) {
    if (!listener) return undefined;
    return (/** @type {PointerEvent} */ event) => {
      const box = this.picture.getBoundingClientRect();
      const { rows, columns, order } = this.matrix;
      const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
      const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
      if (row >= 0 && row < rows && column >= 0 && column < columns) listener(row, order[column]);
    };
  }
}

/** Put a frame over some rows and columns: first, how many, of how many.
 * @param {HTMLElement} frame @param {[number, number, number]} rows @param {[number, number, number]} columns */
function place(frame, [top, high, rows], [left, wide, columns]) {
  frame.style.top = `${(100 * top) / rows}%`;
  frame.style.height = `${(100 * high) / rows}%`;
  frame.style.left = `${(100 * left) / columns}%`;
  frame.style.width = `${(100 * wide) / columns}%`;
}

/** Paint a matrix, a pixel a number, larger on screens that are.
 * @param {HTMLCanvasElement} canvas @param {Matrix} matrix @param {Colours} colours */
function paint(canvas, matrix, colours) {
  const zoom = Math.max(1, Math.min(12, Math.floor(2400 / matrix.columns), Math.floor(1200 / matrix.rows)));
  [canvas.width, canvas.height] = [Math.min(WIDEST, matrix.columns * zoom), matrix.rows * zoom];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(canvas.width / (matrix.columns * zoom), 1);
  for (let row = 0; row < matrix.rows; row++) {
    matrix.order.forEach((column, i) => {
      const strength = matrix.strength(row, column);
      const value = matrix.value(row, column);
      pen.globalAlpha = matrix.kind === "truth" ? 0.7 * value : 0.9 * Math.abs(strength);
      pen.fillStyle = matrix.kind === "truth" ? colours.ink : strength > 0 ? colours.above : colours.below;
      pen.fillRect(i * zoom, row * zoom, zoom, zoom);
      if (matrix.hidden(row, column)) hatch(pen, i * zoom, row * zoom, zoom, colours.faint);
    });
  }
}

/** @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y @param {number} size
 * @param {string} colour */
function hatch(pen, x, y, size, colour) {
  pen.globalAlpha = 0.6;
  pen.strokeStyle = colour;
  pen.beginPath();
  pen.moveTo(x, y + size);
  pen.lineTo(x + size, y);
  pen.stroke();
}
