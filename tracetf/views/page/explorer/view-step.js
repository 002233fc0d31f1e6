/** The step: what it is called, why it is done, its formula, what it reads and what it gives. */

const MOST_INPUTS = 4;

/** @param {Stage} stage @returns {View} */
function stepView(stage) {
  const title = h("div", { class: "title" });
  const chips = h("div", { class: "places" });
  const work = h("div", { class: "work" });
  const story = accountView(stage);
  const root = h("div", { class: "main" }, h("div", { class: "step" }, title, chips, work), story.root);
  /** @type {Grid | undefined} */ let result;
  /** @type {{ grid: Grid, source: Source }[]} */ let inputs = [];
  /** @type {Grid | undefined} */ let gradient;
  let drawn = "";

  function draw() {
    const { event, matrix } = stage;
    const empty = matrix.rows * matrix.columns === 0;
    result = empty ? undefined : new Grid(stage, matrix, { point: look, pin });
    drawn = "";
    title.replaceChildren(...titleOf(stage, event));
    point();
  }

  /** Draw what the pointed-at number was read from, unless that is there already.
   * @param {Account | undefined} told */
  function equation(told) {
    const from = shown(told, stage.event);
    const now = [
      ...from.map(({ source, index }) => `${source.name} ${leadingIn(source, index)}`),
      told?.missing?.name,
    ].join();
    if (now === drawn && drawn) return;
    drawn = now || "-";
    inputs = from.map(({ source, index }) => {
      const sentence = source.event?.facts.axes[0] === "batch" ? index[0] : 0;
      return { source, grid: new Grid(stage, new Matrix(source, leadingIn(source, index), sentence)) };
    });
    const parts = inputs.map(({ grid }) => figure(stage, grid, false));
    told?.absent?.forEach((name, i) => parts.splice(i, 0, h("p", { class: "absent" }, data(name))));
    const output = result ? figure(stage, result, true) : h("p", { class: "empty" }, stage.say("empty"));
    const commas = parts.slice(1).map((_, i) => told?.signs?.[i] ?? ",");
    const signs = ["", ...(parts.length ? ["="] : []), ...commas, ""];
    gradient = stage.event.gradient && result ? gradientOf(stage) : undefined;
    if (gradient) parts.push(figure(stage, gradient, false));
    work.replaceChildren(
      ...[output, ...parts].map((part, i) =>
        h("div", { class: "term" }, h("span", { class: "sign" }, signs[i]), part),
      ),
    );
  }

  /** @param {number | null} row @param {number | null} column */
  function look(row, column) {
    if (!result || row === null || column === null) return equation(undefined);
    const told = explain(stage.event, stage.matrix.at(row, column));
    equation(told.account);
    result.highlight({ row, column });
    gradient?.highlight({ row, column });
    for (const { grid, source } of inputs) {
      const spot = told.account?.from.find((one) => one.source === source);
      grid.highlight(spot ? markOf(spot, grid.matrix) : { row: null, column: null });
    }
    story.show(row, column, told);
  }

  /** @param {number} row @param {number} column */
  function pin(row, column) {
    stage.go({ row, column });
    result?.focus();
  }

  function point() {
    look(stage.state.row, stage.state.column);
  }

  work.addEventListener("pointerleave", point);
  placeChips(stage, chips);
  draw();
  return {
    root,
    update(changed) {
      if (changed.has("language") || changed.has("event")) placeChips(stage, chips);
      else if (changed.has("place")) markChips(stage, chips);
      const held = work.contains(/** @type {ShadowRoot} */ (root.getRootNode()).activeElement);
      if (changed.has("language") || changed.has("event") || changed.has("place")) draw();
      else if (changed.has("row") || changed.has("column")) point();
      if (held) result?.focus();
    },
  };
}

/** @param {Stage} stage @param {Recorded} event @returns {HTMLElement[]} */
function titleOf(stage, event) {
  const words = stage.words.steps[event.facts.step] ?? ["", "", ""];
  const [, what, why] = words;
  const { step } = event;
  const sizes = event.facts.axes.map((axis, i) => `${axis}=${event.shape[i]}`).join(" ");
  const name = h("h2", {}, event.facts.step ? stage.title(event) : data(event.name));
  const path = h(
    "p",
    { class: "path", translate: "no" },
    h("code", {}, data(event.facts.path)),
    h("span", { class: "phase" }, data(event.facts.phase)),
    h("span", { class: "sizes" }, sizes),
  );
  return [
    h("div", { class: "name" }, name, path),
    h(
      "div",
      { class: "what" },
      h("p", {}, what || stage.say("unknown")),
      why ? h("details", {}, h("summary", {}, stage.say("why")), h("p", {}, why)) : undefined,
    ),
    step ? formulaOf(stage, step) : undefined,
  ].filter((part) => part !== undefined);
}

/** @param {Stage} stage @param {any} step @returns {HTMLElement} */
function formulaOf(stage, step) {
  return h(
    "div",
    { class: "formula", translate: "no", tabindex: 0, role: "group", "aria-label": stage.say("formula") },
    step.math ? math(step.math) : undefined,
    h("code", {}, step.formula),
    step.source ? h("small", {}, step.source) : undefined,
  );
}

/** A matrix with its name, its switches, itself.
 * @param {Stage} stage @param {Grid} grid @param {boolean} result */
function figure(stage, grid, result) {
  const { source, inner, power } = grid.matrix;
  const producer = source.event;
  const named = data(source.parameter ?? source.name);
  const name =
    producer && !result
      ? button(named, () => stage.step(producer.place), { class: "link", title: producer.facts.path })
      : h("strong", {}, named);
  const lengths = inner.map((length, i) => [grid.matrix.axisName(i), length].join(" ").trim());
  const size = h(
    "span",
    { class: "sizes", translate: "no" },
    lengths.filter((told) => told !== "one 1").join(" × "),
  );
  const toggle = () => numbers.setAttribute("aria-pressed", String(grid.toggle()));
  const numbers = button(stage.say("numbers"), toggle, { class: "chip", "aria-pressed": grid.numbers });
  const caption = h(
    "figcaption",
    {},
    name,
    size,
    power ? h("span", { translate: "no" }, "× 10", h("sup", {}, `−${power}`)) : undefined,
    grid.wide && numbers,
    result ? copyMenu(stage, grid.matrix) : undefined,
  );
  return h("figure", { class: result ? "result" : "input" }, caption, grid.root);
}

/** The gradient of the loss with respect to the numbers of the result. @param {Stage} stage @returns {Grid} */
function gradientOf(stage) {
  const { event, state } = stage;
  const source = new Source(`∂ loss / ∂ ${event.name}`, event.gradient, { event });
  return new Grid(stage, new Matrix(source, leadingOf(event, state.place), state.place.batch ?? 0));
}

/** What is drawn as inputs: what the number was read from, or if nothing says, the first that the event read.
 * @param {Account | undefined} told @param {Recorded} event @returns {Spot[]} */
function shown(told, event) {
  const spots = told
    ? told.from
    : event.reads.filter((source) => source.numbers).map((source) => source.at(...source.shape.map(() => 0)));
  const others = (/** @type {Spot} */ spot) => spots.findIndex((other) => other.source === spot.source);
  return spots.filter((spot, i) => spot.fits && others(spot) === i).slice(0, MOST_INPUTS);
}

/** @param {Source} source @param {number[]} index
 * @returns {number[]} its place on the axes before the matrix's */
function leadingIn(source, index) {
  return index
    .slice(0, source.event ? leadingAxes(source.event) : Math.max(0, index.length - 2))
    .map((i) => Math.max(0, i));
}

/** @param {Spot} spot @param {Matrix} matrix @returns {Mark} */
function markOf({ index }, matrix) {
  const inner = index.slice(matrix.leading.length).map((i) => (i === ALL ? null : i));
  const [row, column] = [0, 0, ...inner].slice(-2);
  return { row, column };
}
