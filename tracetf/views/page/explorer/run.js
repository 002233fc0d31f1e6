/**
 * A recorded run: its events, what each read, its words.
 *
 * @typedef {{ name: string, event?: number, parameter?: number, number?: number | string, missing?: string }} Link
 * @typedef {{ path: string, phase: string, step: string, axes: string[], value: number,
 *   gradient?: number, reads: Link[], labels: number[], predicts?: number, share?: boolean, most: number,
 *   block: string, place: string, stack?: string, layer?: number }} EventFacts
 */

/** Every place along an axis. */
const ALL = -1;

/** Numbers that something was computed from: an event, a parameter, a plain number, or something missing. */
class Source {
  /** @param {string} name @param {Numbers | undefined} numbers @param {Partial<Source>} [more] */
  constructor(name, numbers, more = {}) {
    this.name = name;
    this.numbers = numbers;
    /** @type {Recorded | undefined} */ this.event = undefined;
    /** @type {string | undefined} */ this.parameter = undefined;
    /** @type {number | undefined} */ this.number = undefined;
    /** @type {string | undefined} */ this.missing = undefined;
    Object.assign(this, more);
  }

  /** Whether there is anything under this name; some steps read what need not be there. */
  get given() {
    return Boolean(this.numbers || this.missing || this.number !== undefined);
  }

  get shape() {
    return this.numbers ? this.numbers.shape : [];
  }

  /** Point at one number, or with `ALL` at a whole row or column of them.
   * @param {...number} index @returns {Spot} */
  at(...index) {
    return new Spot(this, index);
  }

  /** Point at all its numbers. @returns {Spot} */
  all() {
    return this.at(...this.shape.map(() => ALL));
  }

  /** The number it is, whether it was recorded as an event or came as a plain number. @returns {number} */
  get scalar() {
    return this.number ?? this.at().value;
  }
}

/** One number of a source, or one row of them. */
class Spot {
  /** @param {Source} source @param {number[]} index */
  constructor(source, index) {
    this.source = source;
    this.index = index;
    const { numbers, shape } = source;
    this.fits = numbers && index.length === shape.length && index.every((i, axis) => i < shape[axis]);
    /** @type {number[]} */ this.values = numbers && this.fits ? readAlong(numbers, index) : [];
  }

  get value() {
    return this.values[0];
  }

  /** The axis along which it runs, or −1 if it is one number. */
  get axis() {
    return this.index.indexOf(ALL);
  }
}

/** @param {Numbers} numbers @param {number[]} index @returns {number[]} */
function readAlong({ shape, values }, index) {
  if (index.length > 1 && index.every((i) => i === ALL)) return Array.from(values);
  const axis = index.indexOf(ALL);
  const start = offset(
    shape,
    index.map((i) => Math.max(i, 0)),
  );
  if (axis < 0) return [values[start]];
  const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  return Array.from({ length: shape[axis] }, (_, i) => values[start + i * stride]);
}

/** @param {number[]} shape @param {number[]} index @returns {number} */
function offset(shape, index) {
  return shape.reduce((sum, length, axis) => sum * length + index[axis], 0);
}

/** One recorded event. */
class Recorded {
  /** @param {Run} run @param {EventFacts} facts @param {number} place */
  constructor(run, facts, place) {
    this.run = run;
    this.place = place;
    this.facts = facts;
    this.numbers = run.arrays[facts.value];
    /** @type {Numbers | undefined} */
    this.gradient = facts.gradient === undefined ? undefined : run.arrays[facts.gradient];
    this.name = facts.path.slice(facts.path.lastIndexOf(".") + 1);
    /** @type {Source[] | undefined} */ this.sources = undefined;
    this.step = facts.step ? run.steps[facts.step] : undefined;
  }

  get shape() {
    return this.numbers.shape;
  }

  /** What its formula took, in its order. @returns {Source[]} */
  get reads() {
    this.sources ??= this.facts.reads.map((link) => this.run.source(link));
    return this.sources;
  }

  /** @param {number[]} index @returns {number} */
  value(index) {
    return this.numbers.values[offset(this.shape, index)];
  }

  /** The words along an axis, of one sentence.
   * @param {number} axis @param {number} sentence @returns {string[] | undefined} */
  words(axis, sentence) {
    return this.run.label(this.facts.labels[axis], sentence);
  }

  /** The words that its rows predict, if it is known.
   * @param {number} sentence @returns {string[] | undefined} */
  predicts(sentence) {
    return this.run.label(this.facts.predicts ?? -1, sentence);
  }
}

/** Everything that was recorded. */
class Run {
  /** @param {any} facts @param {Numbers[]} arrays */
  constructor(facts, arrays) {
    this.facts = facts;
    this.arrays = arrays;
    this.steps = facts.steps;
    /** @type {Recorded[]} */
    this.events = facts.events.map(
      (/** @type {EventFacts} */ event, /** @type {number} */ i) => new Recorded(this, event, i),
    );
  }

  /** @param {number} label @param {number} sentence @returns {string[] | undefined} */
  label(label, sentence) {
    const sentences = this.facts.labels[label];
    return sentences && sentences[Math.min(sentence, sentences.length - 1)];
  }

  /** @param {Link} link @returns {Source} */
  source(link) {
    if (link.event !== undefined) {
      const event = this.events[link.event];
      return new Source(link.name, event.numbers, { event });
    }
    if (link.parameter !== undefined) {
      const { path, value } = this.facts.parameters[link.parameter];
      return new Source(link.name, this.arrays[value], { parameter: path });
    }
    return new Source(link.name, undefined, {
      number: link.number === undefined ? undefined : Number(link.number),
      missing: link.missing,
    });
  }

  /** The events of a step. @param {string} step @returns {Recorded[]} */
  of(step) {
    return this.events.filter((event) => event.facts.step === step);
  }

  /** Find an event by its path and, where that has several, its phase.
   * @param {string} path @param {string | null} [phase] */
  find(path, phase) {
    const found = this.events.filter((event) => event.facts.path === path);
    return found.find((event) => event.facts.phase === phase) ?? found.at(-1);
  }
}
