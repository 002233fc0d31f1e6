/**
 * What is being looked at, and who must hear when that changes.
 *
 * @typedef {Record<string, number>} Place on the axes before those of the matrix: `{ batch: 0, head: 2 }`
 * @typedef {{ event: number, place: Place, row: number | null, column: number | null, language: string,
 *   theme: string, temperature: number, playing: boolean }} State
 * @typedef {{ root: Element, update?: (changed: Set<string>) => void }} View
 * @typedef {{ above: string, below: string, ink: string, faint: string }} Colours
 */

const THEMES = ["auto", "light", "dark"];
const PACE = 1800;

/** What stands beside the step: views that show something if the run has it, in this order.
 * @type {((stage: Stage) => View | undefined)[]} */
const ASIDES = [];

class Stage {
  /** @param {Run} run @param {HTMLElement} host @param {Partial<State>} begin */
  constructor(run, host, begin) {
    this.run = run;
    this.host = host;
    /** @type {State} */
    this.state = {
      event: 0,
      place: {},
      row: null,
      column: null,
      language: "en",
      theme: "auto",
      temperature: 1,
      playing: false,
      ...begin,
    };
    /** @type {View[]} */ this.views = [];
    /** @type {Map<HTMLCanvasElement, Matrix>} */ this.canvases = new Map();
    /** @type {number | undefined} */ this.clock = undefined;
    this._settle();
  }

  get event() {
    return this.run.events[this.state.event];
  }

  get words() {
    return this.run.facts.words[this.state.language];
  }

  get matrix() {
    return matrixOf(this.event, this.state.place);
  }

  /** The words of the page under a key, with its blanks filled.
   * @param {string} key @param {Record<string, string | number>} [blanks] @returns {string} */
  say(key, blanks = {}) {
    return this.words.page[key].replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) =>
      String(blanks[name]),
    );
  }

  /** The title of an event's step. @param {Recorded} event @returns {string} */
  title(event) {
    return this.words.steps[event.facts.step]?.[0] ?? event.name;
  }

  /** Go somewhere else, or change how things look. @param {Partial<State>} changes */
  go(changes) {
    const before = { ...this.state };
    Object.assign(this.state, changes);
    this._settle();
    const changed = new Set(
      Object.keys(this.state).filter(
        (key) => /** @type {any} */ (before)[key] !== /** @type {any} */ (this.state)[key],
      ),
    );
    if (changed.size) for (const view of this.views) view.update?.(changed);
  }

  /** Go to another event; what is pointed at stays, as far as it is there. @param {number} event */
  step(event) {
    const last = this.run.events.length - 1;
    this.go({ event: Math.max(0, Math.min(last, event)), playing: this.state.playing && event < last });
  }

  /** Move the pointed-at cell. @param {number} down @param {number} right */
  move(down, right) {
    const { rows, order } = this.matrix;
    const column = order.indexOf(this.state.column ?? 0) + right;
    const row = (this.state.row ?? 0) + down;
    if (row >= 0 && row < rows && column >= 0 && column < order.length)
      this.go({ row, column: order[column] });
  }

  /** Begin or stop going on by itself. @param {boolean} playing */
  play(playing) {
    window.clearInterval(this.clock);
    if (playing) this.clock = window.setInterval(() => this.step(this.state.event + 1), PACE);
    this.go({ playing: playing && this.state.event < this.run.events.length - 1 });
  }

  /** Paint a matrix, and again whenever the colours change.
   * @param {HTMLCanvasElement} canvas @param {Matrix} matrix */
  paint(canvas, matrix) {
    this.canvases.set(canvas, matrix);
    if (this.colours) paint(canvas, matrix, this.colours);
  }

  /** Paint everything again. @param {Colours} colours */
  repaint(colours) {
    this.colours = colours;
    for (const [canvas, matrix] of this.canvases) {
      if (canvas.isConnected) paint(canvas, matrix, colours);
      else this.canvases.delete(canvas);
    }
  }

  /** Keep what is pointed at inside what there is. */
  _settle() {
    if (!this.run.events.length) return;
    const { matrix, state } = this;
    const there =
      state.row !== null && state.column !== null && state.row < matrix.rows && state.column < matrix.columns;
    if (!there && matrix.rows && matrix.columns) [state.row, state.column] = matrix.first;
    if (!state.playing) window.clearInterval(this.clock);
  }
}
