/** The address names what is looked at: `#step=…&phase=…&head=…&sentence=…&cell=row.column&lang=ko`. */

/** Read what is asked for. @param {Run} run @param {URLSearchParams} said
 * @returns {Partial<State>} what it asks for, as far as that is there */
function wished(run, said) {
  /** @type {Partial<State>} */ const state = {};
  const event = run.find(said.get("step") ?? "", said.get("phase") ?? null);
  const [row, column] = (said.get("cell") ?? "").split(".").map(Number);
  if (event) Object.assign(state, { event: event.place, row: null, column: null });
  if (Number.isInteger(row) && Number.isInteger(column) && row >= 0 && column >= 0)
    Object.assign(state, { row, column });
  const place = Object.fromEntries(
    [
      ["head", "head"],
      ["batch", "sentence"],
    ]
      .map(([axis, key]) => [axis, Number(said.get(key) || NaN)])
      .filter(([, i]) => Number.isInteger(i) && Number(i) >= 0),
  );
  if (Object.keys(place).length) state.place = place;
  const language = said.get("lang") ?? "";
  if (Object.hasOwn(run.facts.words, language)) state.language = language;
  return state;
}

/** @param {Stage} stage @returns {string} */
function addressOf({ event, state, run }) {
  const said = new URLSearchParams({ step: event.facts.path });
  if (run.events.filter((one) => one.facts.path === event.facts.path).length > 1)
    said.set("phase", event.facts.phase);
  if (event.facts.axes.includes("head")) said.set("head", String(state.place.head ?? 0));
  if (state.place.batch) said.set("sentence", String(state.place.batch));
  if (state.row !== null) said.set("cell", `${state.row}.${state.column}`);
  said.set("lang", state.language);
  return `#${said}`;
}

/** Write the address, where a page may. @param {Stage} stage */
function writeAddress(stage) {
  try {
    history.replaceState(history.state, "", addressOf(stage));
  } catch {
    // A sandboxed frame has no address of its own.
  }
}
