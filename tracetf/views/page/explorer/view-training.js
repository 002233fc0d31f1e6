/** One step of training: the loss of each word, how large the step is, and what becomes of one weight. */

/** @param {Stage} stage @returns {View | undefined} */
function trainingView(stage) {
  const { run } = stage;
  const [loss, smoothed] = [run.of("loss.loss")[0], run.of("loss.smoothed")[0]];
  if (!loss || !smoothed) return undefined;
  const root = h("section", { class: "training" });

  function draw() {
    const told = ["loss.loss", "gradient.norm", "schedule.rate"].flatMap((step) => run.of(step).slice(-1));
    const list = told.flatMap((event) => [
      h(
        "dt",
        {},
        button(stage.title(event), () => stage.step(event.place), { class: "link" }),
      ),
      figureOf(event.value([]), "dd"),
    ]);
    root.replaceChildren(
      h("h3", {}, stage.say("training")),
      wordLosses(stage, smoothed),
      h("dl", {}, ...list),
      ...oneWeight(stage),
    );
  }
  draw();
  return { root, update: (changed) => (changed.has("language") || changed.has("place")) && draw() };
}

/** A bar for the loss of each word. @param {Stage} stage @param {Recorded} smoothed */
function wordLosses(stage, smoothed) {
  const sentence = Math.min(stage.state.place.batch ?? 0, smoothed.shape[0] - 1);
  const words = stage.run.of("transformer.expected")[0]?.words(1, sentence);
  const losses = new Source("loss", smoothed.numbers).at(sentence, ALL).values;
  const most = largest(losses);
  const rows = losses.map((loss, column) => {
    const stroke = h("span", { class: "stroke" });
    stroke.style.width = `${(100 * loss) / most}%`;
    const go = () => stage.go({ event: smoothed.place, row: 0, column });
    const word = button(data(words?.[column] ?? String(column)), go, { class: "link" });
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, word),
      h("td", { class: "track" }, stroke),
      figureOf(loss, "td"),
    );
  });
  return h("table", { class: "bars", "aria-label": stage.say("word_losses") }, h("tbody", {}, ...rows));
}

/** The weight with the largest gradient: before, by how much it moves, after.
 * @param {Stage} stage @returns {HTMLElement[]} */
function oneWeight(stage) {
  const [before, update, after] = ["before", "update", "after"].map(
    (step) => stage.run.of(`adam.${step}`)[0],
  );
  if (!before || !update || !after) return [];
  const parameter = after.facts.path.slice(0, -".adam.after".length);
  const gradient = stage.run.find(`${parameter}.gradient.clipped`) ?? update;
  const sizes = Array.from(gradient.numbers.values, Math.abs);
  const at = unravelled(sizes.indexOf(Math.max(...sizes)), after.shape);
  const [row, column] = [0, 0, ...at].slice(-2);
  const place = after.facts.axes[0] === "head" ? { ...stage.state.place, head: at[0] } : stage.state.place;
  const go = () => stage.go({ event: after.place, place, row, column });
  const [old, change, fresh] = [before, update, after].map((event) => event.value(at));
  return [
    h("p", {}, stage.say("one_weight"), " ", button(data(`${parameter}[${at}]`), go, { class: "link" })),
    h("p", { class: "sum", translate: "no" }, `${six(old)} − (${six(change)}) = ${six(fresh)}`),
  ];
}

/** @param {number} flat @param {number[]} shape @returns {number[]} the index of a place in an array */
function unravelled(flat, shape) {
  const inner = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  return shape.map((length, axis) => Math.floor(flat / inner[axis]) % length);
}

/** All the digits that a page has of a number. @param {number} value */
function six(value) {
  return minus(String(Number(value.toPrecision(6))));
}

/** @param {number} value @param {string} tag */
function figureOf(value, tag) {
  return h(tag, { translate: "no" }, exact(value));
}

ASIDES.push(trainingView);
