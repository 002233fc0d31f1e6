/** What the page holds, what it leaves out and why, and the proof that every number can be recomputed. */

/** @param {Stage} stage @returns {View} */
function proofView(stage) {
  const root = h("section", { class: "proof" });
  /** @type {ReturnType<typeof recompute> | undefined} */ let found;

  function draw() {
    const { notes, notice, explainable } = stage.run.facts;
    const told = h("p", { role: "status" }, found ? outcome(stage, found) : "");
    const run = button(
      stage.say("recompute", { count: explainable.toLocaleString(stage.state.language) }),
      () => {
        found = recompute(stage.run);
        told.textContent = outcome(stage, found);
      },
      { class: "chip" },
    );
    root.replaceChildren(
      h("h3", {}, stage.say("about")),
      ...(explainable ? [run, told] : []),
      ...notes.map((/** @type {any} */ note) => h("p", {}, stage.say(note.key, note.blanks))),
      ...(notice ? [h("p", {}, data(notice))] : []),
      h("p", { class: "keys" }, stage.say("keys")),
    );
  }
  draw();
  return { root, update: (changed) => changed.has("language") && draw() };
}

/** @param {Stage} stage @param {ReturnType<typeof recompute>} found @returns {string} */
function outcome(stage, { agreeing, worst }) {
  const whole = stage.run.facts.explainable;
  const sign = agreeing === whole ? "✓" : "✗";
  const written = (/** @type {number} */ count) => count.toLocaleString(stage.state.language);
  const blanks = { agreeing: written(agreeing), count: written(whole), delta: distance(worst) };
  return `${sign} ${stage.say("outcome", blanks)}`;
}

ASIDES.push(proofView);
