/**
 * The decode loop: what had been written, which words could come next, and how the temperature changes that.
 *
 * @typedef {{ event: Recorded, row: number, reads: string, predicts: string }} Prediction
 */

const TOP = 5;

/** Every word that was predicted, in order. @param {Stage} stage @returns {Prediction[]} */
function predictions(stage) {
  const sentence = stage.state.place.batch ?? 0;
  const events = stage.run.of("transformer.probabilities").filter((event) => event.shape.length === 3);
  return events.flatMap((event) => {
    const rows = Array.from({ length: event.shape[1] }, (_, row) => ({
      event,
      row,
      reads: event.words(1, sentence)?.[row] ?? String(row),
      predicts: event.predicts(sentence)?.[row] ?? "?",
    }));
    return events.length > 1 ? rows.slice(-1) : rows;
  });
}

/** @param {Stage} stage @returns {View | undefined} */
function loopView(stage) {
  if (!predictions(stage).length) return undefined;
  const root = h("section", { class: "loop" });
  let chosen = predictions(stage).length - 1;

  function draw() {
    const all = predictions(stage);
    chosen = Math.min(chosen, all.length - 1);
    const steps = all.map((one, i) =>
      button(String(i + 1), () => choose_(i), {
        class: "chip",
        "aria-pressed": i === chosen,
        "aria-label": stage.say("word", { number: i + 1 }),
      }),
    );
    const prefix = all.slice(0, chosen + 1).map((one) => data(one.reads, "token"));
    const slider = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "range",
        min: 0.1,
        max: 3,
        step: 0.1,
        value: stage.state.temperature,
        input: () => stage.go({ temperature: Number(slider.value) }),
      })
    );
    temperature = h("output", { translate: "no" });
    root.replaceChildren(
      h("h3", {}, stage.say("loop")),
      h("div", { class: "chips", role: "group", "aria-label": stage.say("loop") }, ...steps),
      h(
        "p",
        { class: "tokens" },
        ...prefix,
        h("span", { class: "arrow", "aria-hidden": "true" }, "→"),
        data(all[chosen].predicts, "token out"),
      ),
      bars,
      h("label", { class: "temperature" }, h("span", {}, stage.say("temperature")), slider, temperature),
    );
    drawBars();
  }

  const bars = h("table", { class: "bars" });
  let temperature = h("output");

  function drawBars() {
    const { event, row, predicts } = predictions(stage)[chosen];
    const sentence = stage.state.place.batch ?? 0;
    const words = event.words(2, sentence);
    temperature.textContent = stage.state.temperature.toFixed(1);
    bars.setAttribute("aria-label", stage.say("top"));
    const likely = heated(
      new Source("p", event.numbers).at(Math.min(sentence, event.shape[0] - 1), row, ALL).values,
      stage.state.temperature,
    );
    bars.replaceChildren(
      h(
        "tbody",
        {},
        ...likely
          .slice(0, TOP)
          .map(([word, share]) => bar(words?.[word] ?? String(word), share, words?.[word] === predicts)),
      ),
    );
  }

  /** @param {number} i */
  function choose_(i) {
    chosen = i;
    const { event, row } = predictions(stage)[i];
    const here = event.facts.phase === stage.event.facts.phase && stage.matrix.rows === event.shape[1];
    draw();
    /** @type {HTMLElement} */ (root.querySelectorAll("button")[i]).focus();
    if (here) stage.go({ row });
  }

  draw();
  return {
    root,
    update(changed) {
      const here = placeOf(stage) ?? chosen;
      const moved = here !== chosen;
      chosen = here;
      if (moved || changed.has("language") || changed.has("place")) draw();
      else if (changed.has("temperature")) drawBars();
    },
  };
}

/** Which prediction the pointed-at row of the current step belongs to, if any.
 * @param {Stage} stage @returns {number | undefined} */
function placeOf(stage) {
  const all = predictions(stage);
  const { facts } = stage.event;
  const mine = all.flatMap((one, i) =>
    one.event.facts.phase === facts.phase && facts.stack === "decoder" ? [i] : [],
  );
  if (mine.length < 2) return mine[0];
  const rows = ["query", "token"].includes(stage.matrix.axisName(0)) && stage.matrix.rows === mine.length;
  return rows && stage.state.row !== null ? mine[stage.state.row] : undefined;
}

/** Probabilities as they would be at another temperature, the largest first.
 * @param {number[]} shares @param {number} temperature @returns {[number, number][]} */
function heated(shares, temperature) {
  const most = Math.max(...shares);
  const powers = shares.map((share) => (share / most) ** (1 / temperature));
  const sum = total(powers);
  return powers
    .map((power, word) => /** @type {[number, number]} */ ([word, power / sum]))
    .sort((a, b) => b[1] - a[1]);
}

/** @param {string} word @param {number} share @param {boolean} chosen */
function bar(word, share, chosen) {
  const stroke = h("span", { class: "stroke" });
  stroke.style.width = `${100 * share}%`;
  return h(
    "tr",
    { class: chosen ? "chosen" : undefined },
    h("th", { scope: "row" }, data(word)),
    h("td", { class: "track" }, stroke),
    h("td", { translate: "no" }, percent(share)),
  );
}

ASIDES.push(loopView);
