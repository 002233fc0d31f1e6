/** All heads at a glance: a thumbnail for every attention and head; a click goes there. */

/** @param {Stage} stage @returns {View | undefined} */
function headsView(stage) {
  const all = stage.run.of("attention.weights").filter((event) => event.shape.length === 4);
  if (!all.length) return undefined;
  const root = h("section", { class: "heads" });
  let drawn = "";
  /** @type {Map<HTMLElement, [Recorded, number]>} */ const thumbnails = new Map();

  function draw() {
    const phase = shownPhase(stage, all);
    drawn = phase;
    thumbnails.clear();
    const events = all.filter((event) => event.facts.phase === phase || event.facts.phase === "encode");
    const heads = Math.max(...events.map((event) => event.shape[1]));
    const columns = Array.from({ length: heads }, (_, head) => h("th", { scope: "col" }, String(head)));
    root.replaceChildren(
      h("h3", {}, stage.say("heads")),
      h(
        "table",
        { class: "thumbnails" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, stage.say("axis_head")), ...columns)),
        h("tbody", {}, ...events.map(line)),
      ),
    );
    mark();
  }

  /** @param {Recorded} event */
  function line(event) {
    const [layer, place] = heading(stage, event);
    const cells = Array.from({ length: event.shape[1] }, (_, head) => h("td", {}, thumbnail(event, head)));
    return h("tr", {}, h("th", { scope: "row" }, layer, place), ...cells);
  }

  /** @param {Recorded} event @param {number} head */
  function thumbnail(event, head) {
    const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { "aria-hidden": "true" }));
    stage.paint(canvas, matrixOf(event, { ...stage.state.place, head }));
    const name = `${event.facts.path}, ${stage.say("axis_head")} ${head}`;
    const made = button(
      canvas,
      () => stage.go({ event: event.place, place: { ...stage.state.place, head }, row: null, column: null }),
      { class: "thumbnail", "aria-label": name, title: name },
    );
    thumbnails.set(made, [event, head]);
    return made;
  }

  function mark() {
    for (const [one, [event, head]] of thumbnails) {
      const current =
        event.facts.block === stage.event.facts.block &&
        event.facts.phase === stage.event.facts.phase &&
        head === (stage.state.place.head ?? 0);
      one.setAttribute("aria-pressed", String(current));
    }
  }

  draw();
  return {
    root,
    update(changed) {
      if (changed.has("language") || (changed.has("event") && shownPhase(stage, all) !== drawn)) draw();
      else mark();
    },
  };
}

/** The phase whose heads are shown: that of the current step, if it has any.
 * @param {Stage} stage @param {Recorded[]} all */
function shownPhase(stage, all) {
  const here = stage.event.facts.phase;
  const has = all.some((event) => event.facts.phase === here && here !== "encode");
  return has ? here : all[all.length - 1].facts.phase;
}

ASIDES.push(headsView);
