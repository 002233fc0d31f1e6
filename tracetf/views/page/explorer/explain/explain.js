/**
 * Recompute recorded numbers, here, from what they were computed from.
 *
 * @typedef {{ account?: Account, delta?: number, agrees?: boolean }} Explanation
 */

/** As many axes as the parameter that a step is about. */
const ANY = -1;

/** Say how one number of an event came about.
 * @param {Recorded} event @param {number[]} at @returns {Explanation} */
function explain(event, at) {
  const explainer = EXPLAINERS[event.facts.step];
  if (!explainer || ![ANY, event.shape.length].includes(event.step.axes)) return {};
  const told = explainer(event.reads, at, event);
  if (told.value === undefined) return { account: told };
  const recorded = event.value(at);
  const delta = recorded === told.value ? 0 : Math.abs(recorded - told.value);
  return { account: told, delta, agrees: delta <= allowed(event) };
}

/** How large a Δ counts as agreement: relative to the event's largest number above 1, as in `verify`.
 * @param {Recorded} event @returns {number} */
function allowed(event) {
  const scale = event.step.fine ? event.facts.most : Math.max(1, event.facts.most);
  return event.numbers.kind === "real" ? event.run.facts.tolerance * scale : 0;
}

/** Recompute every number there is, and say how many agree and how far they lie apart at most.
 * @typedef {{ recomputed: number, agreeing: number, worst: number, steps: Record<string, number> }} Proof
 * @param {Run} run @returns {Proof} */
function recompute(run) {
  const found = { recomputed: 0, agreeing: 0, worst: 0, steps: /** @type {Record<string, number>} */ ({}) };
  for (const event of run.events) {
    for (const at of places(event.shape)) {
      const { delta, agrees } = explain(event, at);
      if (delta === undefined) continue;
      found.recomputed += 1;
      found.agreeing += Number(agrees);
      found.worst = Math.max(found.worst, Number.isNaN(delta) ? Infinity : delta);
      found.steps[event.facts.step] = (found.steps[event.facts.step] ?? 0) + 1;
    }
  }
  return found;
}

/** Every index of an array. @param {number[]} shape @returns {Iterable<number[]>} */
function* places(shape) {
  const size = shape.reduce((product, length) => product * length, 1);
  for (let i = 0; i < size; i++) {
    const index = new Array(shape.length);
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    yield index;
  }
}
